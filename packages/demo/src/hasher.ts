// The worker: digests a file when it is called, and dies on request, in every way a thread can die by itself, and in
// some in which only a child process can die without the program.

import { GenServer, noreply, ok, reply, type Pid } from 'starfish'
import { digestFile, type Digest } from './digest.js'

/** How a worker is made to die. `kill` comes from outside; the others happen in its own code. */
export type Blow = 'throw' | 'exit' | 'kill' | 'hang' | 'memory' | 'segfault' | 'abort' | 'array'

export interface Answer {
  readonly digest: Digest
  /** Who did the work: another pid after a restart. */
  readonly by: Pid
}

/** In MB: a death of memory should not take long. */
export const resourceLimits = { maxOldGenerationSizeMb: 32 }

export default GenServer.define(__filename, {
  name: 'Hasher',
  thread: { resourceLimits },
  init: () => ok(undefined),
  handleCall: {
    digest: async (state, path: string, { self }) => reply({ digest: await digestFile(path), by: self } satisfies Answer, state),
    ping: (state, _: undefined, { self }) => reply(self, state),
  },
  handleCast: {
    die: (state, blow: Exclude<Blow, 'kill'>) => {
      DEATHS[blow]()
      return noreply(state)
    },
  },
})

const DEATHS: Record<Exclude<Blow, 'kill'>, () => void> = {
  throw: () => {
    throw new Error('the chaos monkey was here')
  },
  exit: () => process.exit(7),
  hang: () => {
    for (;;);
  },
  // A chain of small arrays: V8 ends the thread.
  memory: () => {
    let chain: unknown[] = []
    for (;;) chain = [chain, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]
  },
  // What follows stands for what ends a whole program, whichever of its threads does it.
  segfault: () => process.kill(process.pid, 'SIGSEGV'),
  abort: () => process.abort(),
  array: () => {
    for (const all: number[][] = []; ; ) all.push(Array<number>(1 << 24).fill(0))
  },
}
