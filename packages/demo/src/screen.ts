// What the live view shows at a moment: lines of styled pieces, as many as fit. Pure.

import { BLOWS } from './chaos.js'
import * as format from './format.js'
import { BLOW_NAMES, recoveryOf } from './report.js'
import type { Isolation } from './options.js'
import type { Hit, Scoreboard, WorkerState } from './scoreboard.js'
import { cells, clip, clipFront, pad, padFront, printable, type Line, type Piece } from './text.js'
import { settingLine, type Setting } from './view.js'

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** Lines longer than this are hard to take in. */
const WIDEST = 100
const HITS = 5

/** Room for what a caller is told. */
const TOLD = cells('out_of_memory  ')

/** The picture of this moment, in at most `rows - 1` lines. */
export function picture(board: Scoreboard, setting: Setting, size: Size): Line[] {
  // Into the last column a terminal may write and wrap.
  const width = Math.min(size.columns - 1, WIDEST)
  const { isolation } = setting.options
  const bottom = [...progress(board, width), [], ...totals(board, isolation)]
  // The hits go first when it gets tight, then the workers.
  const room = size.rows - 1 - bottom.length - 5
  const tree = workers(board, isolation, width, Math.max(2, room))
  const hits = recent(board, Math.min(HITS, room - tree.length - 2), width)
  const all: Line[] = [title(setting, width), [[` ${settingLine(setting.options)}`, 'dim']], [], ...tree, [], ...bottom, ...(hits.length > 0 ? [[], ...hits] : [])]
  return all.slice(0, Math.max(1, size.rows - 1))
}

function title({ directory }: Setting, width: number): Line {
  const name = ' starfish  '
  return [[name, 'bold', 'cyan'], clipFront(printable(directory), width - cells(name))]
}

// ---- the tree

function workers(board: Scoreboard, isolation: Isolation, width: number, room: number): Line[] {
  const all = board.workers
  const shown = all.length < room ? all : all.slice(0, room - 2)
  const hidden = all.length - shown.length
  const lines = shown.map((worker, i) => workerLine(worker, i === all.length - 1, board, isolation, width))
  return [
    [[' supervisor', 'bold'], ['  one_for_one · ', 'dim'], format.plural(board.restarts, 'restart')],
    ...lines,
    ...(hidden > 0 ? [[[` └─ and ${format.plural(hidden, 'more worker')}`, 'dim']] satisfies Line] : []),
  ]
}

/** `1,203 files  10 restarts`, left out where it is narrow. */
const TAIL = 27
const ROOMY = 72

function workerLine(worker: WorkerState, last: boolean, board: Scoreboard, isolation: Isolation, width: number): Line {
  const branch = last ? ' └─ ' : ' ├─ '
  const name = pad(worker.name, cells(`hasher ${board.workers.length}`))
  const done = `${format.plural(worker.done, 'file')}${padFront(format.plural(Math.max(0, worker.restarts), 'restart'), 13)}`
  const tail: Piece = [width < ROOMY ? '' : padFront(done, TAIL), 'dim']
  const middle = width - cells(branch) - cells(name) - 4 - cells(tail[0])
  const show = (mark: Piece, text: string, ...styles: ('dim' | 'red' | 'yellow')[]): Line =>
    [[branch, 'dim'], name, '  ', mark, ' ', [pad(clip(text, middle), middle), ...styles], tail]
  if (board.phase !== 'working') return show(['○', 'dim'], 'stopped', 'dim')
  const { blow, file } = worker
  const waited = format.seconds(board.elapsed - (blow?.at ?? worker.since))
  if (worker.pid === undefined) return show(['✗', 'red'], `${blow ? BLOW_NAMES[blow.blow] : 'died'} · starting again · ${waited}`, 'red')
  if (blow?.pid === worker.pid) return show(['✗', 'red'], `${BLOW_NAMES[blow.blow]} · ${waited}`, 'red')
  if (blow) return show(['◌', 'yellow'], `back as a new ${isolation} · ${waited}`, 'yellow')
  if (file) {
    const size = format.bytes(file.bytes)
    return show(['●', 'green'], `${clipFront(printable(file.path), middle - cells(size) - 2)}  ${size}`)
  }
  return show(['○', 'dim'], 'idle', 'dim')
}

// ---- how far

function progress(board: Scoreboard, width: number): Line[] {
  const { ledger, walked, phase } = board
  const done = ledger.results.size
  const rate = format.rate(ledger.doneBytes, board.worked)
  if (phase === 'working') {
    const files = `${format.count(done)} of ${format.count(ledger.found)}${walked ? '' : '+'} files`
    return [bar(share(ledger.doneBytes, ledger.foundBytes, walked), width, 'green'), [` ${files} · ${format.bytes(ledger.doneBytes)} of ${format.bytes(ledger.foundBytes)} · ${rate} · ${format.seconds(board.worked)}`]]
  }
  const what = `${format.plural(done, 'file')} · ${format.bytes(ledger.doneBytes)} · ${rate} · ${format.seconds(board.worked)}`
  if (phase === 'over') return [bar(share(done, done + ledger.left, true), width, 'green'), [` ${what}`]]
  return [bar(share(board.checked, done, true), width, 'cyan'), [` ${what} · `, ['now the same in a single thread', 'cyan']]]
}

const share = (part: number, whole: number, known: boolean): number => (whole === 0 ? (known ? 1 : 0) : Math.min(1, part / whole))

function bar(part: number, width: number, color: 'green' | 'cyan'): Line {
  const percent = padFront(`${Math.floor(part * 100)} %`, 6)
  const length = Math.max(0, width - cells(percent) - 2)
  const full = Math.round(part * length)
  return [' ', ['━'.repeat(full), color], ['─'.repeat(length - full), 'dim'], percent]
}

// ---- the monkey

/** So many kinds of kills fit beside each other. */
const KINDS = 5

function totals({ hits }: Scoreboard, isolation: Isolation): Line[] {
  const kinds = BLOWS[isolation].map((blow) => `${BLOW_NAMES[blow]} ${hits.filter((hit) => hit.blow === blow).length}`)
  const number = `${hits.length}`
  const { p50, p99, max } = recoveryOf(hits)
  const ms = (value: number | undefined): string => (value === undefined ? '–' : format.ms(value))
  return [
    [[' kills      ', 'dim'], [number, 'bold'], `  ${kinds.slice(0, KINDS).join(' · ')}`],
    ...(kinds.length > KINDS ? [[pad('', cells(number) + 14), kinds.slice(KINDS).join(' · ')] satisfies Line] : []),
    [[' back after ', 'dim'], ['p50 ', 'dim'], [ms(p50), 'bold'], [' · p99 ', 'dim'], ms(p99), [' · max ', 'dim'], ms(max)],
  ]
}

function recent({ hits }: Scoreboard, room: number, width: number): Line[] {
  if (room < 1 || hits.length === 0) return []
  const head = ` ${padFront('at', 7)}  ${pad('worker', 9)}  ${pad('killed by', 13)}  ${padFront('back after', 10)}  the caller was told, and the file handed out again`
  return [[[head, 'dim']], ...hits.slice(-room).reverse().map((hit) => hitLine(hit, width))]
}

function hitLine({ at, worker, blow, recovery, reason, file }: Hit, width: number): Line {
  const line: Piece[] = [
    [` ${padFront(format.seconds(at), 7)}`, 'dim'], `  ${pad(worker, 9)}  `, [pad(BLOW_NAMES[blow], 13), 'red'], '  ',
    recovery === undefined ? [padFront('…', 10), 'yellow'] : [padFront(format.ms(recovery), 10), 'green'], '  ',
  ]
  const told = pad(reason ?? '', TOLD)
  const left = width - line.reduce((sum, piece) => sum + cells(typeof piece === 'string' ? piece : piece[0]), 0) - cells(told)
  return file === undefined ? line : [...line, told, [clipFront(printable(file), left), 'dim']]
}
