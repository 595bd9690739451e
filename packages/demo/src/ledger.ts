// Which files wait, which are in hand, which are done: the books of the dispatcher. Pure: no process, no clock. A file
// leaves the books only with a result, and a second result for a path changes nothing.

import type { Digest } from './digest.js'
import type { File } from './walk.js'

export interface Job extends File {
  /** How many times it has come back without a result. */
  readonly failures: number
}

/** After so many failures a file is given up: it is the file that kills, not chance. */
export const LAST_FAILURE = 20

export class Ledger {
  readonly results = new Map<string, Digest>()
  readonly givenUp: File[] = []
  /** Files found so far, and their bytes. */
  found = 0
  foundBytes = 0
  doneBytes = 0
  gzipBytes = 0
  readonly unreadable: string[] = []
  handedOutAgain = 0
  private readonly waiting: Job[] = []
  private next = 0
  private readonly again: Job[] = []
  private readonly inHand = new Set<string>()

  add(file: File): void {
    this.found++
    this.foundBytes += file.bytes
    this.waiting.push({ ...file, failures: 0 })
  }

  /** The next file to work on, those that came back first; undefined when none waits. */
  take(): Job | undefined {
    const back = this.again.pop()
    if (back) this.handedOutAgain++
    const job = back ?? this.waiting[this.next++]
    if (job) this.inHand.add(job.path)
    else this.next--
    return job
  }

  done({ path, bytes }: File, digest: Digest): void {
    this.inHand.delete(path)
    if (this.results.has(path)) return
    this.results.set(path, digest)
    this.doneBytes += bytes
    if ('error' in digest) this.unreadable.push(`${path} (${digest.error})`)
    else this.gzipBytes += digest.gzip
  }

  /** The file came back without a result: it waits again, or is given up. */
  failed(job: Job): void {
    this.inHand.delete(job.path)
    const failures = job.failures + 1
    if (failures < LAST_FAILURE) this.again.push({ ...job, failures })
    else this.givenUp.push(job)
  }

  /** The file was taken out of a worker's hands, which is no fault of either. */
  putBack(job: Job): void {
    this.inHand.delete(job.path)
    this.again.push(job)
  }

  /** Files that nobody works on yet. */
  get waits(): number {
    return this.waiting.length - this.next + this.again.length
  }

  /** Files in the hands of workers. */
  get working(): number {
    return this.inHand.size
  }

  /** Found, but without a result. */
  get left(): number {
    return this.found - this.results.size - this.givenUp.length
  }
}
