// One run from its beginning to its report: the tree, the walk, the work under chaos, the proof.

import { Supervisor, type Started } from 'starfish'
import { Bell } from './bell.js'
import { startChaos } from './chaos.js'
import { dispatch } from './dispatcher.js'
import type { Options } from './options.js'
import { reportOf, type Ending, type Report } from './report.js'
import { Scoreboard } from './scoreboard.js'
import { startTree, workerNames } from './tree.js'
import { compare, secondPass, SMALL } from './verify.js'
import type { View } from './view.js'
import { bytes } from './format.js'
import { take, walk } from './walk.js'

/** How long files in hand are still waited for when the time is up, in ms. */
const GRACE = 2000

export interface Run {
  readonly directory: string
  readonly options: Options
  readonly view: View
  /** Fires when somebody wants it to end. */
  readonly interrupt: AbortSignal
  /** Whether crash reports are kept from the screen. */
  readonly quiet: boolean
}

export async function run({ directory, options, view, interrupt, quiet }: Run): Promise<Report> {
  const board = new Scoreboard(workerNames(options.workers), () => performance.now(), view)
  const supervisor = await startTree(board, { isolation: options.isolation, every: options.every, quiet })
  view.start(board)
  try {
    const ended = await work(board, supervisor, directory, options, interrupt)
    await Supervisor.stop(supervisor)
    const verification = await prove(board, directory, options, ended, interrupt)
    board.workIsOver('over')
    return reportOf(board, { directory, options, ended: interrupt.aborted ? 'interrupted' : ended, verification })
  } finally {
    view.stop()
    await supervisor[Symbol.asyncDispose]()
  }
}

async function work(board: Scoreboard, supervisor: Started, root: string, options: Options, interrupt: AbortSignal): Promise<Ending> {
  const bell = new Bell()
  const time = new AbortController()
  const grace = new AbortController()
  const enough = AbortSignal.any([interrupt, time.signal])
  const stop = AbortSignal.any([interrupt, grace.signal])
  const timers = [setTimeout(() => time.abort(), options.seconds * 1000), setTimeout(() => grace.abort(), options.seconds * 1000 + GRACE)]
  for (const signal of [enough, stop]) signal.addEventListener('abort', bell.ring)
  const stopChaos = options.chaos ? startChaos(board, options) : () => undefined
  enough.addEventListener('abort', stopChaos)
  try {
    await Promise.all([find(board, root, options, enough, bell), dispatch(board, { root, supervisor: supervisor.pid, enough, stop, bell })])
    return interrupt.aborted ? 'interrupted' : board.ledger.left > 0 || !board.walked ? 'time' : 'complete'
  } finally {
    time.abort()
    grace.abort()
    timers.forEach(clearTimeout)
    board.workIsOver('verifying')
  }
}

async function find(board: Scoreboard, root: string, { files }: Options, enough: AbortSignal, bell: Bell): Promise<void> {
  for await (const file of take(walk(root, (path, why) => board.skip(path, why)), files)) {
    if (enough.aborted) return
    board.ledger.add(file)
    bell.ring()
  }
  board.walked = true
  bell.ring()
}

async function prove(board: Scoreboard, root: string, { verify, files }: Options, ended: Ending, interrupt: AbortSignal): Promise<Report['verification']> {
  const { results, doneBytes } = board.ledger
  if (ended === 'interrupted') return { skipped: 'interrupted' }
  if (verify === false) return { skipped: 'as you wished' }
  if (verify === undefined && doneBytes > SMALL) return { skipped: `${bytes(doneBytes)} is more than ${bytes(SMALL)}; --verify does it` }
  const paths = ended === 'complete' ? pathsIn(root, files) : results.keys()
  const second = await secondPass(root, paths, interrupt, () => void board.checked++)
  return second ? compare(results, second) : { skipped: 'interrupted' }
}

async function* pathsIn(root: string, files: number): AsyncGenerator<string> {
  for await (const { path } of take(walk(root), files)) yield path
}
