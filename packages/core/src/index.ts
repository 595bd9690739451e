// starfish: OTP's processes, servers and supervisors on worker_threads.

import { Arbiter } from './process/arbiter.js'
import { here } from './process/here.js'

// In a thread that nobody booted for a process, this copy of the library decides; in the others it asks.
if (here.role === undefined) here.role = new Arbiter()

export * as GenServer from './behaviour/gen-server.js'
export * as Supervisor from './supervision/supervisor.js'
export * as DynamicSupervisor from './supervision/dynamic-supervisor.js'
export * as Process from './process/process.js'
export * as Logger from './process/logger.js'
export * as Sys from './behaviour/sys.js'
export { ok, reply, noreply, stop, ignore } from './behaviour/returns.js'
export { exit, ERRORS, StarfishError, UsageError, CallError, StartError, ChildError, ExitError } from './term/errors.js'

export type { Pid } from './term/pid.js'
export type { Ref } from './term/ref.js'
export type { From } from './term/from.js'
export type { Message } from './term/message.js'
export type { Reason } from './term/reason.js'
export type { ErrorCode } from './term/errors.js'
export type { Restart, Shutdown, Strategy, AutoShutdown } from './term/child-spec.js'
export type { StartOptions, ThreadOptions, Host } from './term/definition.js'
export type { LogEvent, Level } from './term/log-event.js'
export type { LoggerOptions, PinoLike } from './process/logger.js'
export type { ProcessInfo, ProcessDefinition } from './process/process.js'
export type { CallOptions, CastOptions } from './behaviour/gen-server.js'
export type { Client, Context, CallContext, GenServerDefinition, Started, Server } from './behaviour/types.js'
export type { Child, ChildSpec } from './supervision/child-spec.js'
export type { DynamicSupervisorOptions, DynamicSupervisorDefinition, DynamicChildInfo } from './supervision/dynamic-supervisor.js'
export type { SupervisorOptions } from './supervision/options.js'
export type { ChildInfo, SupervisorDefinition } from './supervision/supervisor.js'
export type { ChildCounts, StartedChild } from './supervision/requests.js'
