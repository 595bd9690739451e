// The context of AsyncLocalStorage around a handler: that of who sent the message, if it was sent on the same thread, else
// none. What a handler enters there ends with its message on the main thread, and in a worker with the turn at the latest.

import { AsyncResource } from 'node:async_hooks'

/** The context that code runs in. */
export type Surroundings = AsyncResource

// As the library was loaded: nobody's storage has a value there.
const outside = new AsyncResource('starfish')

/** Runs `code` in nobody's context: for what is made once and calls back for everybody. What it enters ends with it. */
export const runOutside = <T>(code: () => T): T => outside.runInAsyncScope(() => surroundings().runInAsyncScope(code))

/** The context of now, to run one message in. */
export const surroundings = (): Surroundings => new AsyncResource('starfish.message')
