// A thread that is killed between any two steps of an operation: the operation has happened or it has not, the size is
// that of the rows, nobody is held up, and no memory is lost. Killed here is a second view of the same memory, of which
// from some step on every atomic operation fails, as if it was never executed.
import { afterAll, afterEach, expect, test } from '@jest/globals'
import { assertNoLeaks } from '@starfish/testing'
import { Tables } from '#core/table/tables'
import { Row } from '#core/table/layout'
import { prepare } from '#core/table/value'
import { random } from '../fixtures/clerk.js'
import { restoreAtomics, TYPES, type TypeName, World } from './world.js'

afterEach(restoreAtomics)
afterAll(() => assertNoLeaks())

const KEY = ['a', 1]
const before = { text: 'what was there' }
const after = { text: 'what came', more: [1, 2, 3] }
type Operation = (world: World, tables: Tables) => void
const write = (value: unknown): Operation => (world, tables) => world.insert(tables, KEY, value)
interface Case {
  readonly had: readonly unknown[]
  readonly operation: Operation
  readonly has: readonly unknown[]
  /** What it does to a bag, if that is something else. */
  readonly ofBag?: readonly unknown[]
}
const operations: Record<string, Case> = {
  'insert a row': { had: [], operation: write(after), has: [after] },
  'insert a small number': { had: [], operation: write(7), has: [7] },
  'insert a large value': { had: [], operation: write('x'.repeat(70_000)), has: ['x'.repeat(70_000)] },
  'insert another value': { had: [before], operation: write(after), has: [after], ofBag: [before, after] },
  'insert in place of a large value': { had: ['y'.repeat(70_000)], operation: write(1), has: [1], ofBag: ['y'.repeat(70_000), 1] },
  'delete': { had: [before], operation: (world, tables) => world.delete(tables, KEY), has: [] },
  'delete an object': { had: [before], operation: (world, tables) => void world.change(tables, KEY, (rows, root) => rows.deleteObject(root, prepare(before))), has: [] },
  'take': { had: [5], operation: (world, tables) => void world.change(tables, KEY, (rows, root) => rows.take(root)), has: [] },
  'clear': { had: [before], operation: (world, tables) => world.clear(tables), has: [] },
}
const ofSingles: Record<string, Case> = {
  'add': { had: [5], operation: (world, tables) => void world.change(tables, KEY, (_, root) => tables.singles.add(root, 1, KEY)), has: [6] },
  'add beyond a small number': { had: [5], operation: (world, tables) => void world.change(tables, KEY, (_, root) => tables.singles.add(root, 2 ** 40, KEY)), has: [2 ** 40 + 5] },
  'update': { had: [before], operation: (world, tables) => void world.change(tables, KEY, (_, root) => tables.singles.update(root, () => after)), has: [after] },
}
const ofBags: Record<string, Case> = {
  'delete one of two objects': { had: [before, after], operation: operations['delete an object']!.operation, has: [after] },
  'take two objects': { had: [before, after], operation: operations['take']!.operation, has: [] },
}
// What a large value takes is the same for all types.
const isOfType = (type: TypeName, name: string): boolean => type === 'set' || name !== 'insert a large value'
const cases = TYPES.flatMap((type) => Object.entries({ ...operations, ...(type === 'bag' ? ofBags : ofSingles) }).filter(([name]) => isOfType(type, name)).map(([name, one]) => [type, name, one] as const))

test.each(cases)('%s: killed at each step of: %s', (type, _, { had, operation, has, ofBag }) => {
  const world = new World(type)
  const { main } = world
  const becomes = type === 'bag' ? ofBag ?? has : has
  let deaths = 0
  // Rows on both sides.
  for (const key of [['a', 0], ['a', 2]]) world.insert(main, key, 'beside')
  for (let step = 0, done = false; !done; step++) {
    world.delete(main, KEY)
    for (const value of had) world.insert(main, KEY, value)
    done = world.kill(step, (tables) => operation(world, tables))
    if (!done) deaths++
    const found = world.read(KEY)
    expect([had, becomes]).toContainEqual(found)
    if (done) expect(found).toEqual(becomes)
    const rows = world.rows()
    expect(rows.filter(([key]) => (key as number[])[1] === 1)).toEqual(found.map((value) => [KEY, value]))
    expect(world.size()).toBe(rows.length)
    world.insert(main, KEY, 'it goes on')
    expect(world.read(KEY).at(-1)).toBe('it goes on')
    expect(world.faults()).toEqual([])
  }
  expect(deaths).toBeGreaterThan(8)
})

test.each(TYPES)('%s: killed at each step while it grows: no row is lost, and none comes twice', (type) => {
  const world = new World(type)
  let key = 0
  for (let step = 0; step < 2000; step += 7) {
    const first = key
    world.kill(step, (tables) => {
      for (let i = 0; i < 300; i++) {
        world.insert(tables, key, key)
        key++ // told
      }
    })
    const rows = world.rows().map(([key]) => key as number)
    expect(new Set(rows).size).toBe(rows.length)
    expect(world.size()).toBe(rows.length)
    expect(world.faults()).toEqual([])
    const lost: number[] = []
    for (let told = first; told < key; told++) {
      const found = world.read(told)
      if (found.length !== 1 || found[0] !== told) lost.push(told)
    }
    expect(lost).toEqual([])
    key++
  }
})

const replaced = (world: World, tables: Tables, step: number): void => world.insert(tables, 'a', `${step}${'x'.repeat(15_000)}`)
const deleted = (world: World, tables: Tables): unknown => world.delete(tables, 'a')
test.each<[TypeName, string, (world: World, tables: Tables, step: number) => unknown]>([
  ['set', 'replaced', replaced],
  ['set', 'replaced by large ones', (world, tables, step) => world.insert(tables, 'a', `${step}${'x'.repeat(70_000)}`)],
  ['set', 'deleted', deleted],
  ['set', 'cleared', (world, tables) => world.clear(tables)],
  ['ordered_set', 'deleted', deleted],
  ['ordered_set', 'put in', (world, tables, step) => world.insert(tables, ['b', step], 'x'.repeat(15_000))],
  ['bag', 'replaced', replaced],
])('%s: no memory is lost with those that are killed while values are %s', (type, _, write) => {
  const world = new World(type)
  const { main } = world
  const killAtEachStep = (): number => {
    for (let step = 0; step < 70; step++) {
      if (type !== 'set') for (const [key] of world.rows()) world.delete(main, key)
      world.insert(main, 'a', `main ${'y'.repeat(15_000)}`)
      world.kill(step, (tables) => write(world, tables, step))
    }
    return main.cells.pages.bytes
  }
  for (let i = 0; i < 4; i++) killAtEachStep()
  const settled = killAtEachStep()
  for (let i = 0; i < 24; i++) killAtEachStep()
  expect(killAtEachStep() - settled).toBeLessThan(200_000)
})

test('what a thread still reads is not used anew', () => {
  const world = new World()
  const { main } = world
  world.insert(main, KEY, before)
  const reader = new Tables(world.memory, 99)
  reader.reading(world.table, (root) => {
    reader.rows.at(root!, KEY)
    const row = reader.rows.seek(root!)
    const cell = reader.arena.words[row + Row.value]!
    for (let i = 0; i < 5000; i++) world.insert(main, KEY, { text: 'another', i })
    expect(reader.rows.valueOf(cell)).toEqual(before)
  })
  const bytes = main.cells.pages.bytes
  for (let i = 0; i < 20_000; i++) world.insert(main, KEY, { text: 'another', i })
  expect(main.cells.pages.bytes - bytes).toBeLessThan(200_000)
})

test('garbage is found anew among many pages that stay as they are', () => {
  const world = new World()
  const { main } = world
  for (let i = 0; i < 80; i++) world.insert(main, i, 'x'.repeat(1_000_000)) // 1,280 pages
  const churn = (): void => {
    for (let i = 0; i < 5000; i++) world.insert(main, KEY, 'y'.repeat(1000))
  }
  churn()
  const bytes = main.cells.pages.bytes
  churn()
  expect(main.cells.pages.bytes - bytes).toBeLessThan(500_000)
})

test('threads that live briefly fill the pages that others have left', () => {
  const world = new World()
  const numbers = random(3)
  let most = 0
  for (let round = 0; round < 120; round++) {
    world.visit((tables) => {
      for (let i = 0; i < 150; i++) world.insert(tables, numbers.next().value % 400, 'x'.repeat(numbers.next().value % 1500))
    })
    if (round >= 20) most = Math.max(most, world.main.cells.pages.bytes)
  }
  // 400 rows of 750 bytes on average are 0.3 MB; a page for each of some fifteen sizes, 1 MB.
  expect(most / 2 ** 20).toBeLessThan(3)
})

test('a value whose length would not fit into its head is refused, not cut short', () => {
  const { main, table } = new World()
  expect(() => main.rows.makeCell(main.root(table)!, 2 ** 27 + 1)).toThrow(expect.objectContaining({ code: 'ERR_TABLE_FULL', message: expect.stringContaining('less than 512 MB') }))
})
