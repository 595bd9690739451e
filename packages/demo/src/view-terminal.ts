// The live view: draws the picture of the moment over the last one, and gives the terminal back as it was.

import { picture } from './screen.js'
import type { Scoreboard } from './scoreboard.js'
import { render } from './text.js'
import type { Setting, View } from './view.js'

/** What the view needs of a terminal; `process.stdout` is one. */
export interface Terminal {
  readonly columns: number
  readonly rows: number
  write(text: string): unknown
  on(event: 'resize', listener: () => void): unknown
  off(event: 'resize', listener: () => void): unknown
}

/** Ms between two pictures. */
const FRAME = 80

const HIDE_CURSOR = '\x1b[?25l'
const SHOW_CURSOR = '\x1b[?25h'
const END_OF_LINE = '\x1b[K'
const END_OF_SCREEN = '\x1b[J'
const CLEAR = '\x1b[2J\x1b[H'
const up = (lines: number): string => (lines > 0 ? `\r\x1b[${lines}A` : '\r')

export function terminalView(setting: Setting, terminal: Terminal, color: boolean): View {
  let timer: NodeJS.Timeout | undefined
  let board: Scoreboard
  let drawn = 0

  const draw = (): void => {
    // A terminal that does not know its size says 0.
    const size = { columns: terminal.columns || 80, rows: terminal.rows || 24 }
    const lines = picture(board, setting, size).map((line) => `${render(line, size.columns - 1, color)}${END_OF_LINE}\n`)
    terminal.write(`${up(drawn)}${lines.join('')}${END_OF_SCREEN}`)
    drawn = lines.length
  }
  // Terminals differ in how they fold what is there into a new width: begin anew.
  const resized = (): void => {
    terminal.write(CLEAR)
    drawn = 0
    draw()
  }
  const restore = (): void => void terminal.write(SHOW_CURSOR)

  return {
    start(shown) {
      board = shown
      terminal.write(HIDE_CURSOR)
      process.on('exit', restore)
      terminal.on('resize', resized)
      draw()
      timer = setInterval(draw, FRAME)
    },
    stop() {
      if (timer === undefined) return
      clearInterval(timer)
      draw()
      terminal.off('resize', resized)
      process.off('exit', restore)
      restore()
    },
  }
}
