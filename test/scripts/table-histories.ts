// 1,000 histories of three threads, of which one is killed in each ten: npm run table:histories -- [--histories 1000] [--seed 7]

import { parseArgs } from 'node:util'
import { runGroup } from '../core/table/histories.js'
import { TYPES } from '../core/table/world.js'

const { values } = parseArgs({ options: { histories: { type: 'string', default: '1000' }, seed: { type: 'string', default: String(Date.now() % 65_536) } } })
const KEYS = 10

async function main(): Promise<void> {
  const [count, seed] = [Number(values.histories), Number(values.seed)]
  console.log(`seed ${seed}`)
  const sum = { histories: 0, overlapping: 0, cut: 0, wrong: 0 }
  for (let i = 0; sum.histories < count; i++) {
    const type = TYPES[i % TYPES.length]!
    const group = await runGroup(type, KEYS, seed + i)
    sum.histories += group.histories
    sum.overlapping += group.overlapping
    sum.cut += group.cut
    sum.wrong += group.wrong.length
    for (const { key, history } of group.wrong) console.log(`${type}, seed ${seed + i}, key ${key} cannot have happened:\n${history.map((one) => JSON.stringify(one)).join('\n')}`)
  }
  console.log(`${sum.histories} histories, ${sum.overlapping} with operations at the same time, ${sum.cut} with a thread killed in them: ${sum.wrong === 0 ? 'all can be put in an order' : `${sum.wrong} CANNOT BE PUT IN AN ORDER`}`)
  process.exit(sum.wrong === 0 ? 0 : 1)
}

void main()
