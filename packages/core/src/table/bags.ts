// What can be done to tables of type `bag`. The objects of a key are one row's value, and a change writes all of them anew:
// so they are read, added to and taken at one moment, in the order in which they came.

import { type Arena } from './arena.js'
import { Objects, Value } from './layout.js'
import type { Rows } from './rows.js'
import { isGone } from './search.js'
import { draftOf, isSmallWord, lengthOf, type Prepared } from './value.js'

export class Bags {
  constructor(private readonly rows: Rows) {}

  /** The objects of the key, the oldest first. */
  read(root: number): unknown[] {
    const word = this.wordOf(this.rows.seek(root))
    return isGone(word) ? [] : this.objectsOf(word)
  }

  /** Adds an object that the key does not have; for `onlyNew`, only to a key that has none. Returns whether it did. */
  write(root: number, value: Prepared, onlyNew: boolean, maxSize: number): boolean {
    const { rows } = this
    for (;;) {
      const row = rows.seek(root)
      const old = this.wordOf(row)
      const isNew = isGone(old)
      if (onlyNew && !isNew) return false
      const next = this.make(root, isNew ? undefined : old, value)
      let isThere = false
      let isDone = false
      try {
        isThere = !isNew && this.find(old, this.count(old), next + Objects.first + this.end(old) - old - Objects.first) !== 0
        if (!isNew && !isThere) rows.checkSize(root, maxSize)
        isDone = !isThere && (isNew ? rows.put(root, next, maxSize) : rows.replaceObjects(root, row, old, next, 1))
      } finally {
        if (!isDone) rows.unmake(next)
      }
      if (isDone || isThere) return isDone
    }
  }

  /** Removes the key; returns the objects it had. */
  take(root: number): unknown[] {
    for (;;) {
      const row = this.rows.seek(root)
      const word = this.wordOf(row)
      if (isGone(word)) return []
      const objects = this.objectsOf(word)
      if (this.rows.remove(root, row, word, objects.length)) return objects
    }
  }

  delete(root: number): boolean {
    for (;;) {
      const row = this.rows.seek(root)
      const word = this.wordOf(row)
      if (isGone(word)) return false
      if (this.rows.remove(root, row, word, this.count(word))) return true
    }
  }

  /** Removes one object of the key. */
  deleteObject(root: number, value: Prepared): boolean {
    const { rows } = this
    const wanted = this.make(root, undefined, value)
    try {
      for (;;) {
        const row = rows.seek(root)
        const word = this.wordOf(row)
        if (isGone(word)) return false
        const at = this.find(word, this.count(word), wanted + Objects.first)
        if (at === 0) return false
        if (this.count(word) === 1) {
          if (rows.remove(root, row, word)) return true
          continue
        }
        const next = this.without(root, word, at)
        if (rows.replaceObjects(root, row, word, next, -1)) return true
        rows.unmake(next)
      }
    } finally {
      rows.unmake(wanted)
    }
  }

  /** What a word of a row stands for. */
  objectsOf(word: number): unknown[] {
    const objects: unknown[] = []
    let at = word + Objects.first
    for (let left = this.count(word); left > 0; left--) {
      objects.push(this.rows.values.read(at))
      at += this.length(at)
    }
    return objects
  }

  // A cell with the objects of `old` and one more.
  private make(root: number, old: number | undefined, value: Prepared): number {
    const draft = typeof value === 'number' ? draftOf(value) : value
    const before = old === undefined ? 0 : this.end(old) - old - Objects.first
    const cell = this.rows.makeCell(root, Objects.first + before + lengthOf(draft))
    const { words } = this.rows.arena
    words[cell + Objects.count] = (old === undefined ? 0 : words[old + Objects.count]!) + 1
    words[cell + Objects.wasSeen] = 0
    if (old !== undefined) words.copyWithin(cell + Objects.first, old + Objects.first, old + Objects.first + before)
    this.rows.values.write(cell + Objects.first + before, draft)
    return cell
  }

  private without(root: number, old: number, at: number): number {
    const first = old + Objects.first
    const after = at + this.length(at)
    const end = this.end(old)
    const cell = this.rows.makeCell(root, Objects.first + end - first - (after - at))
    const { words } = this.rows.arena
    words[cell + Objects.count] = words[old + Objects.count]! - 1
    words[cell + Objects.wasSeen] = 0
    words.copyWithin(cell + Objects.first, first, at)
    words.copyWithin(cell + Objects.first + at - first, after, end)
    return cell
  }

  // Where the first of `count` objects stands that is the same as another, or 0.
  private find(word: number, count: number, other: number): number {
    let at = word + Objects.first
    for (let i = 0; i < count; i++) {
      if (sameAt(this.rows.arena, at, other)) return at
      at += this.length(at)
    }
    return 0
  }

  private end(word: number): number {
    let at = word + Objects.first
    for (let left = this.count(word); left > 0; left--) at += this.length(at)
    return at
  }

  private count(word: number): number {
    return this.words(word)[word + Objects.count]!
  }

  // How many words an object takes.
  private length(at: number): number {
    return lengthOf({ bytes: this.words(at)[at]! >>> 3 })
  }

  private wordOf(row: number): number {
    return row === 0 ? 0 : this.rows.word(row)
  }

  private words(at: number): Int32Array {
    const { arena } = this.rows
    return at < arena.words.length ? arena.words : arena.look()
  }
}

/** Whether two words of rows stand for the same value: the same bytes. */
export const sameWords = (arena: Arena, a: number, b: number): boolean => (isSmallWord(a) || isSmallWord(b) ? a === b : sameAt(arena, a + Value.head, b + Value.head))

function sameAt(arena: Arena, a: number, b: number): boolean {
  const words = Math.max(a, b) < arena.words.length ? arena.words : arena.look()
  const length = lengthOf({ bytes: words[a]! >>> 3 })
  for (let i = 0; i < length; i++) if (words[a + i] !== words[b + i]) return false
  return true
}
