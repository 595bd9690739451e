// A partition: the totals of its customers, and which blocks are in them. Both are kept together in a table, four times a second, so that
// a partition that dies goes on from there. A block that comes a second time is known.
import { GenServer, type InitContext, ok, reply, Table } from 'starfish'
import { addLine, type Totals } from './totals.js'

export interface Part {
  readonly block: number
  readonly lines: readonly string[]
}

interface Tally {
  readonly added: Set<number>
  readonly totals: Totals
}

export interface Result {
  /** The blocks that are not in the totals. */
  readonly missing: readonly number[]
  /** When none is missing. */
  readonly totals?: Totals
}

export const CHECKPOINTS = 'cruncher.checkpoints'

export default GenServer.define(import.meta.url, {
  persist: { store: Table, table: CHECKPOINTS, key: (partition: number) => partition, when: { every: 250 } },
  init: (_partition: number, { recovered }: InitContext<Tally>) => ok<Tally>(recovered ?? { added: new Set(), totals: new Map() }),
  handleCall: {
    add: (tally, { block, lines }: Part) => {
      if (!tally.added.has(block)) {
        for (const line of lines) addLine(tally.totals, line)
        tally.added.add(block)
      }
      return reply('added', tally)
    },
    result: (tally, blocks: number) => {
      const missing = Array.from({ length: blocks }, (_, block) => block).filter((block) => !tally.added.has(block))
      return reply<Result, Tally>(missing.length > 0 ? { missing } : { missing, totals: tally.totals }, tally)
    },
  },
})
