// The aliases of one process: refs that messages can be sent to for as long as they are active (erlang:alias/1). Only
// the process itself knows which are.

import type { Ref } from '../term/ref.js'

/** When an alias ends, besides by `Process.unalias`. */
export type AliasUntil = 'explicit_unalias' | 'reply' | 'demonitor' | 'reply_demonitor'

export class Aliases {
  private readonly active = new Map<string, AliasUntil>()

  add(alias: Ref, until: AliasUntil): void {
    this.active.set(alias, until)
  }

  /** True when it was active. */
  remove(alias: Ref): boolean {
    return this.active.delete(alias)
  }

  /** A message has come by an alias: when the alias ends, or ended; undefined when it is not active. */
  used(alias: Ref): AliasUntil | undefined {
    const until = this.active.get(alias)
    if (until === 'reply' || until === 'reply_demonitor') this.active.delete(alias)
    return until
  }

  /** The monitor of that ref is over. */
  demonitored(ref: string): void {
    const until = this.active.get(ref)
    if (until === 'demonitor' || until === 'reply_demonitor') this.active.delete(ref)
  }
}
