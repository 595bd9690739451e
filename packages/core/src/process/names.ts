// The name directory: which process a name means, in shared memory beside the process table. The main thread writes,
// anybody reads without a message. Readers never lock: a version number tells them to read again (a seqlock whose
// only writer cannot be killed).
//
// A name is registered, held (its process died, its supervisor is about to start it again), or absent.

import { generationOf, processId, slotOf, type ProcessId } from '../term/pid.js'

/** The longest name, in UTF-16 units. */
export const LONGEST_NAME = 115

const ENTRIES = 65_536
const BUCKETS = 131_072
const ENTRY_WORDS = 64 // 256 bytes: six words of head, then the text
const HEADER_WORDS = 2 + BUCKETS

const VERSION = 0
const BUCKET_AT = 2
const STATE = 0
const NEXT = 1
const OWNER_SLOT = 2
const OWNER_GENERATION = 3
const LENGTH = 4
const TEXT = 6

const REGISTERED = 1
const HELD = 2

export const HELD_NAME = -1

/** Where names are written down: those of a kind have one place. Only the main thread writes. */
export interface Names {
  lookup(name: string): ProcessId | undefined
  register(name: string, owner: ProcessId): void
  hold(name: string): void
  remove(name: string): void
}

interface Found {
  readonly name: string
  readonly version: number
  readonly found: ProcessId | undefined
}

export class NameDirectory implements Names {
  private readonly words: Int32Array
  private readonly text: Uint16Array
  private readonly cache = new Map<string, Found>()
  private last: Found = { name: '', version: -1, found: undefined }
  // Of the writer alone: entries given back, and the first one never used.
  private readonly unused: number[] = []
  private fresh = 0
  /** Told of each name that this thread has written. */
  changed: ((name: string) => void) | undefined

  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer((HEADER_WORDS + ENTRIES * ENTRY_WORDS) * 4)) {
    this.words = new Int32Array(memory)
    this.text = new Uint16Array(memory)
  }

  /** The process of that name, `HELD_NAME` while its supervisor restarts it, or undefined. */
  lookup(name: string): ProcessId | undefined {
    const version = Atomics.load(this.words, VERSION)
    const { last } = this
    if (last.name === name && last.version === version) return last.found
    const cached = this.cache.get(name)
    if (cached !== undefined && cached.version === version) {
      this.last = cached
      return cached.found
    }
    for (;;) {
      const before = Atomics.load(this.words, VERSION)
      if ((before & 1) === 1) continue
      const entry = this.find(name)
      const found = entry === 0 ? undefined : this.read(at(entry) + STATE) === HELD ? HELD_NAME : this.owner(entry)
      if (Atomics.load(this.words, VERSION) !== before) continue
      if (this.cache.size > 10_000) this.cache.clear()
      this.cache.set(name, { name, version: before, found })
      return found
    }
  }

  /** Gives a name that is free or held to a process. Main thread only. */
  register(name: string, owner: ProcessId): void {
    this.write(() => {
      const entry = this.find(name) || this.insert(name)
      this.words[at(entry) + STATE] = REGISTERED
      this.words[at(entry) + OWNER_SLOT] = slotOf(owner)
      this.words[at(entry) + OWNER_GENERATION] = generationOf(owner)
    })
    this.changed?.(name)
  }

  /** Keeps the name without a process. Main thread only. */
  hold(name: string): void {
    this.write(() => {
      const entry = this.find(name)
      if (entry !== 0) this.words[at(entry) + STATE] = HELD
    })
    this.changed?.(name)
  }

  /** Forgets the name. Main thread only. */
  remove(name: string): void {
    this.write(() => {
      const bucket = BUCKET_AT + (hash(name) & (BUCKETS - 1))
      let link = bucket
      for (let entry = this.words[link]!; entry !== 0; entry = this.words[link]!) {
        if (this.hasText(entry, name)) {
          this.words[link] = this.words[at(entry) + NEXT]!
          this.words[at(entry) + STATE] = 0
          this.unused.push(entry)
          return
        }
        link = at(entry) + NEXT
      }
    })
    this.changed?.(name)
  }

  /** All names, held ones too. Main thread only. */
  all(): string[] {
    const names: string[] = []
    for (let entry = 1; entry <= this.fresh; entry++) if (this.words[at(entry) + STATE] !== 0) names.push(this.nameAt(entry))
    return names
  }

  private nameAt(entry: number): string {
    const from = (at(entry) + TEXT) * 2
    return String.fromCharCode(...this.text.slice(from, from + this.words[at(entry) + LENGTH]!))
  }

  private write(change: () => void): void {
    Atomics.add(this.words, VERSION, 1)
    try {
      change()
    } finally {
      Atomics.add(this.words, VERSION, 1)
    }
  }

  private insert(name: string): number {
    const entry = this.unused.pop() ?? this.fresh + 1
    if (entry >= ENTRIES) throw new RangeError('the name directory is full')
    this.fresh = Math.max(this.fresh, entry)
    const bucket = BUCKET_AT + (hash(name) & (BUCKETS - 1))
    this.words[at(entry) + LENGTH] = name.length
    for (let i = 0; i < name.length; i++) this.text[(at(entry) + TEXT) * 2 + i] = name.charCodeAt(i)
    this.words[at(entry) + NEXT] = this.words[bucket]!
    this.words[bucket] = entry
    return entry
  }

  // The entry's number, or 0. A reader that is overtaken by a write may walk in circles: the walk is bounded.
  private find(name: string): number {
    let entry = this.read(BUCKET_AT + (hash(name) & (BUCKETS - 1)))
    for (let steps = 0; entry > 0 && entry < ENTRIES && steps < ENTRIES; steps++) {
      if (this.hasText(entry, name)) return entry
      entry = this.read(at(entry) + NEXT)
    }
    return 0
  }

  private hasText(entry: number, name: string): boolean {
    if (this.read(at(entry) + LENGTH) !== name.length) return false
    for (let i = 0; i < name.length; i++) if (Atomics.load(this.text, (at(entry) + TEXT) * 2 + i) !== name.charCodeAt(i)) return false
    return true
  }

  private owner(entry: number): ProcessId {
    return processId(this.read(at(entry) + OWNER_SLOT), this.read(at(entry) + OWNER_GENERATION))
  }

  // Atomic, so that no read drifts past the second look at the version on a weakly ordered processor.
  private read(word: number): number {
    return Atomics.load(this.words, word)
  }
}

const at = (entry: number): number => HEADER_WORDS + entry * ENTRY_WORDS

// FNV-1a over UTF-16 units.
function hash(name: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193)
  return h >>> 0
}
