// What a view is: it is shown a scoreboard, and shows it until it is told to stop.

import type { Options } from './options.js'
import { plural } from './format.js'
import type { Scoreboard, Watcher } from './scoreboard.js'

export interface Setting {
  readonly directory: string
  readonly options: Options
}

export interface View extends Watcher {
  start(board: Scoreboard): void
  stop(): void
}

/** What is going to happen, in one line, without the directory. */
export function settingLine({ workers, isolation, chaos, every, seed, seconds, files }: Options): string {
  const limits = `at most ${files === Infinity ? '' : `${plural(files, 'file')} and `}${seconds} s`
  const where = isolation === 'process' ? ' in child processes' : ''
  return `${plural(workers, 'worker')}${where} · ${chaos ? `a kill every ${every} ms · seed ${seed}` : 'no chaos'} · ${limits}`
}
