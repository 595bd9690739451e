// What came of a run: as data, which is also the JSON report, and as the table at the end. Pure.

import { BLOWS } from './chaos.js'
import { digestAll } from './digest.js'
import type { Blow } from './hasher.js'
import * as format from './format.js'
import type { Isolation, Options } from './options.js'
import type { Hit, Scoreboard } from './scoreboard.js'
import { pad, padFront, printable, type Line, type Piece } from './text.js'
import type { Verification } from './verify.js'

export const BLOW_NAMES: Record<Blow, string> = { throw: 'throw', exit: 'exit', kill: 'kill', hang: 'hang', memory: 'out of memory', segfault: 'segfault', abort: 'abort', array: 'huge array' }

/** How the work ended: all files done, the time over, Ctrl-C. */
export type Ending = 'complete' | 'time' | 'interrupted'

export interface Recovery {
  readonly kills: number
  /** What the callers of the victims were told. */
  readonly seenAs: readonly string[]
  /** From the kill to the first answer of the new worker, in ms; undefined when none has come back. */
  readonly p50: number | undefined
  readonly p99: number | undefined
  readonly max: number | undefined
}

export interface Report {
  readonly directory: string
  readonly workers: number
  readonly isolation: Isolation
  readonly chaos: { readonly every: number; readonly seed: number } | false
  readonly ended: Ending
  readonly files: { readonly found: number; readonly done: number; readonly left: number }
  readonly skipped: { readonly symlinks: number; readonly special: number }
  /** Each with the code of the error: a result like any other. */
  readonly unreadable: readonly string[]
  /** Files that were given up, since every worker died of them. */
  readonly lost: readonly string[]
  readonly bytes: number
  readonly gzipBytes: number
  readonly seconds: number
  readonly bytesPerSecond: number
  readonly restarts: number
  /** Workers killed for being slow, without having been hit. */
  readonly slow: number
  readonly handedOutAgain: number
  /** By what they were killed with, as far as that was dealt out, and all together. */
  readonly recovery: Partial<Record<Blow, Recovery>> & { readonly all: Recovery }
  readonly digest: string
  readonly verification: Verification | { readonly skipped: string }
  /** Nothing was lost, and nothing differs. */
  readonly ok: boolean
}

export interface Facts {
  readonly directory: string
  readonly options: Options
  readonly ended: Ending
  readonly verification: Report['verification']
}

export function reportOf(board: Scoreboard, { directory, options, ended, verification }: Facts): Report {
  const { ledger, hits } = board
  const seconds = board.worked / 1000
  const byBlow = Object.fromEntries(BLOWS[options.isolation].map((blow) => [blow, recoveryOf(hits.filter((hit) => hit.blow === blow))]))
  return {
    directory,
    workers: options.workers,
    isolation: options.isolation,
    chaos: options.chaos && { every: options.every, seed: options.seed },
    ended,
    files: { found: ledger.found, done: ledger.results.size, left: ledger.left },
    skipped: board.skipped,
    unreadable: [...board.unreadable, ...ledger.unreadable],
    lost: ledger.givenUp.map(({ path }) => path),
    bytes: ledger.doneBytes,
    gzipBytes: ledger.gzipBytes,
    seconds,
    bytesPerSecond: seconds > 0 ? Math.round(ledger.doneBytes / seconds) : 0,
    restarts: board.restarts,
    slow: board.slow,
    handedOutAgain: ledger.handedOutAgain,
    recovery: { ...byBlow, all: recoveryOf(hits) },
    digest: digestAll(ledger.results),
    verification,
    ok: ended !== 'interrupted' && ledger.givenUp.length === 0 && !('equal' in verification && !verification.equal),
  }
}

export function recoveryOf(hits: readonly Hit[]): Recovery {
  const times = hits.flatMap(({ recovery }) => recovery ?? [])
  return {
    kills: hits.length,
    seenAs: [...new Set(hits.flatMap(({ reason }) => reason ?? []))].sort(),
    p50: format.percentile(times, 0.5),
    p99: format.percentile(times, 0.99),
    max: format.percentile(times, 1),
  }
}

/** The table at the end of a run. */
export function reportLines(report: Report): Line[] {
  const { files, skipped, unreadable } = report
  const row = (name: string, ...pieces: Piece[]): Line => [[` ${pad(name, 12)}`, 'dim'], ...pieces]
  const but = [
    skipped.symlinks > 0 && `${format.plural(skipped.symlinks, 'symlink')} not followed`,
    skipped.special > 0 && `${format.count(skipped.special)} neither file nor directory`,
  ].filter(Boolean)
  return [
    row('files', [format.count(files.done), 'bold'], ` of ${format.count(files.found)}${but.length > 0 ? `, besides ${but.join(', ')}` : ''}`),
    row('bytes', `${format.bytes(report.bytes)}, gzipped ${format.bytes(report.gzipBytes)}${percent(report.gzipBytes, report.bytes)}`),
    row('time', `${format.seconds(report.seconds * 1000)}, ${format.bytes(report.bytesPerSecond)}/s${ENDINGS[report.ended]}`),
    ...(unreadable.length > 0 ? [row('unreadable', names(unreadable))] : []),
    row('restarts', `${format.count(report.restarts)}${report.slow > 0 ? `, ${format.count(report.slow)} of them of workers that were only slow` : ''}`),
    row('once more', `${format.plural(report.handedOutAgain, 'file')} handed out again, since their worker had died`),
    [],
    ...recoveryTable(report),
    ...verdict(report).map((line) => [' ', ...line]),
  ]
}

const percent = (part: number, whole: number): string => (whole > 0 ? ` (${Math.round((part / whole) * 100)} %)` : '')

const ENDINGS: Record<Ending, string> = { complete: '', time: ': time was up', interrupted: ': interrupted' }

function recoveryTable({ chaos, isolation, recovery }: Report): Line[] {
  if (chaos === false) return []
  const cell = (value: number | undefined): string => padFront(value === undefined ? '–' : format.ms(value), 10)
  const row = (name: string, { kills, seenAs, p50, p99, max }: Recovery): string =>
    ` ${pad(name, 14)}${padFront(format.count(kills), 5)}${cell(p50)}${cell(p99)}${cell(max)}   ${seenAs.join(', ')}`
  return [
    [[` ${pad('killed by', 14)}${padFront('kills', 5)}${padFront('back: p50', 10)}${padFront('p99', 10)}${padFront('max', 10)}   the caller was told`, 'dim']],
    ...BLOWS[isolation].map((blow): Line => [row(BLOW_NAMES[blow], recovery[blow]!)]),
    [[row('all', { ...recovery.all, seenAs: [] }), 'bold']],
    [],
  ]
}

/** What it all amounts to, in a sentence or a few. */
export function verdict({ files, lost, ended, verification, digest }: Report): Line[] {
  const lines: Line[] = []
  if (files.left > 0) lines.push([`${format.plural(files.left, 'file')} found but not done when ${ended === 'interrupted' ? 'Ctrl-C came' : 'the time was up'}`])
  if (lost.length > 0) lines.push([['lost', 'red', 'bold'], `: ${format.plural(lost.length, 'file')} killed whoever touched them: ${names(lost)}`])
  if ('skipped' in verification) {
    lines.push([...(lost.length === 0 ? [['nothing was lost', 'green', 'bold'] as const, `: each file handed out has its result; `] : []), `not compared with a second pass: ${verification.skipped}`])
  } else if (verification.equal) {
    lines.push([['nothing was lost', 'green', 'bold'], ': a plain single-threaded pass gives the same digest'], [[digest, 'dim']])
  } else {
    lines.push([['different', 'red', 'bold'], ` from a plain single-threaded pass: ${names(verification.different)}`], [[`${digest} here`, 'dim']], [[`${verification.digest} there`, 'dim']])
  }
  return lines
}

const names = (paths: readonly string[]): string => `${paths.slice(0, 5).map(printable).join(', ')}${paths.length > 5 ? ', …' : ''}`

/** 0: nothing was lost. */
export const exitCode = ({ ok, ended }: Pick<Report, 'ok' | 'ended'>): number => (ended === 'interrupted' ? 130 : ok ? 0 : 1)
