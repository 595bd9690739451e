// The requests of one endpoint that have no answer yet, each to be settled exactly once, whatever becomes of the
// other side. Comlink itself leaves them hanging (its issue 601).

import { Logger } from 'starfish'
import { type Answer, isThrow, rejection, type Request, resolution } from './wire.js'

// The proxies whose requests are pending.
const inUse = new Map<Pending, object>()

export class Pending {
  // What nobody can be told of: the value of `remote.x = 1` is 1, whatever became of it.
  private readonly untold = new Set<string>()
  private readonly waiting = new Set<string>()
  private proxy: WeakRef<object> | undefined

  constructor(private readonly settle: (answer: Answer) => void) {}

  /**
   * Through which proxy requests come. Comlink releases the endpoint of a proxy that is garbage, also while an answer
   * is still to come (its issue 692): with requests pending it is not garbage.
   */
  comeFrom<T extends object>(proxy: T): T {
    this.proxy = new WeakRef(proxy)
    return proxy
  }

  add({ id, type }: Request): void {
    this.waiting.add(id)
    if (type === 'SET') this.untold.add(id)
    const proxy = this.proxy?.deref()
    if (proxy) inUse.set(this, proxy)
  }

  /** The answer to a request; false when nobody waits for it any more. */
  answer(answer: Answer): boolean {
    if (!this.waiting.delete(answer.id)) return false
    if (this.waiting.size === 0) inUse.delete(this)
    this.settle(this.untold.delete(answer.id) ? tell(answer) : answer)
    return true
  }

  fail(id: string, error: unknown): void {
    this.answer(rejection(id, error))
  }

  failAll(error: unknown): void {
    for (const id of [...this.waiting]) this.fail(id, error)
  }
}

// A rejected promise in nobody's hands would end the program of the one who assigned.
function tell(answer: Answer): Answer {
  if (!isThrow(answer)) return answer
  const { value } = answer.value as { value: { message?: unknown } | undefined }
  Logger.warn(`an assignment to a remote property failed: ${String(value?.message ?? value)}`)
  return resolution(answer.id)
}

/** What requests fail with that still wait when their proxy is released. */
export const releasedError = (): Error => new Error('the proxy was released before the answer came')
