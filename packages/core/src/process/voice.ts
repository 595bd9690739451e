// What this thread writes to its stdout and stderr goes to the main thread at once, each write by itself. Node would let all but
// the first write of a turn wait for the main thread's leave, and lose them when the thread dies.

import type { Writable } from 'node:stream'

export type StreamName = 'stdout' | 'stderr'

interface Chunk {
  readonly chunk: string | Uint8Array
  readonly encoding: BufferEncoding
}

/** From now on `say` gets what is written. The streams are made, as ever, when they are first used. */
export function divertOutput(say: (stream: StreamName, what: string | Uint8Array) => void): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const made = Object.getOwnPropertyDescriptor(process, name)!
    let stream: Writable | undefined
    const get = (): Writable => {
      if (stream !== undefined) return stream
      stream = made.get!.call(process) as Writable
      stream._writev = (chunks, done) => {
        for (const { chunk, encoding } of chunks as Chunk[]) say(name, textOrBytes(chunk, encoding))
        done()
      }
      return stream
    }
    Object.defineProperty(process, name, { configurable: true, enumerable: true, get })
  }
}

// A small Buffer is a part of a larger one, all of which would be copied.
function textOrBytes(chunk: string | Uint8Array, encoding: BufferEncoding): string | Uint8Array {
  if (typeof chunk !== 'string') return Uint8Array.from(chunk)
  return /^utf-?8$/i.test(encoding) ? chunk : Uint8Array.from(Buffer.from(chunk, encoding))
}
