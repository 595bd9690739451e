// The threads of the prototype: one that writes what it is sent, and some that send it additions.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { SeqSender } from './seq-sender.js'
import { SeqTable } from './seq-table.js'

/** What a thread is to do with its end of a port: write what comes, or send so many additions to a row. */
interface Order {
  readonly port: MessagePort
  readonly flood?: { readonly key: number; readonly times: number }
}

const table = new SeqTable(workerData as SharedArrayBuffer)

/** Writes what comes: key and amount in turns. A key below 0 stands for a write that is never ended. */
function write(port: MessagePort): void {
  port.on('message', (additions: readonly number[]) => {
    const sums: number[] = []
    for (let i = 0; i < additions.length; i += 2) {
      const key = additions[i]!
      sums.push(key < 0 ? table.addHalf(-key) : table.add(key, additions[i + 1]!))
    }
    port.postMessage(sums)
  })
}

parentPort?.on('message', ({ port, flood }: Order) => {
  if (flood === undefined) return write(port)
  void new SeqSender(port).flood(flood.key, flood.times).then(() => {
    port.close()
    parentPort!.postMessage('done')
  })
})
