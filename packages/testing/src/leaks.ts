// What must be gone when a test is over.

import { liveProcesses, noThreads, threadCount } from 'starfish/internal'

/** Waits for worker threads that are about to end; rejects with the names of processes that live on, or with what is left after `timeout` ms. */
export async function assertNoLeaks({ timeout = 10_000 }: { readonly timeout?: number } = {}): Promise<void> {
  const alive = liveProcesses()
  if (alive.length > 0) throw new Error(`processes left: ${alive.map(({ name, pid }) => `${name} ${pid}`).join(', ')}`)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${threadCount()} worker threads left`)), timeout)
  })
  try {
    await Promise.race([noThreads(), late])
  } finally {
    clearTimeout(timer)
  }
}
