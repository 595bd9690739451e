// Jobs in the order they came. One that is given up is skipped, not searched for.

import type { Job } from './job.js'

export class Queue {
  private jobs: Job[] = []
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
      const job = this.jobs[this.head++]!
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

  /** One that waited was given up. */
  forget(): void {
    this.size--
  }
}
