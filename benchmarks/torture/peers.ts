// The same ways to die against other libraries: a program for each of them and each way, since many do not come back.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { type Way, ways } from './ways.js'

/** What became of who waited. */
export interface PeerFate {
  readonly told: 'answered' | 'told' | 'hangs'
  readonly queued: 'answered' | 'told' | 'hangs'
  readonly later: 'answered' | 'told' | 'hangs'
  /** Whether the program could open a file afterwards. */
  readonly isWhole: boolean
}

export const CONTESTANTS = ['piscina', 'tinypool', 'tinypool, processes', 'workerpool', 'workerpool, processes', 'poolifier', 'bare worker']

/** How long a program may take that does not end, in ms: a thread in native code keeps it. */
const PATIENCE = 60_000

function fateOf(name: string, way: Way): string {
  const program = spawnSync('sh', ['-c', 'ulimit -n 512; exec "$0" "$@"', process.execPath, join(__dirname, 'peer-host.js'), name, way], { encoding: 'utf8', timeout: PATIENCE, killSignal: 'SIGKILL' })
  const line = program.stdout.split('\n').find((text) => text.startsWith('{"told"'))
  if (line === undefined) return program.error ? 'program hangs' : '**program down**'
  const { told, queued, later, isWhole } = JSON.parse(line) as PeerFate
  const who = told === 'hangs' ? 'caller hangs' : told
  const next = later === 'answered' ? (queued === 'hangs' ? ', next one hangs' : '') : ', **service gone**'
  return `${who}${next}${isWhole ? '' : ', no files left'}`
}

/** A table in Markdown. */
export async function torturePeers(): Promise<void> {
  console.log(`\n| | ${CONTESTANTS.join(' | ')} |\n|---|${CONTESTANTS.map(() => '---|').join('')}`)
  for (const way of Object.keys(ways) as Way[]) console.log(`| ${way} | ${CONTESTANTS.map((name) => fateOf(name, way)).join(' | ')} |`)
}
