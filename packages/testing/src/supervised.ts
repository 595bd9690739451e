// A tree for one test, gone at its end.

import { Supervisor, type Pid, type SupervisorOptions } from 'starfish'
import { atCleanup } from './cleanup.js'

export interface Supervised extends AsyncDisposable {
  readonly pid: Pid
  /** Stops the tree. `await using` does it at the end of the block, `afterEach(cleanup)` at the end of the test. */
  stop(): Promise<void>
}

/**
 * Starts children under a supervisor of their own, which is stopped at the end of the block or, with `afterEach(cleanup)`, of the test.
 *
 * @example
 * await using tree = await startSupervised([[Counter, 0]])
 */
export async function startSupervised(children: readonly unknown[], options: Partial<SupervisorOptions> = {}): Promise<Supervised> {
  const supervisor = await Supervisor.startLink(children as never, { strategy: 'one_for_one', ...options })
  const stop = async (): Promise<void> => {
    stopped()
    await supervisor[Symbol.asyncDispose]()
  }
  const stopped = atCleanup(stop)
  return { pid: supervisor.pid, stop, [Symbol.asyncDispose]: stop }
}
