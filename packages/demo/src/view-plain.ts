// The run as lines, for pipes, logs and dumb terminals: one for each kill, one a second for the progress.

import * as format from './format.js'
import { BLOW_NAMES } from './report.js'
import type { Hit, Scoreboard } from './scoreboard.js'
import { pad, padFront, printable } from './text.js'
import { settingLine, type Setting, type View } from './view.js'

const PROGRESS = 1000

export function plainView({ directory, options }: Setting, write: (line: string) => void): View {
  let timer: NodeJS.Timeout | undefined
  return {
    start(board) {
      write(`${printable(directory)}: ${settingLine(options)}`)
      timer = setInterval(() => write(progressLine(board)), PROGRESS)
    },
    back: (hit) => write(hitLine(hit)),
    stop: () => clearInterval(timer),
  }
}

const stamp = (at: number): string => padFront(`${(at / 1000).toFixed(2)} s`, 9)

export function hitLine({ at, worker, blow, recovery, reason, file }: Hit): string {
  const again = file === undefined ? '' : ` · caller told ${reason}, again: ${printable(file)}`
  return `${stamp(at)}  ${pad(worker, 9)}  ${pad(BLOW_NAMES[blow], 13)}  back after ${padFront(format.ms(recovery!), 8)}${again}`
}

export function progressLine(board: Scoreboard): string {
  const { ledger, phase, walked } = board
  const what =
    phase === 'working'
      ? `${format.count(ledger.results.size)} of ${format.count(ledger.found)}${walked ? '' : '+'} files · ${format.bytes(ledger.doneBytes)} · ${format.rate(ledger.doneBytes, board.worked)} · ${format.plural(board.restarts, 'restart')}`
      : `the same in a single thread: ${format.count(board.checked)} of ${format.count(ledger.results.size)} files`
  return `${stamp(board.elapsed)}  ${what}`
}
