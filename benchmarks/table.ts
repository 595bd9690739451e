// The result for people: Markdown tables that also read well in a terminal, and the machine they were taken on.

import { cpus, loadavg, release, totalmem, type } from 'node:os'
import { elixirVersion } from './elixir.js'
import { PEERS } from './peers.js'
import type { Row } from './row.js'
import { questionOf } from './subjects.js'

// Before we put any load on it ourselves.
const load = loadavg()[0]!

/** A table of rows, named with their subject. */
export const formatTable = (rows: readonly Row[]): string => format(rows, ({ subject, name }) => `${subject}: ${name}`)

/** A table for each subject, below its question. */
export const formatSubjects = (rows: readonly Row[]): string =>
  [...new Set(rows.map(({ subject }) => subject))]
    .map((subject) => `### ${subject}\n\n${questionOf(subject)}\n\n${format(rows.filter((row) => row.subject === subject), ({ name }) => name)}`)
    .join('\n\n')

const HEAD = ['', 'Starfish', 'the other', '', 'ratio', 'must hold', 'target']
/** The column of numbers without a unit, and those left out when nothing stands in them. */
const [RATIO, MAY_BE_EMPTY] = [4, 5]

function format(rows: readonly Row[], nameOf: (row: Row) => string): string {
  const lines = rows.map((row) => [
    nameOf(row),
    `${amount(row.ours, row.unit)} (${span(row.oursRange, row.unit)})`,
    `${amount(row.other, row.unit)} (${span(row.otherRange, row.unit)})`,
    row.otherName,
    row.ratio.toFixed(2),
    verdict(row.floor, row.floorMet),
    verdict(row.target, row.met),
  ])
  const columns = HEAD.map((_, i) => i).filter((i) => i < MAY_BE_EMPTY || lines.some((line) => line[i] !== ''))
  const widths = HEAD.map((head, i) => Math.max(head.length, ...lines.map((line) => line[i]!.length)))
  const line = (cells: readonly string[]): string => `| ${columns.map((i) => (i === RATIO ? cells[i]!.padStart(widths[i]!) : cells[i]!.padEnd(widths[i]!))).join(' | ')} |`
  const rule = `|${columns.map((i) => (i === RATIO ? `${'-'.repeat(widths[i]! + 1)}:` : '-'.repeat(widths[i]! + 2))).join('|')}|`
  return [line(HEAD), rule, ...lines.map(line)].join('\n')
}

export const printTable = (rows: readonly Row[]): void => console.log(`${formatTable(rows)}\n\n${formatMachine()}`)

const verdict = (target: string | null, met: boolean | null): string => (target === null ? '' : `${target} ${met ? 'met' : '**short**'}`)

const span = ([low, high]: readonly [number, number], unit: string): string => `${number(low, unit)}–${number(high, unit)}`

const amount = (value: number, unit: string): string => (isRate(unit) ? `${number(value, unit)}/s` : `${number(value, unit)} ${unit}`)

const isRate = (unit: string): boolean => unit.endsWith('/s')

function number(value: number, unit: string): string {
  if (isRate(unit)) return value >= 1e6 ? `${(value / 1e6).toPrecision(3)} M` : `${Math.round(value / 1e3)} k`
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(value >= 10 ? 3 : 2)
}

/** Date, machine and versions, in one line each. */
export function formatMachine(): string {
  const { version } = require('starfish/package.json') as { version: string }
  const versions = (require('../../package.json') as { devDependencies: Record<string, string> }).devDependencies
  const peers = PEERS.map((name) => `${name} ${versions[name]}`).join(', ')
  const [{ model }, memory] = [cpus()[0]!, Math.round(totalmem() / 2 ** 30)]
  return [
    `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node} (V8 ${process.versions.v8}), starfish ${version}, ${peers}, ${elixirVersion() ?? 'no Elixir'}`,
    `${model.trim()}, ${cpus().length} cores, ${memory} GB, ${type()} ${release().split('.').slice(0, 2).join('.')}, load before ${load.toFixed(1)}${load > cpus().length / 2 ? ': **a busy machine, not for quoting**' : ''}`,
  ].join('  \n')
}
