// What goes over the pipes between the program and a child process: frames. A frame is a mark, whom it goes to or comes
// from, a length, and so many bytes. Nothing else is believed: the other side may be out of its mind.

/** The file descriptors of the child. It reads from one without waiting, and writes to the other until all is written. */
export const TO_CHILD = 3
export const FROM_CHILD = 5

const MARK = 0x53f15401
const HEAD = 12

/** What goes before the bytes of a frame. */
export function headOf(peer: number, { length }: Uint8Array): Buffer {
  const head = Buffer.allocUnsafe(HEAD)
  head.writeUInt32LE(MARK, 0)
  head.writeInt32LE(peer, 4)
  head.writeUInt32LE(length, 8)
  return head
}

/** Puts frames together from the pieces that a pipe brings. */
export class FrameReader {
  private pieces: Buffer[] = []
  private size = 0
  private wanted = HEAD

  /** The bytes that `take` is given are part of a larger buffer. */
  constructor(private readonly take: (peer: number, bytes: Uint8Array) => void) {}

  /** Throws when what comes is no frame. */
  read(piece: Buffer): void {
    this.pieces.push(piece)
    this.size += piece.length
    while (this.size >= this.wanted) {
      const all = this.pieces.length === 1 ? this.pieces[0]! : Buffer.concat(this.pieces, this.size)
      if (all.readUInt32LE(0) !== MARK) throw new TypeError('expected a frame')
      const end = HEAD + all.readUInt32LE(8)
      const isWhole = all.length >= end
      const rest = isWhole ? all.subarray(end) : all
      this.pieces = rest.length === 0 ? [] : [rest]
      this.size = rest.length
      this.wanted = isWhole ? HEAD : end
      if (isWhole) this.take(all.readInt32LE(4), all.subarray(HEAD, end))
    }
  }
}
