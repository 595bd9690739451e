// What one process has written to stdout and stderr, on its way out of the main thread: as it is, with the process's name
// before each line, or not at all. Remembers the end of it.

import type { ThreadOptions } from '../term/definition.js'
import type { StreamName } from './voice.js'

/** So many bytes are remembered. */
const REMEMBERED = 4096
const NEWLINE = 10

export class Output {
  private tail = Buffer.alloc(0)
  /** Lines that have no end yet, where names are put before them. */
  private readonly unfinished = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }

  constructor(private readonly options: Pick<ThreadOptions, StreamName>, private readonly name: () => string) {}

  take(stream: StreamName, what: string | Uint8Array): void {
    const bytes = Buffer.from(what as string)
    this.tail = Buffer.concat([this.tail, bytes]).subarray(-REMEMBERED)
    const how = this.options[stream]
    if (how === true) return
    if (how === 'prefix') this.takeLines(stream, bytes)
    else process[stream].write(bytes)
  }

  private takeLines(stream: StreamName, bytes: Buffer): void {
    let rest = Buffer.concat([this.unfinished[stream], bytes])
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      this.writeLine(stream, rest.subarray(0, end + 1))
      rest = rest.subarray(end + 1)
    }
    this.unfinished[stream] = rest
  }

  private writeLine(stream: StreamName, line: Buffer): void {
    process[stream].write(Buffer.concat([Buffer.from(`[${this.name()}] `), line]))
  }

  /** The process is dead: a line without an end has one now. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const rest = this.unfinished[stream]
      if (rest.length > 0) this.writeLine(stream, Buffer.concat([rest, Buffer.from([NEWLINE])]))
    }
  }

  /** The last lines written, the oldest first, whichever stream they went to. */
  lastLines(most: number): string[] {
    const lines = this.tail.toString().split('\n')
    if (lines.at(-1) === '') lines.pop()
    return lines.slice(-most)
  }
}
