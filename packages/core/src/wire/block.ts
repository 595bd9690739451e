// A long run of letters made of numbers only, as it was posted: a block of doubles. Each letter is made when it is taken
// out, so that what waits in a mailbox is not yet as many objects.

/** What a block holds, one by one. */
export interface BlockLetter {
  readonly kind: number
  readonly from: number
  readonly tag: unknown
  readonly body: unknown
}

export class Block {
  private at = 0
  private readonly width: number

  /** `isTagged`: each letter has a tag. `words`: each is a pair of the number of one of these and a value. */
  constructor(readonly kind: number, readonly from: number, private readonly numbers: Float64Array, private readonly isTagged: boolean, private readonly words: readonly string[] | undefined) {
    this.width = (isTagged ? 1 : 0) + (words === undefined ? 1 : 2)
  }

  /** How many letters are left. */
  get length(): number {
    return (this.numbers.length - this.at) / this.width
  }

  get isEmpty(): boolean {
    return this.at === this.numbers.length
  }

  /** Takes out the next letter. */
  next(): BlockLetter {
    const { numbers, words } = this
    const tag = this.isTagged ? numbers[this.at++] : 0
    const body = words === undefined ? numbers[this.at++] : [words[numbers[this.at++]!], numbers[this.at++]]
    return { kind: this.kind, from: this.from, tag, body }
  }

  /** Takes out all that are left. */
  rest(): BlockLetter[] {
    const letters: BlockLetter[] = []
    while (!this.isEmpty) letters.push(this.next())
    return letters
  }
}
