// Gives and takes names, and holds the name of a supervised process that died until its supervisor has started it
// again or given it up: a call by name waits for that. Main thread only.

import type { ProcessId } from '../term/pid.js'
import { HELD_NAME, type NameDirectory } from './names.js'

export class NameKeeper {
  private readonly held = new Map<string, ProcessId>()
  private readonly waiting = new Map<string, (() => void)[]>()

  constructor(private readonly directory: NameDirectory) {}

  /** The owner of a name; undefined when it is free or held. */
  owner(name: string): ProcessId | undefined {
    const found = this.directory.lookup(name)
    return found === HELD_NAME ? undefined : found
  }

  give(name: string, to: ProcessId): void {
    this.held.delete(name)
    this.directory.register(name, to)
  }

  /** The process of that name serves: whoever waited for it may call. */
  settled(name: string): void {
    const waiting = this.waiting.get(name)
    this.waiting.delete(name)
    waiting?.forEach((resume) => resume())
  }

  hold(name: string, supervisor: ProcessId): void {
    this.held.set(name, supervisor)
    this.directory.hold(name)
  }

  take(name: string): void {
    this.held.delete(name)
    this.directory.remove(name)
    this.settled(name)
  }

  /** Gives up what is held for the children of `supervisor`. */
  release(supervisor: ProcessId): void {
    for (const [name, owner] of this.held) if (owner === supervisor) this.take(name)
  }

  /** `supervisor` ended, and `parent` may start it again with all its children. */
  inherit(supervisor: ProcessId, parent: ProcessId): void {
    for (const [name, owner] of this.held) if (owner === supervisor) this.held.set(name, parent)
  }

  /** Settles when the name is served again or given up. */
  whenSettled(name: string): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.waiting.get(name)
      if (waiting) waiting.push(resolve)
      else this.waiting.set(name, [resolve])
    })
  }
}
