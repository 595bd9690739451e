// Reads blocks, and hands each partition its lines, from thread to thread. Keeps nothing: whoever dies here is replaced, and the block is
// read again.
import { GenServer, ok, PartitionSupervisor, reply } from 'starfish'
import { readBlock } from './blocks.js'
import type { Part } from './tally.js'

export interface Source {
  readonly path: string
  readonly blockSize: number
  readonly partitions: number
}

export interface Job {
  readonly block: number
  /** The partitions that do not have it yet. */
  readonly to: readonly number[]
}

/** What the partitions are called. */
export const TALLIES = 'cruncher.tallies'

export default GenServer.define(import.meta.url, {
  init: (source: Source) => ok(source),
  handleCall: {
    read: async (source, { block, to }: Job) => {
      const parts = divide(readBlock(source.path, block, source.blockSize), source.partitions)
      const handOver = (partition: number) => {
        const part: Part = { block, lines: parts[partition]! }
        return GenServer.call(PartitionSupervisor.via(TALLIES, partition), ['add', part], { timeout: 30_000 })
      }
      // What a partition did not get, since it died, it will be found to miss.
      await Promise.allSettled(to.map(handOver))
      return reply('read', source)
    },
  },
})

function divide(lines: readonly string[], partitions: number): string[][] {
  const parts = Array.from({ length: partitions }, (): string[] => [])
  for (const line of lines) parts[partitionOf(line, partitions)]!.push(line)
  return parts
}

const CUSTOMER = '{"customer":"'.length

// By the customer, without reading the rest of the line.
function partitionOf(line: string, partitions: number): number {
  let hash = 0
  for (let i = CUSTOMER; line.charCodeAt(i) !== 34; i++) hash = (Math.imul(hash, 31) + line.charCodeAt(i)) | 0
  return (hash >>> 0) % partitions
}
