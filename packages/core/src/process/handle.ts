// What a start gives: a pid that can be disposed of, so that `await using` stops the process at the end of its block.

import type { Pid } from '../term/pid.js'

export class Handle implements AsyncDisposable {
  readonly pid: Pid
  readonly #dispose: () => Promise<void>

  constructor(pid: Pid, dispose: () => Promise<void>) {
    this.pid = pid
    this.#dispose = dispose
  }

  /** The pid: a handle can be printed and compared like one. */
  toString(): string {
    return this.pid
  }

  toJSON(): string {
    return this.pid
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispose()
  }
}

