// Who waits for what: a job is of no use to a process that has ended, or that has given it up.

import { type Pid, Process, type Ref } from 'starfish'
import type { Job } from './job.js'

export class Callers {
  private readonly jobs = new Map<Pid, Set<Job>>()
  private readonly monitors = new Map<Ref, Pid>()

  add(job: Job): void {
    const { pid } = job.from
    let jobs = this.jobs.get(pid)
    if (!jobs) {
      this.jobs.set(pid, (jobs = new Set()))
      this.monitors.set(Process.monitor(pid), pid)
    }
    jobs.add(job)
  }

  delete(job: Job): void {
    this.jobs.get(job.from.pid)?.delete(job)
  }

  /** The job that this process calls by this id. */
  find(pid: Pid, id: number): Job | undefined {
    for (const job of this.jobs.get(pid) ?? []) if (job.id === id) return job
    return undefined
  }

  /** The jobs of the process that this `DOWN` is about. */
  down(ref: Ref): readonly Job[] {
    const pid = this.monitors.get(ref)
    if (pid === undefined) return []
    const jobs = [...(this.jobs.get(pid) ?? [])]
    this.monitors.delete(ref)
    this.jobs.delete(pid)
    return jobs
  }
}
