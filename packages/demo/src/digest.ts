// The work itself: what a file comes to, and what all files together come to. The same code in the workers and in the
// pass that checks them. Big files are streamed, so memory stays bounded whatever their size.

import { createHash } from 'node:crypto'
import { closeSync, constants, createReadStream, fstatSync, openSync, readFileSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGzip, gzipSync } from 'node:zlib'

/** What a file comes to, or the code of the error that kept it from being read. */
export type Digest =
  | { readonly bytes: number; readonly sha256: string; readonly gzip: number }
  | { readonly error: string }

/** Up to this many bytes a file is read whole. */
const WHOLE = 1 << 20
const CHUNK = 1 << 18

// A file that turned into a pipe or a symlink since it was found must not block or lead elsewhere.
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0)

/** The digest of one file. `signal` cuts a long one short; its result means nothing then. */
export async function digestFile(path: string, signal?: AbortSignal): Promise<Digest> {
  try {
    const fd = openSync(path, FLAGS)
    let streamed = false
    try {
      const stats = fstatSync(fd)
      if (!stats.isFile()) return { error: 'special' }
      streamed = stats.size > WHOLE
      if (!streamed) return digestWhole(readFileSync(fd))
    } finally {
      if (!streamed) closeSync(fd)
    }
    return await digestStream(fd, signal)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    return { error: code }
  }
}

const digestWhole = (content: Buffer): Digest => ({
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
  gzip: gzipSync(content).length,
})

async function digestStream(fd: number, signal: AbortSignal | undefined): Promise<Digest> {
  const hash = createHash('sha256')
  let bytes = 0
  let gzip = 0
  await pipeline(
    createReadStream('', { fd, highWaterMark: CHUNK }),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk)
        bytes += chunk.length
        yield chunk
      }
    },
    createGzip({ chunkSize: CHUNK }),
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) gzip += chunk.length
    },
    { signal },
  )
  return { bytes, sha256: hash.digest('hex'), gzip }
}

/** One digest over all results: equal for equal results, whatever order they came in. */
export function digestAll(results: ReadonlyMap<string, Digest>): string {
  const hash = createHash('sha256')
  for (const path of [...results.keys()].sort()) {
    const digest = results.get(path)!
    const fields = 'error' in digest ? [digest.error] : [digest.bytes, digest.sha256, digest.gzip]
    hash.update(`${JSON.stringify([path, ...fields])}\n`)
  }
  return hash.digest('hex')
}
