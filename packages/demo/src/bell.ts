// Wakes everybody who waits. Ringing with nobody there does nothing.

export class Bell {
  private waiting: (() => void)[] = []

  wait(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve))
  }

  readonly ring = (): void => {
    if (this.waiting.length > 0) this.waiting.splice(0).forEach((wake) => wake())
  }
}
