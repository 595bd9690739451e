// Jobs in the order they came. One that is given up is skipped, not searched for. What does not wait any more is not kept:
// jobs have arguments, which may be large.

import type { Job } from './job.js'

/** So many that were given up are not worth the trouble. */
const FEW = 16

export class Queue {
  private jobs: (Job | undefined)[] = []
  private head = 0
  /** How many wait. */
  size = 0

  push(job: Job): void {
    this.jobs.push(job)
    this.size++
  }

  /** The first that still waits. */
  shift(): Job | undefined {
    while (this.head < this.jobs.length) {
      const job = this.jobs[this.head]!
      this.jobs[this.head++] = undefined
      if (this.head > 1024 && this.head * 2 > this.jobs.length) {
        this.jobs = this.jobs.slice(this.head)
        this.head = 0
      }
      if (job.state !== 'queued') continue
      this.size--
      return job
    }
    return undefined
  }

  /** One that waited was given up. Its turn may not come for long. */
  forget(): void {
    this.size--
    if (this.jobs.length - this.head <= 2 * this.size + FEW) return
    this.jobs = this.jobs.slice(this.head).filter((job) => job!.state === 'queued')
    this.head = 0
  }
}
