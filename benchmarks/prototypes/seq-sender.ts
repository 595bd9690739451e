// How a thread writes that is not the writer: it sends additions, and hears the sums. One message carries as many as were asked for
// in one turn.

import type { MessagePort } from 'node:worker_threads'

export class SeqSender {
  private batch: number[] = []
  private readonly waiting: ((sum: number) => void)[] = []

  constructor(private readonly port: MessagePort) {
    port.on('message', (sums: readonly number[]) => {
      for (const sum of sums) this.waiting.shift()!(sum)
    })
  }

  add(key: number, amount: number): Promise<number> {
    if (this.batch.push(key, amount) === 2) process.nextTick(() => this.flush())
    return new Promise((resolve) => this.waiting.push(resolve))
  }

  /** `times` additions, of which a thousand are under way. */
  async flood(key: number, times: number): Promise<void> {
    for (let i = 0; i < times; i += 1000) await Promise.all(Array.from({ length: Math.min(1000, times - i) }, () => this.add(key, 1)))
  }

  private flush(): void {
    this.port.postMessage(this.batch)
    this.batch = []
  }
}
