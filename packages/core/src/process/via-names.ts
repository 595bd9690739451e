// The names that registries and partition supervisors have given, as text: which process had each last, or that it is
// held for the next one. Main thread only.

import type { ProcessId } from '../term/pid.js'
import { HELD_NAME, type Names } from './names.js'

export class ViaNames implements Names {
  private readonly owners = new Map<string, ProcessId>()

  lookup(name: string): ProcessId | undefined {
    return this.owners.get(name)
  }

  register(name: string, owner: ProcessId): void {
    this.owners.set(name, owner)
  }

  hold(name: string): void {
    this.owners.set(name, HELD_NAME)
  }

  remove(name: string): void {
    this.owners.delete(name)
  }
}
