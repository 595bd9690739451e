// A thread that is killed between any two steps of an operation: the operation has happened or it has not, the size is
// that of the rows, nobody is held up, and no memory is lost. Killed here is a second view of the same memory, of which
// from some step on every atomic operation fails, as if it was never executed.
import { afterAll, afterEach, expect, test } from '@jest/globals'
import { assertNoLeaks } from '@starfish/testing'
import { reserveArena } from '#core/table/arena'
import { type Found, Tables } from '#core/table/tables'
import { TableKeeper } from '#core/table/keeper'
import { NONE } from '#core/table/rows'
import type { Key } from '#core/table/key'
import { Row } from '#core/table/layout'

const METHODS = ['load', 'store', 'compareExchange', 'add', 'sub'] as const
const real = Object.fromEntries(METHODS.map((name) => [name, Atomics[name]])) as Record<string, (...args: never[]) => number>

class Killed extends Error {}

/** Runs `code`, whose thread is killed before its `step`th atomic operation. True if it came to its end before. */
function killedAt(step: number, code: () => void): boolean {
  let steps = 0
  for (const name of METHODS) {
    Atomics[name] = ((...args: never[]) => {
      if (++steps > step) throw new Killed()
      return real[name]!(...args)
    }) as never
  }
  try {
    code()
    return true
  } catch (error) {
    if (!(error instanceof Killed)) throw error
    return false
  } finally {
    Object.assign(Atomics, real)
  }
}
afterEach(() => void Object.assign(Atomics, real))
afterAll(() => assertNoLeaks())

const MAIN = 65_536
class World {
  readonly memory = reserveArena()
  readonly main = new Tables(this.memory, 0)
  readonly keeper = new TableKeeper(this.main, { isAlive: () => true, tell: () => undefined })
  readonly table: Found
  private thread = 0

  constructor() {
    this.table = this.main.find(this.keeper.serve(MAIN, { ask: 'new', name: undefined, access: 'public', maxSize: 0, heir: 0, data: undefined }) as string)!
  }

  insert(tables: Tables, key: Key, value: unknown): void {
    tables.writing(this.table, (root) => tables.rows.at(key).write(root!, value, false, 0))
  }

  read(key: Key): unknown {
    return this.main.reading(this.table, (root) => this.main.rows.at(key).read(root!))
  }

  /** Does something in another thread that is killed at a step; whether it came to its end. */
  kill(step: number, what: (tables: Tables) => void): boolean {
    const thread = ++this.thread
    const tables = new Tables(this.memory, thread)
    const done = killedAt(step, () => what(tables))
    this.keeper.threadEnded(thread)
    return done
  }

  rows(): [Key, unknown][] {
    return this.main.reading(this.table, (root) => this.main.rows.walk(root!, undefined, 1e6)).rows
  }

  size(): number {
    return this.main.reading(this.table, (root) => this.main.rows.size(root!))
  }
}

const KEY = ['a', 1]
const before = { text: 'what was there' }
const after = { text: 'what came', more: [1, 2, 3] }
type Operation = (world: World, tables: Tables) => void
const write = (value: unknown): Operation => (world, tables) => world.insert(tables, KEY, value)
const operations: Record<string, { had: unknown; operation: Operation; has: unknown }> = {
  'insert a row': { had: NONE, operation: write(after), has: after },
  'insert a small number': { had: NONE, operation: write(7), has: 7 },
  'insert a large value': { had: NONE, operation: write('x'.repeat(300_000)), has: 'x'.repeat(300_000) },
  'replace a value': { had: before, operation: write(after), has: after },
  'replace a large value': { had: 'y'.repeat(200_000), operation: write(1), has: 1 },
  'delete': { had: before, operation: (world, tables) => tables.writing(world.table, (root) => tables.rows.at(KEY).delete(root!)), has: NONE },
  'take': { had: 5, operation: (world, tables) => tables.writing(world.table, (root) => tables.rows.at(KEY).take(root!)), has: NONE },
  'add': { had: 5, operation: (world, tables) => tables.writing(world.table, (root) => tables.rows.at(KEY).add(root!, 1)), has: 6 },
  'add beyond a small number': { had: 5, operation: (world, tables) => tables.writing(world.table, (root) => tables.rows.at(KEY).add(root!, 2 ** 40)), has: 2 ** 40 + 5 },
  'clear': { had: before, operation: (world, tables) => tables.writing(world.table, (root) => tables.clear(world.table, root!)), has: NONE },
}

test.each(Object.entries(operations))('killed at each step of: %s', (_, { had, operation, has }) => {
  const world = new World()
  const { main } = world
  let deaths = 0
  for (let step = 0, done = false; !done; step++) {
    main.writing(world.table, (root) => main.rows.at(KEY).delete(root!))
    if (had !== NONE) world.insert(main, KEY, had)
    done = world.kill(step, (tables) => operation(world, tables))
    if (!done) deaths++
    const found = world.read(KEY)
    expect([had, has]).toContainEqual(found)
    if (done) expect(found).toEqual(has)
    expect(world.size()).toBe(found === NONE ? 0 : 1)
    expect(world.rows()).toEqual(found === NONE ? [] : [[KEY, found]])
    world.insert(main, KEY, 'it goes on')
    expect(world.read(KEY)).toBe('it goes on')
  }
  expect(deaths).toBeGreaterThan(8)
})

test('killed at each step while a table grows: no row is lost, and none comes twice', () => {
  const world = new World()
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
    for (let told = first; told < key; told++) expect(world.read(told)).toBe(told)
    key++
  }
})

test.each([
  ['replaced', (world: World, tables: Tables, step: number) => world.insert(tables, 'a', `${step}${'x'.repeat(15_000)}`)],
  ['replaced by large ones', (world: World, tables: Tables, step: number) => world.insert(tables, 'a', `${step}${'x'.repeat(70_000)}`)],
  ['deleted', (world: World, tables: Tables) => tables.writing(world.table, (root) => tables.rows.at('a').delete(root!))],
  ['cleared', (world: World, tables: Tables) => tables.writing(world.table, (root) => tables.clear(world.table, root!))],
])('no memory is lost with those that are killed while values are %s', (_, write) => {
  const world = new World()
  const { main } = world
  const killAtEachStep = (): number => {
    for (let step = 0; step < 70; step++) {
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
    const row = reader.rows.at(KEY)['seek'](root!)
    const cell = reader.arena.words[row + Row.value]!
    for (let i = 0; i < 5000; i++) world.insert(main, KEY, { text: 'another', i })
    expect(reader.rows['values'].read(cell)).toEqual(before)
  })
  const bytes = main.cells.pages.bytes
  for (let i = 0; i < 20_000; i++) world.insert(main, KEY, { text: 'another', i })
  expect(main.cells.pages.bytes - bytes).toBeLessThan(200_000)
})
