// Who waits in a process for a letter of its own kind: `Process.receive`, and what is built on it. Each gets one letter, or none in
// time.

import { clock, type TimerHandle } from './clock.js'
import { here } from './here.js'
import type { Letter } from './mailbox.js'

interface Waiter {
  readonly matches: (letter: Letter) => boolean
  readonly resolve: (letter: Letter | undefined) => void
  readonly reject: (error: unknown) => void
  readonly timer: TimerHandle | undefined
}

export class Waiters {
  private waiting: Waiter[] = []

  get isEmpty(): boolean {
    return this.waiting.length === 0
  }

  /** Waits for a letter that is not there yet; undefined when none comes within `ms`. */
  wait(matches: (letter: Letter) => boolean, ms: number): Promise<Letter | undefined> {
    return new Promise((resolve, reject) => {
      const timedOut = (): void => {
        here.drainAll() // what has arrived while the thread was busy was in time
        this.remove(waiter)
        resolve(undefined)
      }
      const inTime = (): void => {
        here.turn.release()
        timedOut()
      }
      const waiter: Waiter = { matches, resolve, reject, timer: ms === 0 || ms === Infinity ? undefined : clock.setTimeout(inTime, ms) }
      this.waiting.push(waiter)
      if (ms === 0) here.turn.soon(timedOut) // only behind what processes of this thread have just sent
    })
  }

  /** Gives the letter to the first who waits for one like it. False: nobody does. */
  give(letter: Letter): boolean {
    const waiter = this.waiting.find((one) => this.wants(one, letter))
    if (waiter === undefined) return false
    this.remove(waiter)
    waiter.resolve(letter)
    return true
  }

  /** Nobody gets anything any more. */
  clear(): void {
    for (const waiter of this.waiting) this.remove(waiter)
  }

  // A question that fails is the failure of who asked it, not of the thread that brings the letter.
  private wants(waiter: Waiter, letter: Letter): boolean {
    try {
      return waiter.matches(letter)
    } catch (error) {
      this.remove(waiter)
      waiter.reject(error)
      return false
    }
  }

  private remove(waiter: Waiter): void {
    clock.clearTimeout(waiter.timer)
    this.waiting = this.waiting.filter((one) => one !== waiter)
  }
}
