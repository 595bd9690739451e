// What a list of rows can do, whether it is kept by hash or in order: find a key, take a new row in, let go of one that is gone.

import type { Key } from './key.js'

/** A row's place in its list: what stands before and after it can be found from it, also when the row is no more. */
export interface Place {
  readonly order: number
  readonly key: Int32Array
}

export interface RowList {
  /** After `find`: the link that leads to `row`, and the first row that is not before the key; 0 is the end. */
  readonly link: number
  readonly row: number

  /** Sets the key that the next steps are about. Throws ERR_BAD_ARGUMENT. */
  at(key: Key): void
  /** The row of the key, which may be gone, or 0. Changes nothing. While pinned only, as all below. */
  seek(root: number): number
  /** Finds the place to write at; whether the key has a row there. */
  find(root: number): boolean

  /** How many words a row of the key takes. */
  size(): number
  /** Writes the key into a row that is being built. */
  fill(row: number): void
  /** A row is about to be put in, with `link` and `row` as they are. */
  enters(row: number): void
  /** It has been put in. */
  entered(root: number, row: number): void
  /** It will not be put in. */
  dropped(): void
  /** It has been counted, and there are so many as this thread has put in. */
  counted(root: number, count: number): void
  /** The row of the key is gone: out of the list with it. */
  leaves(root: number, row: number): void

  /** The first row after a place, or the first of all; 0 at the end. May be gone. */
  next(root: number, place: Place | undefined): number
  /** The row after another, found since the thread has begun to read; 0 at the end. May be gone. */
  following(row: number): number
  placeOf(row: number): Place
  /** The place of the key: a row of it may be there or not. */
  place(): Place
  keyOf(row: number): Key
}
