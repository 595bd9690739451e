// A definition as data: which export of which file holds the callbacks. Enough for any thread to start a process
// of it, and the only form in which a definition crosses threads (its functions cannot).

import type { Restart, Shutdown } from './child-spec.js'
import type { ProcessId } from './pid.js'
import type { Via } from './via.js'

/** `thread`: a worker_thread of its own. `main`: the main thread's event loop. */
export type Host = 'thread' | 'main'

/**
 * What a process of its own thread is kept apart by. `thread`: a worker_thread, which shares the program's memory and its end.
 * `process`: a child process of the operating system, whose crash leaves the program standing, whatever it is. See docs/isolation.md.
 */
export type Isolation = 'thread' | 'process'

/** How many messages may wait: the high mark, or both. Below the low mark, half of it by default, a full mailbox opens again. */
export type MaxMailbox = number | { readonly high: number; readonly low: number }

export interface DefinitionRef {
  readonly kind: 'gen_server' | 'supervisor' | 'process' | 'function'
  /** `file:` URL of the module. */
  readonly url: string
  /** Whether the file is known to be an ES module: it said `import.meta.url`. */
  readonly isModule?: true
  /** Name of the export that holds the definition. */
  readonly exportName: string
  /** What reports call it, and the name its processes register under unless told otherwise. */
  readonly name: string
  readonly registered: boolean
  readonly host: Host
  /** What a child spec of this definition says unless told otherwise. */
  readonly child: { readonly restart?: Restart; readonly shutdown?: Shutdown; readonly isolation?: Isolation; readonly thread?: ThreadOptions; readonly maxHandlerTime?: number; readonly maxMailbox?: MaxMailbox; readonly standby?: boolean }
}

/** How much memory a thread may use, in MB (of 1024 * 1024 bytes): JavaScript heap and Buffers together. */
export interface HeapLimits {
  /** Above it, an alarm is logged. */
  readonly soft?: number
  /** Above it, the process is ended with `['heap_limit', …]`. Below `maxOldGenerationSizeMb`, with room for a tenth of a second's growth. */
  readonly hard?: number
}

/** How the worker_thread of a process is made. */
export interface ThreadOptions {
  /** Heap limits in MB, as in `new Worker`: `maxOldGenerationSizeMb` (16 at least), `maxYoungGenerationSizeMb`, `codeRangeSizeMb`, `stackSizeMb`. */
  readonly resourceLimits?: {
    readonly maxOldGenerationSizeMb?: number
    readonly maxYoungGenerationSizeMb?: number
    readonly codeRangeSizeMb?: number
    readonly stackSizeMb?: number
  }
  /** Watched from the main thread: see docs/watchdogs.md. */
  readonly heap?: HeapLimits
  /** The thread's `process.env`; a copy of the parent's by default. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Node options of the thread. By default the program's own without its preloads and loaders. */
  readonly execArgv?: readonly string[]
  /** What becomes of the thread's `process.stdout`: it joins the program's, with the process's name before each line if `'prefix'`, or is discarded if `true`. */
  readonly stdout?: boolean | 'prefix'
  /** The same for `process.stderr`. */
  readonly stderr?: boolean | 'prefix'
}

/** What a server is watched with from its first message: see `Sys`. `['log', n]` keeps the last n events instead of 10. */
export type DebugFlag = 'trace' | 'statistics' | 'log' | readonly ['log', number]

export interface StartOptions {
  /** Registers the process under this name before `init` runs, also one that a registry keeps; `null` registers no name. */
  readonly name?: string | Via | null
  /** Milliseconds that loading and `init` may take together; no limit by default. */
  readonly timeout?: number
  readonly host?: Host
  /** `'process'`: in a child process of its own, whose end is never that of the program. `'thread'` by default. See docs/isolation.md. */
  readonly isolation?: Isolation
  readonly thread?: ThreadOptions
  /** Ms that a server may be busy with one message; past that it is ended with `['hung', …]`. No limit by default. */
  readonly maxHandlerTime?: number
  /**
   * How many messages may wait before it takes no more: a call fails with `'overload'`, a cast or send gives false, until
   * half of them are done; `{ high, low }` says how many must be. No limit by default. See docs/overload.md.
   */
  readonly maxMailbox?: MaxMailbox
  /**
   * True: while the process lives, a thread with its module imported stands by, so that a restart does not wait for the
   * import. The top level of the module runs there too, before there is a process. False by default.
   */
  readonly standby?: boolean
  /** Objects (ArrayBuffers, MessagePorts ...) to move into the argument instead of copying them. */
  readonly transfer?: readonly unknown[]
  /** How a server is watched, as if `Sys` had been asked before its first message: `['trace', 'statistics', 'log']`, or some of them. */
  readonly debug?: readonly DebugFlag[]
}

/** All that the main thread needs to bring a process to life. */
export interface SpawnRequest {
  readonly definition: DefinitionRef
  readonly argument: unknown
  readonly parent: ProcessId
  readonly link: boolean
  readonly name: string | Via | null
  readonly timeout: number
  readonly isolation: Isolation
  readonly thread: ThreadOptions | undefined
  readonly maxHandlerTime: number | undefined
  readonly maxMailbox: MaxMailbox | undefined
  readonly standby: boolean
  /** Monitor the new process from the parent, with this ref. */
  readonly monitor?: string
  /** Answer as soon as the pid is known (Erlang's spawn) instead of when init has returned (start_link). */
  readonly immediate?: boolean
  /** Objects to move instead of copy into the argument. */
  readonly transfer?: readonly unknown[]
  readonly debug?: readonly DebugFlag[]
}
