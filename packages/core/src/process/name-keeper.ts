// Gives and takes names, and holds the name of a supervised process that died until its supervisor has started it
// again or given it up: a call by name waits for that. Main thread only.

import type { ProcessId } from '../term/pid.js'
import { HELD_NAME, type Names } from './names.js'

/** Who may bring a name back, and after whose death: until it has heard of that, it has not decided. */
export interface Keeper {
  readonly supervisor: ProcessId
  readonly death: ProcessId
}

export class NameKeeper {
  private readonly held = new Map<string, Keeper>()
  private readonly untilFree = new Waiting()
  private readonly untilSettled = new Waiting()

  /** `waitsFor`: whether a supervisor waits for a process itself. */
  constructor(private readonly directory: Names, private readonly waitsFor: (supervisor: ProcessId, asker: ProcessId) => boolean) {}

  /** The owner of a name; undefined when it is free or held. */
  owner(name: string): ProcessId | undefined {
    const found = this.directory.lookup(name)
    return found === HELD_NAME ? undefined : found
  }

  isHeld(name: string): boolean {
    return this.held.has(name)
  }

  give(name: string, to: ProcessId): void {
    this.held.delete(name)
    this.directory.register(name, to)
    this.untilFree.end(name)
  }

  /** The process of that name serves: whoever waited for it may call. */
  settled(name: string): void {
    this.untilSettled.end(name)
  }

  hold(name: string, keeper: Keeper): void {
    this.held.set(name, keeper)
    this.directory.hold(name)
    this.untilFree.end(name)
    this.reconsider()
  }

  take(name: string): void {
    this.held.delete(name)
    this.directory.remove(name)
    this.untilFree.end(name)
    this.settled(name)
  }

  /** Gives up the names that it is said to be over with. */
  release(isOver: (keeper: Keeper) => boolean): void {
    for (const [name, keeper] of this.held) if (isOver(keeper)) this.take(name)
  }

  /** `supervisor` ended: what it held is decided by `heir`, or by nobody. */
  pass(supervisor: ProcessId, heir: Keeper | undefined): void {
    for (const [name, keeper] of this.held) {
      if (keeper.supervisor !== supervisor) continue
      if (heir) this.held.set(name, heir)
      else this.take(name)
    }
    this.reconsider()
  }

  /** Settles when its owner has the name no more: it may be given, held or not, or somebody else has it. */
  async whenFree(name: string): Promise<void> {
    await this.untilFree.begin(name, 0)
  }

  /**
   * Settles when the name is served again or given up: with true. With false when `asker` would wait in vain, since whoever is to
   * decide about the name waits for `asker`.
   */
  whenSettled(name: string, asker: ProcessId): Promise<boolean> {
    const settled = this.untilSettled.begin(name, asker)
    this.reconsider()
    return settled
  }

  /** Looks again at who waits, since somebody else waits now or decides now. */
  reconsider(): void {
    this.untilSettled.giveUp((name, asker) => {
      const keeper = this.held.get(name)
      return keeper !== undefined && this.waitsFor(keeper.supervisor, asker)
    })
  }
}

interface Waiter {
  readonly asker: ProcessId
  readonly resume: (goOn: boolean) => void
}

class Waiting {
  private readonly waiting = new Map<string, Waiter[]>()

  begin(name: string, asker: ProcessId): Promise<boolean> {
    return new Promise((resume) => {
      const others = this.waiting.get(name)
      if (others) others.push({ asker, resume })
      else this.waiting.set(name, [{ asker, resume }])
    })
  }

  end(name: string): void {
    const waiting = this.waiting.get(name)
    this.waiting.delete(name)
    waiting?.forEach(({ resume }) => resume(true))
  }

  giveUp(isVain: (name: string, asker: ProcessId) => boolean): void {
    for (const [name, waiters] of this.waiting) {
      const vain = waiters.filter(({ asker }) => isVain(name, asker))
      if (vain.length === 0) continue
      const others = waiters.filter((waiter) => !vain.includes(waiter))
      if (others.length > 0) this.waiting.set(name, others)
      else this.waiting.delete(name)
      vain.forEach(({ resume }) => resume(false))
    }
  }
}
