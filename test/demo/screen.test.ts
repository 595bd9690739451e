// The live view: what it shows, that it always fits, and that it leaves the terminal as it was.
import { expect, test } from '@jest/globals'
import { picture } from '#demo/screen'
import { Scoreboard } from '#demo/scoreboard'
import { cells, clip, clipFront, printable, render } from '#demo/text'
import { parseOptions } from '#demo/options'
import { terminalView } from '#demo/view-terminal'
import { workerNames } from '#demo/tree'
import type { Pid } from 'starfish'

const setting = { directory: '/repository/node_modules', options: parseOptions([], { cores: 2, seed: 7 }) }
const pid = (n: number): Pid => `#PID<0.${n}.1>` as unknown as Pid

/** A run in its midst: one worker busy, one hanging, one just killed, one back but silent yet. */
function midst(): Scoreboard {
  let now = 0
  const board = new Scoreboard(workerNames(4), () => now)
  const [busy, hanging, killed, back] = board.workers as [any, any, any, any]
  board.workers.forEach((worker, i) => board.up(worker, pid(i + 1)))
  for (const path of ['src/one.ts', 'src/日本語.ts', 'src/three.ts', 'four']) board.ledger.add({ path, bytes: 1_234_567 })
  now = 1000
  board.took(busy, board.ledger.take()!)
  board.hit(hanging, 'hang', pid(2))
  board.hit(killed, 'memory', pid(3))
  board.down(killed)
  board.hit(back, 'exit', pid(4))
  board.failed(back, { path: 'src/日本語.ts', bytes: 1 }, Object.assign(new Error(), { name: 'CallError', reason: ['process_exit', 7] }))
  board.down(back)
  board.up(back, pid(5))
  now = 1500
  return board
}

const show = (board: Scoreboard, columns: number, rows: number): string[] =>
  picture(board, setting, { columns, rows }).map((line) => render(line, columns - 1, false))

test('every worker says what it does', () => {
  const lines = show(midst(), 100, 40)
  expect(lines[4]).toMatch(/^ ├─ hasher 1  ● src\/one\.ts {2}1\.2 MB +0 files +0 restarts$/)
  expect(lines[5]).toMatch(/^ ├─ hasher 2  ✗ hang · 0\.5 s/)
  expect(lines[6]).toMatch(/^ ├─ hasher 3  ✗ out of memory · starting again · 0\.5 s/)
  expect(lines[7]).toMatch(/^ └─ hasher 4  ◌ back as a new thread · 0\.5 s +0 files +1 restart$/)
})

test('a recovery is counted from the hit to the first answer of the new worker', () => {
  const board = midst()
  board.answered(board.workers[3]!, pid(4)) // the last words of the old one
  expect(board.hits[2]?.recovery).toBeUndefined()
  board.answered(board.workers[3]!, pid(5))
  expect(board.hits[2]).toMatchObject({ recovery: 500, reason: 'process_exit', file: 'src/日本語.ts' })
  expect(show(board, 100, 40).join('\n')).toContain('500 ms')
})

test('of child processes, the kills that no thread survives have a line of their own', () => {
  const apart = { ...setting, options: parseOptions(['--isolation', 'process'], { cores: 2, seed: 7 }) }
  const lines = picture(midst(), apart, { columns: 100, rows: 40 }).map((line) => render(line, 99, false))
  const at = lines.findIndex((line) => line.startsWith(' kills'))
  expect(lines.slice(at, at + 2)).toEqual([' kills      3  throw 0 · exit 1 · kill 0 · hang 1 · out of memory 1', '               segfault 0 · abort 0 · huge array 0'])
  expect(lines[1]).toContain('in child processes')
})

test('it fits into any terminal', () => {
  for (let columns = 2; columns < 130; columns++) {
    for (const rows of [1, 2, 5, 10, 15, 20, 24, 40]) {
      const lines = show(midst(), columns, rows)
      expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 1))
      for (const line of lines) expect(cells(line)).toBeLessThan(columns)
    }
  }
})

test('of many workers it shows some and counts the rest', () => {
  const board = new Scoreboard(workerNames(64), () => 0)
  const lines = show(board, 80, 24)
  expect(lines.find((line) => line.startsWith(' └─'))).toMatch(/and \d+ more workers/)
})

test('text is measured in cells and cut by whole characters', () => {
  expect(cells('日本')).toBe(4)
  expect(cells('e\u0301')).toBe(1)
  expect(clip('日本語', 5)).toBe('日本…')
  expect(clipFront('a/日本語', 5)).toBe('…本語')
  expect(clip('abc', 3)).toBe('abc')
  expect(clip('abc', 0)).toBe('')
})

test('a name cannot take over the terminal', () => {
  expect(printable('a\x1b[2Jb\r\n\u202ec')).toBe('a?[2Jb???c')
})

test('colours are asked for, never assumed', () => {
  expect(render([['a', 'red'], 'b'], 10, true)).toBe('\x1b[31ma\x1b[0mb')
  expect(render([['a', 'red'], 'b'], 10, false)).toBe('ab')
})

class FakeTerminal {
  columns = 80
  rows = 24
  text = ''
  readonly listeners = new Set<() => void>()
  write(text: string): void {
    this.text += text
  }
  on(_event: 'resize', listener: () => void): void {
    this.listeners.add(listener)
  }
  off(_event: 'resize', listener: () => void): void {
    this.listeners.delete(listener)
  }
}

test('the live view hides the cursor, draws in place, begins anew when the size changes, and gives all back', () => {
  const terminal = new FakeTerminal()
  const atExit = process.listenerCount('exit')
  const view = terminalView(setting, terminal, false)
  view.start(midst())
  expect(terminal.text.startsWith('\x1b[?25l')).toBe(true)
  const lines = terminal.text.split('\n').length - 1
  terminal.text = ''
  for (const resize of terminal.listeners) resize()
  expect(terminal.text.startsWith('\x1b[2J\x1b[H\r ')).toBe(true)
  terminal.text = ''
  view.stop()
  expect(terminal.text.startsWith(`\r\x1b[${lines}A`)).toBe(true)
  expect(terminal.text.endsWith('\x1b[?25h')).toBe(true)
  expect(terminal.listeners.size).toBe(0)
  expect(process.listenerCount('exit')).toBe(atExit)
})
