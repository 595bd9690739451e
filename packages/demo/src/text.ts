// Text for a terminal: pieces with a style, measured in cells and cut to fit. Pure.

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

export type Piece = string | readonly [text: string, ...styles: Style[]]
export type Line = readonly Piece[]

const CODES: Record<Style, number> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 }

// East Asian wide characters and emoji take two cells; combining marks and joiners none.
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f9ff}\u{20000}-\u{3fffd}]/u
const NONE = /^(?:\p{Mn}|\p{Me}|[\u200b-\u200d]|\ufe0f)/u

const segmenter = new Intl.Segmenter()

// Latin letters, punctuation and what boxes are drawn with: one unit, one character, one cell. Spares the segmenter.
const PLAIN = /^[\x20-\u02ff\u2010-\u27ff]*$/

/** The characters as a reader counts them: a letter with its accents is one. */
const characters = (text: string): string[] => (PLAIN.test(text) ? text.split('') : Array.from(segmenter.segment(text), ({ segment }) => segment))

const cellsOf = (character: string): number => (WIDE.test(character) ? 2 : NONE.test(character) ? 0 : 1)

/** How many cells a text takes. */
export const cells = (text: string): number => PLAIN.test(text) ? text.length : characters(text).reduce((sum, character) => sum + cellsOf(character), 0)

/** A text from outside, fit for a terminal: control characters, which could do anything to it, become `?`. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')

/** At most `width` cells from the front. */
export function clip(text: string, width: number): string {
  if (cells(text) <= width) return text
  return width < 1 ? '' : `${front(characters(text), width - 1)}…`
}

/** At most `width` cells from the back: of a path, the file is what counts. */
export function clipFront(text: string, width: number): string {
  if (cells(text) <= width) return text
  return width < 1 ? '' : `…${back(characters(text), width - 1)}`
}

const front = (all: readonly string[], width: number): string => all.slice(0, fitting(all, width)).join('')
const back = (all: readonly string[], width: number): string => all.slice(all.length - fitting(all.toReversed(), width)).join('')

/** How many of the characters fit. */
function fitting(all: readonly string[], width: number): number {
  const last = all.findIndex((character) => (width -= cellsOf(character)) < 0)
  return last < 0 ? all.length : last
}

export const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - cells(text)))
export const padFront = (text: string, width: number): string => ' '.repeat(Math.max(0, width - cells(text))) + text

/** A line as it is written, cut to `width` cells. */
export function render(line: Line, width: number, color: boolean): string {
  let left = width
  let out = ''
  for (const piece of line) {
    const [text, ...styles] = typeof piece === 'string' ? [piece] : piece
    const shown = clip(text, left)
    left -= cells(shown)
    out += color && styles.length > 0 && shown !== '' ? `\x1b[${styles.map((style) => CODES[style]).join(';')}m${shown}\x1b[0m` : shown
    if (shown !== text) break
  }
  return out
}
