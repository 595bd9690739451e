// Two threads of which one stands still between any two steps of its operation, while the other does a whole one: what both
// give, and what is there afterwards, is as if one had come after the other.
import { afterAll, afterEach, test } from '@jest/globals'
import { assertNoLeaks } from '@starfish/testing'
import type { Tables } from '#core/table/tables'
import { prepare } from '#core/table/value'
import { interleavedAt, restoreAtomics, TYPES, World } from './world.js'

afterEach(restoreAtomics)
afterAll(() => assertNoLeaks())

type Operation = (world: World, tables: Tables) => unknown
const operations: Record<string, Operation> = {
  'insert 1': (world, tables) => world.insert(tables, 'k', 1),
  'insert a text': (world, tables) => world.insert(tables, 'k', 'text'),
  'insertNew': (world, tables) => world.change(tables, 'k', (rows, root) => rows.write(root, prepare('new'), true, 0)),
  'insert beside': (world, tables) => world.insert(tables, 'ka', 3),
  'delete': (world, tables) => world.delete(tables, 'k'),
  'delete beside': (world, tables) => world.delete(tables, 'j'),
  'deleteObject': (world, tables) => world.change(tables, 'k', (rows, root) => rows.deleteObject(root, prepare('text'))),
  'take': (world, tables) => world.change(tables, 'k', (rows, root) => rows.take(root)),
  'lookup': (world, tables) => world.read('k', tables),
  'clear': (world, tables) => world.clear(tables),
  'delete and insert': (world, tables) => [world.delete(tables, 'k'), world.insert(tables, 'k', 'again')],
}
const names = Object.keys(operations)

/** The table anew, with and without a row of the key, and rows on both sides. */
function begin(world: World, has: boolean): void {
  world.clear(world.main)
  for (const key of ['i', 'j', 'l', 'm']) world.insert(world.main, key, key)
  if (has) world.insert(world.main, 'k', 'text')
}

const ends = (world: World, results: readonly unknown[]): string =>
  JSON.stringify([results.map((result) => (typeof result === 'symbol' ? String(result) : result)), world.rows().toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))])

test.each(TYPES.flatMap((type) => [true, false].map((has) => [type, has ? 'with' : 'without', has] as const)))('%s, %s the row: every operation in the middle of every other', (type, _, has) => {
  const world = new World(type)
  const [mine, theirs] = [world.open(), world.open()]
  for (const one of names) {
    for (const other of names) {
      const inOrder = [false, true].map((isOtherFirst) => {
        begin(world, has)
        const second = isOtherFirst ? operations[other]!(world, theirs) : undefined
        const first = operations[one]!(world, mine)
        return ends(world, [first, isOtherFirst ? second : operations[other]!(world, theirs)])
      })
      // "delete and insert" are two operations: another may come between them.
      const isPair = [one, other].includes('delete and insert')
      // Each step is interrupted by some of the others: those of an ordered table are many.
      const stride = type === 'ordered_set' ? 4 : 2
      for (let step = names.indexOf(other) % stride; ; step += stride) {
        begin(world, has)
        for (const tables of [mine, theirs]) world.raise(tables)
        const results = interleavedAt(step, () => operations[one]!(world, mine), () => operations[other]!(world, theirs))
        if (results === undefined) break
        const found = ends(world, results)
        if (!isPair && !inOrder.includes(found)) throw new Error(`${other} at step ${step} of ${one} gives ${found}, in order ${inOrder.join(' or ')}`)
        if (world.size() !== world.rows().length || world.faults().length > 0) throw new Error(`after ${other} at step ${step} of ${one}: ${world.size()} rows, ${world.faults().join(', ')}`)
        // Nobody stands in the way afterwards.
        world.insert(theirs, 'k', 'after')
        if (!world.read('k', mine).includes('after')) throw new Error(`after ${other} at step ${step} of ${one} nothing can be inserted`)
      }
    }
  }
})
