// 10,000 kills in the middle of writes to tables: npm run table:kills -- [--views 9000] [--threads 500] [--random 500] [--seed 7]

import { parseArgs } from 'node:util'
import { runGroup } from '../core/table/histories.js'
import { killHalted, killViews } from '../core/table/kills.js'
import { TYPES } from '../core/table/world.js'

const { values } = parseArgs({
  options: { views: { type: 'string', default: '9000' }, threads: { type: 'string', default: '500' }, random: { type: 'string', default: '500' }, seed: { type: 'string', default: String(Date.now() % 65_536) } },
})

async function main(): Promise<void> {
  const seed = Number(values.seed)
  const each = (count: string): number => Math.ceil(Number(count) / TYPES.length)
  console.log(`seed ${seed}`)
  for (const type of TYPES) {
    const [bytes, later] = killViews(type, each(values.views), seed)
    console.log(`${type}: ${each(values.views)} views killed at a step, ${Math.round(bytes / 1024)} kB in pages after half of them, ${Math.round(later / 1024)} kB at the end`)
  }
  for (const type of TYPES) {
    await killHalted(type, each(values.threads), seed)
    console.log(`${type}: ${each(values.threads)} threads killed that stood still at a step`)
  }
  for (const type of TYPES) {
    for (let i = 0; i < each(values.random); i++) {
      const { wrong } = await runGroup(type, 3, seed + i)
      if (wrong.length > 0) throw new Error(`${type}, seed ${seed + i}: ${JSON.stringify(wrong)}`)
    }
    console.log(`${type}: ${each(values.random)} threads killed at any instruction`)
  }
  process.exit(0)
}

void main()
