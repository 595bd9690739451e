// @starfish/pool: worker threads for tasks that keep nothing, as one supervised process. Piscina runs the threads.

export { define, type FileOptions, type PoolDefinition, type Tasks, type TasksOptions } from './define.js'
export { childSpec, info, resetTimes, run, startLink, type PoolServer, type ResultOf, type RunMessage, type RunOptions } from './run.js'
export type { PoolOptions, PoolThreadOptions } from './options.js'
export type { PoolInfo } from './crew.js'
export type { Times } from './times.js'
