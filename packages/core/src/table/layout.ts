// How the shared memory of the tables is divided: header, thread records, descriptors of tables, the table of pages, and
// then the pages. All in 32-bit words. What is written here is all that two threads have to agree on.

/** A page: cells of one size, or a part of one large cell. In words. */
export const PAGE_WORDS = 16_384
export const MAX_PAGES = 65_535

/** Words of the header. */
export const EPOCH = 0
/** Goes up when rows may have become garbage that nobody has counted: all pages are worth a look. */
export const UPHEAVALS = 1
/** How many thread records have ever been in use. */
export const RECORDS_USED = 2
/** How many descriptors have ever been in use, and how often tables have come and gone. */
export const TABLES_USED = 3
export const TABLES_VERSION = 4
/** The page that was looked through last. All threads go on from there: one that lives for a short time would only see the first pages. */
export const LOOKED_AT = 5

/** What a thread says of itself. A line of memory each. */
export const RECORDS = 4096
export const RECORD_WORDS = 16
export const RECORDS_AT = 64
export const Record = {
  /** The number of the thread, plus one. */
  thread: 0,
  /** The epoch in which it is reading or writing, times two, plus one; 0 when it does neither. */
  pin: 1,
  /** The row or the value that it is about to put in, or the row to remove, below zero; the counter that this changes, its value before, and by how much. */
  intent: 2,
  counter: 3,
  before: 4,
  change: 5,
  /** The row of an ordered table whose tower it is building. */
  tower: 6,
} as const

/** What is known of a table. */
export const TABLES = 4096
export const TABLE_WORDS = 128
export const TABLES_AT = RECORDS_AT + RECORDS * RECORD_WORDS
export const Table = {
  /** Odd while a table has this descriptor. */
  generation: 0,
  /** Its rows: the root cell. */
  root: 1,
  contents: 2,
  access: 3,
  maxSize: 4,
  ownerSlot: 5,
  ownerGeneration: 6,
  heirSlot: 7,
  heirGeneration: 8,
  nameLength: 9,
  name: 10,
} as const
/** The longest name, in UTF-16 units. */
export const LONGEST_TABLE_NAME = 115

export const PAGES_AT = TABLES_AT + TABLES * TABLE_WORDS
export const PAGE_ENTRY_WORDS = 4
export const Page = {
  /** What the page is for, and whose it is. */
  state: 0,
  /** How many of its cells are garbage, as far as has been counted. */
  garbage: 1,
  /** The number of upheavals when it was last looked through. */
  seen: 2,
  /** The epoch when it was last looked through; of a large cell, in how many pages it lies. */
  epoch: 3,
} as const

/** The first page that holds cells. What is below can be no cell. */
export const FIRST_PAGE = Math.ceil((PAGES_AT + (MAX_PAGES + 1) * PAGE_ENTRY_WORDS) / PAGE_WORDS)
export const FIRST_CELL = FIRST_PAGE * PAGE_WORDS

/** Every cell begins with its state: two bits, then two for what it holds, then the epoch of its retirement. */
export const CellState = { free: 0, building: 1, live: 2, retired: 3 } as const
export const CellKind = { row: 0, value: 4, array: 8 } as const
/** The contents of a table that the cell belongs to: they change when the table is cleared. */
export const CONTENTS = 1

/** How the rows of a table are kept. */
export const Type = { set: 0, ordered_set: 1, bag: 2 } as const

/** `order` is where a row stands in a list by hash; the row of an ordered list has its tower there. */
export const Row = { next: 2, order: 3, value: 4, keyWords: 5, key: 6, tower: 3 } as const
/** A value: its head and its bytes. */
export const Value = { row: 2, head: 3 } as const
/** What a row of a bag has for a value: how many objects, whether it was ever seen in its row, and the objects one after another, each as a value. */
export const Objects = { row: 2, count: 3, wasSeen: 4, first: 5 } as const
export const ArrayCell = { index: 2, items: 4 } as const

/** What the root of a table's contents holds: an array cell. */
export const INLINE_BUCKETS_LOG2 = 5
export const MAX_BUCKETS_LOG2 = 26
export const COUNTERS = 64
const AFTER_SEGMENTS = 6 + MAX_BUCKETS_LOG2 + 1
const AFTER_COUNTERS = AFTER_SEGMENTS + RECORDS / COUNTERS + COUNTERS
export const Root = {
  type: 4,
  log2: 5,
  /** Arrays of buckets: number s holds the second half of 2^s. */
  segments: 6,
  /** Counters of 64 threads each; the first 64 lie in the root. */
  counterBlocks: AFTER_SEGMENTS,
  counters: AFTER_SEGMENTS + RECORDS / COUNTERS,
  /** The first buckets; of an ordered table, the first row of each level. */
  buckets: AFTER_COUNTERS,
  words: AFTER_COUNTERS + (1 << INLINE_BUCKETS_LOG2),
} as const

export const recordAt = (record: number): number => RECORDS_AT + record * RECORD_WORDS
export const tableAt = (slot: number): number => TABLES_AT + slot * TABLE_WORDS
export const pageEntryAt = (page: number): number => PAGES_AT + page * PAGE_ENTRY_WORDS
export const pageOf = (cell: number): number => Math.floor(cell / PAGE_WORDS)
