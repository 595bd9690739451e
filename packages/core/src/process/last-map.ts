// A Map by number that finds at once what it was asked for last: most of what a thread does is for one process, or goes to
// one thread, for a while.

export class LastMap<V> extends Map<number, V> {
  private lastKey = NaN
  private lastValue: V | undefined

  override get(key: number): V | undefined {
    if (key === this.lastKey) return this.lastValue
    const value = super.get(key)
    this.lastKey = key
    this.lastValue = value
    return value
  }

  override set(key: number, value: V): this {
    this.forget()
    return super.set(key, value)
  }

  override delete(key: number): boolean {
    this.forget()
    return super.delete(key)
  }

  override clear(): void {
    this.forget()
    super.clear()
  }

  private forget(): void {
    this.lastKey = NaN
    this.lastValue = undefined
  }
}
