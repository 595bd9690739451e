// The last thing a thread does: it lingers. To clear a thread away takes V8 2-3 ms of a core, which the process that takes its
// place needs more. So a thread whose process is no more says that nothing runs in it any longer, stands still, and ends a few ms
// later. Only one that holds nothing others may wait for: a port, a lock, a child.

import { subscribe } from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'
import { formatReason } from '../term/format.js'
import { flushTurn } from '../wire/channel.js'
import { Kind } from '../wire/envelope.js'
import { wallTime } from './clock.js'
import { here, MAIN_THREAD } from './here.js'
import { Ending } from './table.js'

/** Ms it stands still at most: when the main thread is too busy to say that it may go. */
const LONGEST = 50

/** Parts of Node that hold what others may wait for, in the words of `process.moduleLoadList`. */
const LOCKS = 'NativeModule internal/locks'
const HOLDERS = new Set(['net', 'dgram', 'child_process', 'cluster', 'inspector', 'sqlite', 'quic', 'ffi', 'internal/webstorage'].map((name) => `NativeModule ${name}`)).add(LOCKS)

/** As it was when the thread was made: a module that replaces it does not mean us. */
const exit = process.exit.bind(process)
/** The same. Modules that clean up at the end (signal-exit, and what holds files locked by it) replace these, and listen to nothing. */
const ending = process as unknown as Record<'emit' | 'reallyExit', unknown>
const { reallyExit } = ending
const { emit } = EventEmitter.prototype as unknown as Record<'emit', unknown>

/** Until it has made a thread of its own, or loaded native code. */
let mayLinger = true
let looked = 0
/** Listeners to 'exit' that are nobody's work but ours, and one that Node has in every thread. Those of preloaded modules were there before us. */
const LISTENERS = 2

/** From now on it is known what this thread holds, and what it ends with. Nothing of the user's may have run yet. */
export function attend(): void {
  subscribe('worker_threads', hurry)
  if (Object.keys(require.cache).some((file) => file.endsWith('.node'))) hurry() // preloaded
  attendLocks()
  const dlopen = process.dlopen.bind(process)
  process.dlopen = (...order) => {
    hurry()
    return dlopen(...order)
  }
  process.on('exit', (code) => {
    noteExit(code)
    linger()
  })
}

// Node 24 loads them for everybody: there the first to ask for one is noticed.
function attendLocks(): void {
  if (!moduleList()?.includes(LOCKS)) return
  HOLDERS.delete(LOCKS)
  const { locks } = ((globalThis as { readonly navigator?: object }).navigator ?? {}) as { readonly locks?: object }
  const manager = Object.getPrototypeOf(locks ?? {}) as { request?: (...order: unknown[]) => unknown }
  const { request } = manager
  if (request === undefined) return hurry()
  manager.request = function (...order) {
    hurry()
    return request.apply(this, order)
  }
}

// Not documented: where there is none one day, no thread lingers.
function moduleList(): readonly string[] | undefined {
  const { moduleLoadList } = process as { readonly moduleLoadList?: readonly string[] }
  return Array.isArray(moduleLoadList) ? moduleLoadList : undefined
}

/** `process.exit` has been called, or the event loop has nothing to do any more: what has been said has been said. */
export function noteExit(code: number): void {
  if (here.root !== undefined) here.table.setEnding(here.root.id, Ending.processExit, code)
  flushTurn()
}

/** It is not to linger: somebody may wait for what it holds, or nobody for its core. */
export function hurry(): void {
  mayLinger = false
}

/** Looks at what of Node has been loaded since the last look. Best done ahead of need. */
export function lookForHolders(): void {
  const modules = moduleList()
  if (modules === undefined) return hurry()
  for (; looked < modules.length; looked++) if (HOLDERS.has(modules[looked]!)) hurry()
}

/** Stands still if it may. The thread must end as soon as this returns. */
function linger(): void {
  lookForHolders()
  // What the user's have to do at the end they do after us, and before the process is said to be dead.
  const may = mayLinger && process.listenerCount('exit') <= LISTENERS && ending.emit === emit && ending.reallyExit === reallyExit
  hurry() // not twice
  if (!may || here.root === undefined) return
  flushTurn() // it counts as dead as soon as that is heard
  here.channels.get(MAIN_THREAD)!.postAside(Kind.still, here.root.id, 0, 0)
  here.table.standStill(LONGEST)
}

/** Ends the thread, which was made for one process. */
export function leave(): void {
  linger()
  try {
    exit()
  } catch (error) {
    // A listener to 'exit' threw. Node asks none a second time.
    const { pid, name } = here.root
    here.role.log({ kind: 'text', level: 'error', time: wallTime(), pid, message: `a listener of ${name} to 'exit' failed: ${formatReason(error)}` })
    flushTurn()
    exit()
  }
}

/** Ends it as `worker.terminate()` does: nothing of the user's runs any more, no listener either. */
export function die(): void {
  process.removeAllListeners('exit')
  Object.assign(ending, { emit, reallyExit })
  flushTurn() // what it has said
  leave()
}
