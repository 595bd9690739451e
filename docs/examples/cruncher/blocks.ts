// A file of lines in blocks of equal size, which can be read in any order, by any thread, any number of times. To a block belong
// the lines that begin in it.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** No line is longer, in bytes. */
const LONGEST_LINE = 64 * 1024
const LINE_END = 10

export const blockCount = (bytes: number, blockSize: number): number => Math.ceil(bytes / blockSize)

/** The lines of a block. */
export function readBlock(path: string, block: number, blockSize: number): string[] {
  const file = openSync(path, 'r')
  try {
    // From the byte before it, which tells whether a line begins with the block.
    const from = Math.max(0, block * blockSize - 1)
    const fileSize = fstatSync(file).size
    const size = Math.min((block + 1) * blockSize + LONGEST_LINE, fileSize) - from
    const bytes = Buffer.allocUnsafe(size)
    for (let read = 0; read < size; ) read += readSync(file, bytes, read, size - read, from + read)
    const first = block === 0 ? 0 : endOfLine(bytes, 0)
    const end = endOfLine(bytes, (block + 1) * blockSize - 1 - from)
    if (first >= end) return []
    const isEnded = bytes[end - 1] === LINE_END
    if (!isEnded && from + end < fileSize) throw new RangeError(`expected lines of at most ${LONGEST_LINE} bytes, got a longer one in block ${block} of ${path}`)
    return bytes.toString('latin1', first, isEnded ? end - 1 : end).split('\n')
  } finally {
    closeSync(file)
  }
}

/** Where the line ends that has the byte at `position`. */
function endOfLine(bytes: Buffer, position: number): number {
  const found = bytes.indexOf(LINE_END, position)
  return found < 0 ? bytes.length : found + 1
}
