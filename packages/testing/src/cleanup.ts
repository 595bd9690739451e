// The end of a test, as one hook for any test runner: what helpers of this package have opened is closed, and nothing
// of the test is left.

import { type Pid, Process } from 'starfish'
import { liveProcesses } from 'starfish/internal'
import { assertNoLeaks } from './leaks.js'

type Close = () => unknown

// Of this test, in the order in which it was opened.
const open = new Set<Close>()

/** Has `close` called at the end of the test; what it returns takes that back. */
export function atCleanup(close: Close): () => void {
  const once = (): unknown => close()
  open.add(once)
  return () => void open.delete(once)
}

/**
 * Closes what the test has opened and not closed itself, the last first: trees of `startSupervised` are stopped, virtual
 * clocks and captured logs put back. Then rejects, as `assertNoLeaks` does, if a process or a thread is left: it is ended, so that
 * only the test that left it fails.
 *
 * @example
 * afterEach(cleanup) // of jest, vitest or node:test
 */
export async function cleanup(): Promise<void> {
  const errors: unknown[] = []
  for (const close of [...open].reverse()) {
    open.delete(close)
    try {
      await close()
    } catch (error) {
      errors.push(error)
    }
  }
  try {
    if (errors.length === 0) await assertNoLeaks()
  } catch (error) {
    errors.push(error)
  }
  await endAll() // the next test begins with nothing, and the runner ends
  if (errors.length > 0) throw errors[0]
}

async function endAll(): Promise<void> {
  for (const { pid } of liveProcesses()) Process.exit(pid as Pid, 'kill')
  await assertNoLeaks().catch(() => undefined)
}
