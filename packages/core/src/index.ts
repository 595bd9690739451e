// starfish: OTP's processes, servers and supervisors on worker_threads.

import { Arbiter } from './process/arbiter.js'
import { here } from './process/here.js'

here.library ??= __filename

// In a thread that nobody booted for a process, this copy of the library decides; in the others it asks.
if (here.role === undefined) here.role = new Arbiter()

export * as GenServer from './behaviour/gen-server.js'
export * as Supervisor from './supervision/supervisor.js'
export * as Task from './behaviour/task.js'
export * as TaskSupervisor from './supervision/task-supervisor.js'
export * as Registry from './behaviour/registry.js'
export * as Agent from './behaviour/agent.js'
export * as Application from './application/application.js'
export * as PartitionSupervisor from './supervision/partition-supervisor.js'
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
// A program that emits declarations has to be able to name what `define` infers.
export type { Ok, Reply, NoReply, Stop, Ignore, Next, ReplyNext, InitReturn, CallReturn, CastReturn } from './behaviour/returns.js'
export type { CallOptions, CastOptions } from './behaviour/gen-server.js'
export type { MaybePromise } from './behaviour/types.js'
export type { Client, Context, CallContext, GenServerDefinition, Started, Server } from './behaviour/types.js'
export type { Child, ChildSpec } from './supervision/child-spec.js'
export type { Transferred } from './behaviour/task-process.js'
export type { TaskDefinition, Outcome, StreamOptions } from './behaviour/task.js'
export type { Via } from './term/via.js'
export type { PartitionSupervisorOptions } from './supervision/partition-supervisor.js'
export type { ApplicationDefinition, ApplicationType } from './application/application.js'
export type { RegistryOptions } from './behaviour/registry.js'
export type { AgentDefinition } from './behaviour/agent.js'
export type { DynamicSupervisorOptions, DynamicSupervisorDefinition, DynamicChildInfo } from './supervision/dynamic-supervisor.js'
export type { BackoffOptions } from './supervision/backoff.js'
export type { SupervisorOptions } from './supervision/options.js'
export type { ChildInfo, SupervisorDefinition } from './supervision/supervisor.js'
export type { ChildCounts, StartedChild } from './supervision/requests.js'
