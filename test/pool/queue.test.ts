// The queue of a pool: first come, first served, without those that were given up.
import { expect, test } from '@jest/globals'
import { Job } from '#pool/job'
import { Queue } from '#pool/queue'

const jobs = (count: number): Job[] => Array.from({ length: count }, (_, i) => new Job({ pid: '#PID<0.0.0>', tag: i } as never, { kind: 'own', task: String(i) }, undefined, Infinity, [], i))

test('jobs come out as they went in, also when many have passed, and new ones come meanwhile', () => {
  const queue = new Queue()
  const all = jobs(5000)
  const out: Job[] = []
  for (const [i, job] of all.entries()) {
    queue.push(job)
    if (i % 3 !== 0) out.push(queue.shift()!)
  }
  expect(queue.size).toBe(5000 - out.length)
  for (let job = queue.shift(); job; job = queue.shift()) out.push(job)
  expect(out).toEqual(all)
  expect(queue.size).toBe(0)
})

test('one that is given up does not come out, and is not counted', () => {
  const queue = new Queue()
  const [a, b, c] = jobs(3) as [Job, Job, Job]
  for (const job of [a, b, c]) queue.push(job)
  b.drop()
  queue.forget()
  expect([queue.size, queue.shift(), queue.shift(), queue.shift(), queue.size]).toEqual([2, a, c, undefined, 0])
})

test('what was taken or given up is not kept, however long the others wait', () => {
  const queue = new Queue()
  const kept = (): number => (queue as unknown as { jobs: (Job | undefined)[] }).jobs.filter(Boolean).length
  for (const job of jobs(1000)) queue.push(job)
  for (let i = 0; i < 990; i++) queue.shift()
  expect(kept()).toBe(10)
  for (const job of jobs(1000)) {
    queue.push(job)
    job.drop()
    queue.forget()
  }
  expect(queue.size).toBe(10)
  expect(kept()).toBeLessThan(50)
})
