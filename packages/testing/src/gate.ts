// Stops a thread exactly here: the thread blocks at the gate until the test opens it. Sendable in any message.

export interface Gate {
  readonly shared: Int32Array
}

const CLOSED = 0
const OPEN = 1
const ARRIVED = 1

/** A closed gate, to be sent to a process in a message or as the argument of its start. */
export const gate = Object.assign((): Gate => ({ shared: new Int32Array(new SharedArrayBuffer(8)) }), {
  /** In a worker: says that it is there, and blocks the thread until the gate is open. */
  pass({ shared }: Gate): void {
    Atomics.store(shared, 1, ARRIVED)
    Atomics.notify(shared, 1)
    Atomics.wait(shared, 0, CLOSED)
  },

  /** In the test: waits until a thread stands at the gate. */
  async arrival({ shared }: Gate, timeout = 10_000): Promise<void> {
    const wait = Atomics.waitAsync(shared, 1, 0, timeout)
    const result = wait.async ? await wait.value : wait.value
    if (result === 'timed-out') throw new Error('nobody came to the gate')
  },

  /** In the test: lets everybody through, now and later. */
  open({ shared }: Gate): void {
    Atomics.store(shared, 0, OPEN)
    Atomics.notify(shared, 0)
  },
})
