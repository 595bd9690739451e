// The state of one server, kept in a store that outlives it: read before init, written when its definition says so, put
// aside when it was the end of its server several times in a row.

import { serialize } from 'node:v8'
import { clock, type TimerHandle, wallTime } from '../process/clock.js'
import { here } from '../process/here.js'
import type { LocalProcess } from '../process/local-process.js'
import { type Account, afterDeath, deathsAt, GIVE_UP, type GiveUp, isGivenUp } from '../rule/recovery.js'
import type { Key } from '../table/key.js'
import { misuse } from '../term/errors.js'
import { formatTerm } from '../term/format.js'
import { isClean, type Reason } from '../term/reason.js'
import { isSimple } from '../wire/cloneable.js'
import { isPromise } from './attempt.js'
import type { Persist } from './persist.js'
import { isBag, reading } from './table-access.js'
import { lookup } from './table-rows.js'

/** Nothing has been written. */
const NOTHING = Symbol('nothing')

export class Persistence {
  private key: Key = ''
  private giveUp: GiveUp | undefined
  /** What the row holds, to be compared with: a simple value, or the bytes of one that is not. */
  private written: unknown = NOTHING
  /** The early ends that count; undefined when nothing was recovered. */
  private deaths: readonly number[] | undefined
  private hasAccount = false
  private born = 0
  private timer: TimerHandle | undefined
  private isExcused = false

  /** `due` is called when it is time to `save`. */
  constructor(private plan: Persist, private readonly process: LocalProcess, private readonly due: () => void) {
    this.giveUp = giveUpOf(plan)
  }

  /** Other code goes on with the state, which is kept in the same place. */
  become(plan: Persist): void {
    if (plan.store.insert !== this.plan.store.insert) this.written = NOTHING // another store, in which it may not be
    this.plan = plan
    this.giveUp = giveUpOf(plan)
  }

  /** What was kept, for init; undefined when there is nothing, or when it was put aside. Rejects with what the store says. */
  async recover(argument: unknown): Promise<unknown> {
    const { store, table, key = this.process.name } = this.plan
    this.key = typeof key === 'function' ? key(argument) : key
    if (store.lookup === lookup) refuseBag(table)
    const kept = await store.lookup(table, this.key)
    if (this.giveUp !== undefined) {
      const account = (await store.lookup(table, this.accountKey)) as Account | undefined
      this.hasAccount = account !== undefined
      if (kept !== undefined) {
        const deaths = deathsAt(wallTime(), account)
        if (isGivenUp(deaths, this.giveUp)) return this.putAside(kept, deaths.length)
        this.deaths = deaths
      }
      // What was counted of a state that is no more does not count against the next.
      await this.note(this.deaths ?? [], kept !== undefined)
    }
    if (kept === undefined) return undefined
    this.written = markOf(kept)
    return kept
  }

  /** Init has come to its end, and left nothing to write. */
  async release(): Promise<void> {
    if (this.deaths !== undefined) await this.note(this.deaths, false)
  }

  /** Init has made the first state. */
  async begin(state: unknown): Promise<void> {
    await this.release()
    this.born = wallTime()
    await this.changed(state)
  }

  /** A message has been handled. Gives a promise when writing takes time; throws or rejects with what the store says. */
  changed(state: unknown): unknown {
    const { when = 'change' } = this.plan
    if (when === 'change') return this.save(state)
    if (when !== 'terminate') this.timer ??= clock.setTimeout(this.due, when.every)
    return undefined
  }

  /** Writes the state, unless it is there already. */
  save(state: unknown): unknown {
    this.disarm()
    const part = this.partOf(state)
    const mark = markOf(part)
    if (isSame(mark, this.written)) return undefined
    const { store, table } = this.plan
    try {
      const writing = part === undefined ? store.delete(table, this.key) : store.insert(table, this.key, part)
      if (isPromise(writing)) return writing.then(() => void (this.written = mark), (error: unknown) => this.fail(error))
    } catch (error) {
      this.fail(error)
    }
    this.written = mark
    return undefined
  }

  /** The server ends. A state in whose hands it failed is not written. */
  async end(reason: Reason, state: unknown): Promise<void> {
    if (isClean(reason)) {
      await this.save(state)
      if (this.hasAccount) await this.note([], false)
    } else if (this.deaths !== undefined && this.giveUp !== undefined && !this.isExcused) {
      await this.note(afterDeath(this.deaths, this.born, wallTime(), this.giveUp), false)
    }
  }

  /** The end that follows is not the state's fault. */
  excuse(): void {
    this.isExcused = true
  }

  disarm(): void {
    clock.clearTimeout(this.timer)
    this.timer = undefined
  }

  private fail(error: unknown): never {
    this.excuse()
    throw error
  }

  private get accountKey(): Key {
    return ['recovery', this.key]
  }

  private async note(deaths: readonly number[], starting: boolean): Promise<void> {
    const { store, table } = this.plan
    if (deaths.length === 0 && !starting) {
      if (this.hasAccount) await store.delete(table, this.accountKey)
      this.hasAccount = false
    } else {
      const account: Account = { deaths, starting }
      await store.insert(table, this.accountKey, account)
      this.hasAccount = true
    }
  }

  // In this order: a kill in between, and the next start does it again.
  private async putAside(kept: unknown, deaths: number): Promise<undefined> {
    const { store, table } = this.plan
    const time = Math.floor(wallTime())
    const place: Key = ['set aside', this.key, time]
    await store.insert(table, place, kept)
    await store.delete(table, this.key)
    await this.note([], false)
    const { pid, name } = this.process
    here.role.log({
      kind: 'text', level: 'error', time, pid,
      message: `${name} starts without the state it recovered, which was its end ${deaths} times in a row: it is put aside in ${table}, under ${formatTerm(place)}`,
    })
  }

  private partOf(state: unknown): unknown {
    const { part } = this.plan
    if (part === undefined) return state
    if (typeof part === 'function') return part(state)
    return Object.fromEntries(part.map((field) => [field, (state as Record<PropertyKey, unknown>)[field]]))
  }
}

const giveUpOf = ({ giveUp }: Persist): GiveUp | undefined => (giveUp === false ? undefined : { ...GIVE_UP, ...giveUp })

// Each write would add a value to those of before, and what comes back be a list of them all.
function refuseBag(table: string): void {
  if (reading(table, (root, tables) => isBag(tables, root))) misuse('ERR_BAD_ARGUMENT', `the table ${table}, in which a state is kept, to be of type 'set' or 'ordered_set'`, 'bag', `Table.spec('${table}'), or Table.new, without type: 'bag'`)
}

// What cannot be copied is the store's to refuse, with the words for it.
function markOf(part: unknown): unknown {
  if (isSimple(part)) return part
  try {
    return serialize(part)
  } catch {
    return NOTHING
  }
}

const isSame = (a: unknown, b: unknown): boolean => (a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.compare(a, b) === 0 : a !== NOTHING && Object.is(a, b))
