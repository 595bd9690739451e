// The operations on rows, as the writer does them one after another, on what the next commit will write; and the size.

import { UsageError, type Key } from 'starfish'
import { bytesOf, textOf } from './bytes.js'
import type { Driver } from './driver.js'
import { packKey } from './key.js'
import { show } from './show.js'
import { packValue, unpackValue } from './value.js'

/** A change as it is sent to the writer. Keys and values are packed by who sends them, and travel as text. */
export type Change =
  | readonly ['insert', key: string, value: string]
  | readonly ['insertNew', key: string, value: string]
  | readonly ['take', key: string]
  | readonly ['delete', key: string]
  | readonly ['add', key: Key, by: number, initial: number | undefined]
  | readonly ['update', key: string, element: string | number, value: string]
  | readonly ['clear']
  | readonly ['sync']

export class Batch {
  /** Rows, when what is pending is committed. */
  private size: number
  private committed: number

  constructor(private readonly driver: Driver) {
    this.size = this.committed = driver.size()
  }

  /** Makes a change and gives its result. Throws for what cannot be: then nothing has changed. */
  apply(change: Change): unknown {
    const { driver } = this
    switch (change[0]) {
      case 'insert':
      case 'insertNew': {
        const key = bytesOf(change[1])
        const isNew = driver.peek(key) === undefined
        if (change[0] === 'insertNew' && !isNew) return false
        if (isNew) this.size++
        driver.put(key, bytesOf(change[2]))
        return isNew
      }
      case 'take':
      case 'delete': {
        const key = bytesOf(change[1])
        const value = driver.peek(key)
        if (value !== undefined) {
          this.size--
          driver.delete(key)
        }
        return change[0] === 'take' ? value && textOf(value) : value !== undefined
      }
      case 'add':
        return this.add(change[1], change[2], change[3])
      case 'update':
        return this.update(bytesOf(change[1]), change[2], bytesOf(change[3]))
      case 'clear':
        this.size = 0
        return driver.clear()
      case 'sync':
        return undefined
    }
  }

  private add(key: Key, by: number, initial: number | undefined): number {
    const row = packKey(key)
    const packed = this.driver.peek(row)
    const before = packed === undefined ? initial : unpackValue(packed)
    if (before === undefined) throw new UsageError('ERR_BAD_ARGUMENT', `expected a key that has a row, got ${show(key)}; write what to begin at as well: updateCounter(table, key, 1, 0)`)
    const sum = Number.isSafeInteger(before) ? (before as number) + by : NaN
    if (!Number.isSafeInteger(sum)) throw new UsageError('ERR_BAD_ARGUMENT', `expected an integer, and a sum that is one, under ${show(key)}, got ${show(before)}; write insert(table, key, 0) before`)
    if (packed === undefined) this.size++
    this.driver.put(row, packValue(sum))
    return sum
  }

  private update(key: Uint8Array, element: string | number, value: Uint8Array): boolean {
    const packed = this.driver.peek(key)
    if (packed === undefined) return false
    this.driver.put(key, packValue(withElement(unpackValue(packed), element, unpackValue(value))))
    return true
  }

  async commit(sync: boolean): Promise<void> {
    try {
      await this.driver.commit(this.size, sync)
      this.committed = this.size
    } catch (error) {
      this.rollback()
      throw error
    }
  }

  rollback(): void {
    this.driver.rollback()
    try {
      // What failed may have come after the commit: the wait for the disk.
      this.committed = this.driver.size()
    } catch {
      // A disk that is not read either: it is as it was.
    }
    this.size = this.committed
  }
}

// As text, an index is written in one way: '' and '01' are none.
const INDEX = /^(0|[1-9]\d*)$/

function withElement(row: unknown, element: string | number, value: unknown): unknown {
  const refuse = (expected: string, got: unknown, instead: string): never => {
    throw new UsageError('ERR_BAD_ARGUMENT', `expected ${expected}, got ${show(got)}; write ${instead}`)
  }
  if (Array.isArray(row)) return INDEX.test(String(element)) && element in row ? row.with(Number(element), value) : refuse(`an index of an array of ${row.length}`, element, 'one of an item that is there')
  const prototype = typeof row === 'object' && row !== null ? (Object.getPrototypeOf(row) as unknown) : undefined
  if (prototype === undefined || (prototype !== null && Object.getPrototypeOf(prototype) !== null)) refuse('a row with a plain object or an array', row, 'insert(table, key, value), to put another value in its place')
  return { ...(row as object), [element]: value }
}
