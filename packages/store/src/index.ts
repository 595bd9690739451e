// Durable tables, which outlive the operating-system process: the public face of @starfish/store.

export * as Durable from './durable.js'
export type { DurableInfo, DurableOptions, DurableSpec, Opened } from './durable.js'
export type { DriverName } from './driver.js'
