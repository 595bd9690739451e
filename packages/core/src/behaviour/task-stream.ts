// A task for each item of a source, and their outcomes as a stream: at most so many at once, the source read no faster
// than the outcomes are, and none left when it is over.

import { availableParallelism } from 'node:os'
import { CallError, misuse } from '../term/errors.js'
import { parsePid } from '../term/pid.js'
import { clock } from '../process/clock.js'
import { here } from '../process/here.js'
import type { Letter } from '../process/mailbox.js'
import { unlink } from '../process/process.js'
import { checkTimeout } from '../process/start-options.js'
import { DEFAULT_TIMEOUT, isDown, nextOf, type Outcome, outcomeOf, shutdown, type Task } from './task-wait.js'

export interface Limits {
  /** How many tasks run at once; the number of cores by default. */
  readonly maxConcurrency?: number
  /** Whether outcomes come in the order of the items; true by default. Else as they are ready. */
  readonly ordered?: boolean
  /** Ms that each task may take; 5000 by default. */
  readonly timeout?: number
  /** What becomes of a task that takes longer: `'exit'` ends the stream with a CallError (the default), `'kill_task'` gives `['exit', 'timeout']`. */
  readonly onTimeout?: 'exit' | 'kill_task'
}

export const LIMITS = ['maxConcurrency', 'ordered', 'timeout', 'onTimeout']

type Source<A> = Iterable<A> | AsyncIterable<A>

/** The stream over any way to launch a task. What is wrong with it is said at once, not when it is first read. */
export function stream<A, R>(items: Source<A>, launch: (item: A) => Promise<Task<R>>, limits: Limits): AsyncGenerator<Outcome<R>, void, void> {
  const { maxConcurrency = availableParallelism(), ordered = true, timeout = DEFAULT_TIMEOUT, onTimeout = 'exit' } = limits
  if (!isSource<A>(items)) misuse('ERR_BAD_ARGUMENT', 'items to iterate over', items, 'a list, a generator, a stream')
  if (!Number.isInteger(maxConcurrency) || maxConcurrency < 1) misuse('ERR_BAD_ARGUMENT', 'maxConcurrency to be a whole number from 1', maxConcurrency, 'maxConcurrency: 4')
  if (typeof ordered !== 'boolean') misuse('ERR_BAD_ARGUMENT', 'ordered to be true or false', ordered, 'ordered: false')
  checkTimeout(timeout)
  if (onTimeout !== 'exit' && onTimeout !== 'kill_task') misuse('ERR_BAD_ARGUMENT', 'what to do onTimeout', onTimeout, "onTimeout: 'exit' or 'kill_task'")
  return flow(items, launch, { maxConcurrency, ordered, timeout, onTimeout })
}

function isSource<A>(items: unknown): items is Source<A> {
  const { [Symbol.asyncIterator]: later, [Symbol.iterator]: now } = (items ?? {}) as Partial<AsyncIterable<A> & Iterable<A>>
  return typeof later === 'function' || typeof now === 'function'
}

const iteratorOf = <A>(items: Source<A>): Iterator<A> | AsyncIterator<A> =>
  (items as Partial<AsyncIterable<A>>)[Symbol.asyncIterator]?.() ?? (items as Iterable<A>)[Symbol.iterator]()

async function* flow<A, R>(items: Source<A>, launch: (item: A) => Promise<Task<R>>, { maxConcurrency, ordered, timeout, onTimeout }: Required<Limits>): AsyncGenerator<Outcome<R>, void, void> {
  const source = iteratorOf(items)
  // In the order of the items; one with an outcome waits here for its turn.
  const runs: Run<R>[] = []
  // Those that take up a place: all but the ones that wait here while the reader waits for another.
  const open = new Set<Run<R>>()
  // A task that has answered takes up its place until its process is gone: there are never more than there may be.
  const alive = new Set<Promise<unknown>>()
  let more = true
  try {
    for (;;) {
      while (more && open.size < maxConcurrency) {
        if (alive.size >= maxConcurrency) await Promise.race(alive)
        more = false // a source that fails is not told to return
        const next = await source.next()
        if (next.done) break
        more = true
        const run = follow(await launch(next.value), timeout, onTimeout)
        runs.push(run)
        open.add(run)
        alive.add(run.gone)
        void run.gone.then(() => alive.delete(run.gone))
      }
      if (runs.length === 0) return
      if (!ordered || !runs[0]!.done) await firstDone(open)
      const next = ordered ? runs[0]! : [...open].find(({ done }) => done)!
      if (!next.done) {
        // Its turn has not come yet, but the next item's has.
        for (const run of open) if (run.done) open.delete(run)
        continue
      }
      open.delete(next)
      runs.splice(runs.indexOf(next), 1)
      yield await next.outcome
    }
  } finally {
    const left = runs.filter(({ done }) => !done)
    left.forEach(({ gone }) => alive.delete(gone)) // that it is abandoned means as much
    await Promise.all([...alive, ...left.map(({ task }) => abandon(task))])
    if (more) await source.return?.()
  }
}

/** A task of a stream. */
interface Run<R> {
  readonly task: Task<R>
  readonly outcome: Promise<Outcome<R>>
  done: boolean
  /** Settles when the process of the task is no more; never rejects. */
  readonly gone: Promise<unknown>
}

function follow<R>(task: Task<R>, timeout: number, onTimeout: 'exit' | 'kill_task'): Run<R> {
  const refs = new Set([task.ref])
  const first = nextOf(refs, timeout === Infinity ? Infinity : clock.now() + timeout)
  const outcome = first.then((letter) => {
    release(task)
    return letter ? outcomeOf<R>(letter) : tooLate(task, timeout, onTimeout)
  })
  outcome.then(() => (run.done = true), () => (run.done = true)) // a failure is looked at in its turn
  const end = async (letter: Letter | undefined): Promise<unknown> => (letter === undefined ? outcome : isDown(letter) || nextOf(refs, Infinity))
  const run: Run<R> = { task, outcome, done: false, gone: first.then(end).catch(() => undefined) }
  return run
}

async function firstDone(runs: Iterable<Run<unknown>>): Promise<void> {
  await Promise.race(Array.from(runs, ({ outcome }) => outcome.catch(() => undefined)))
}

async function tooLate<R>(task: Task<R>, timeout: number, onTimeout: 'exit' | 'kill_task'): Promise<Outcome<R>> {
  const late = await abandon(task)
  if (late?.[0] === 'ok') return late
  if (onTimeout === 'kill_task') return ['exit', 'timeout']
  throw new CallError('timeout', ['Task', 'asyncStream', [timeout]], `timeout: a task took longer than ${timeout} ms`)
}

function abandon<R>(task: Task<R>): Promise<Outcome<R> | undefined> {
  release(task)
  return shutdown(task, 'brutal_kill')
}

// The outcome says how a task of a stream ended: the owner that traps exits gets no message besides.
function release({ pid }: Task<unknown>): void {
  if (pid === undefined) return
  unlink(pid)
  here.self.discard((letter) => letter.tag === 'EXIT' && letter.from === parsePid(pid))
}

