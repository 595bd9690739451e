// The result for people: a Markdown table that also reads well in a terminal, and the machine it was taken on.

import { cpus, loadavg, release, totalmem, type } from 'node:os'
import { elixirVersion } from './elixir.js'
import { PEERS } from './peers.js'
import type { Row } from './row.js'

// Before we put any load on it ourselves.
const load = loadavg()[0]!

const HEAD = ['', 'Starfish', 'the other', '', 'ratio', 'must hold', 'target']

export function formatTable(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    `${row.subject}: ${row.name}`,
    `${amount(row.ours, row.unit)} (${span(row.oursRange, row.unit)})`,
    `${amount(row.other, row.unit)} (${span(row.otherRange, row.unit)})`,
    row.otherName,
    row.ratio.toFixed(2),
    verdict(row.floor, row.floorMet),
    verdict(row.target, row.met),
  ])
  const widths = HEAD.map((head, i) => Math.max(head.length, ...lines.map((line) => line[i]!.length)))
  const format = (cells: readonly string[]): string => `| ${cells.map((cell, i) => (i === 4 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join(' | ')} |`
  const rule = `|${widths.map((width, i) => (i === 4 ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`
  return [format(HEAD), rule, ...lines.map(format)].join('\n')
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
