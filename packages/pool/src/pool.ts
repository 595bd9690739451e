// The state of a pool's process: its threads, bound to the life of the process. However that ends, by a kill too, the
// threads end with it.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type Pid, Process, type ProcessExitMessage, type Reason } from 'starfish'
import { loaderFor } from 'starfish/internal'
import { Crew } from './crew.js'
import type { FullOptions } from './options.js'
import type { Place } from './wire.js'

/** What the threads of a pool load. */
export interface Source {
  readonly kind: 'pool' | 'file'
  readonly url: string
  readonly exportName: string
  /** What reports call the pool. */
  readonly name: string
}

const EXITS = 'starfish:process:exit'

export class Pool {
  readonly crew: Crew

  constructor(private readonly source: Source, readonly options: FullOptions, self: Pid) {
    const { url, name } = source
    this.crew = new Crew({
      ...options,
      name,
      module: { url, ...loaderFor(url) },
      giveUp: (reason: Reason) => void Process.send(self, ['max_deaths', reason]),
    })
    const onExit = (message: unknown): void => {
      if ((message as ProcessExitMessage).pid !== self) return
      unsubscribe(EXITS, onExit)
      this.crew.end()
    }
    subscribe(EXITS, onExit)
  }

  /** Where the threads find one of its tasks. */
  placeOf(task: string): Place {
    const { kind, url, exportName } = this.source
    return { kind, url, exportName, task }
  }
}
