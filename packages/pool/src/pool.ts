// The state of a pool's process: its threads, bound to the life of the process. However that ends, by a kill too, the
// threads end with it.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type From, type Pid, Process, type ProcessExitMessage, type Reason } from 'starfish'
import { type DefinitionRef, loaderFor } from 'starfish/internal'
import { Crew } from './crew.js'
import { Job } from './job.js'
import type { FullOptions } from './options.js'
import type { Order } from './wire.js'

/** Where the tasks of a pool are: in its definition, or in a file. */
export type Source = { readonly definition: DefinitionRef } | { readonly url: string }

const EXITS = 'starfish:process:exit'

export class Pool {
  readonly crew: Crew

  constructor(source: Source, name: string, readonly options: FullOptions, self: Pid) {
    const { execArgv, typescript } = loaderFor('url' in source ? source.url : source.definition.url)
    this.crew = new Crew({
      ...options,
      name,
      module: { ...source, typescript },
      execArgv,
      giveUp: (reason: Reason) => void Process.send(self, ['max_deaths', reason]),
    })
    const onExit = (message: unknown): void => {
      if ((message as ProcessExitMessage).pid !== self) return
      unsubscribe(EXITS, onExit)
      this.crew.end()
    }
    subscribe(EXITS, onExit)
  }

  /** Takes an order for one of its own tasks. */
  run(from: From, { task, argument, timeout = this.options.timeout, transfer = [], id }: Order): void {
    this.crew.accept(new Job(from, { kind: 'own', task }, argument, timeout, transfer, id))
  }

  /** Takes an order of a TaskSupervisor. */
  runTask(from: From, definition: DefinitionRef, argument: unknown): void {
    this.crew.accept(new Job(from, { kind: 'task', definition, task: definition.name, self: from.pid }, argument, this.options.timeout, [], undefined))
  }
}
