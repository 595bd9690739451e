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

  constructor(private readonly directory: Names) {}

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
  }

  /** Settles when its owner has the name no more: it may be given, held or not, or somebody else has it. */
  whenFree(name: string): Promise<void> {
    return this.untilFree.begin(name)
  }

  /** Settles when the name is served again or given up. */
  whenSettled(name: string): Promise<void> {
    return this.untilSettled.begin(name)
  }
}

class Waiting {
  private readonly waiting = new Map<string, (() => void)[]>()

  begin(name: string): Promise<void> {
    return new Promise((resolve) => {
      const others = this.waiting.get(name)
      if (others) others.push(resolve)
      else this.waiting.set(name, [resolve])
    })
  }

  end(name: string): void {
    const waiting = this.waiting.get(name)
    this.waiting.delete(name)
    waiting?.forEach((resume) => resume())
  }
}
