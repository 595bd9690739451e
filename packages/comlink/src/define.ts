// `define`: an object or a class as the definition of a process, which a supervisor takes as a child.

import { type Definition, GenServer, noreply, ok, type Reason, UsageError } from 'starfish'
import { Exposed } from './exposed.js'
import type { Letter } from './wire.js'

type GenServerOptions = Parameters<typeof GenServer.define<unknown, unknown, never>>[1]

/** As for `GenServer.define`: name, and how the process is started, stopped and hosted. */
export type DefineOptions = Pick<GenServerOptions, 'name' | 'host' | 'restart' | 'shutdown' | 'thread'>

/** What a process of this definition exposes: `T`, made from the start's argument `A`. */
export interface ExposedDefinition<T, A> extends Definition {
  readonly init: (argument: A) => unknown
  /** Only for the type checker. */
  readonly $exposes?: T
  /** Only for the type checker. */
  readonly $types?: { readonly argument: A; readonly state: unknown; readonly calls: {}; readonly casts: {}; readonly ignores: false }
}

/**
 * Defines a process that exposes an object through Comlink. `what` is a class (each process makes an instance of it,
 * from the argument of its start), a function that makes the object (it may be async), or the object itself.
 * `where` is the place of this file, `import.meta.url` (in CommonJS `__filename`), as in `GenServer.define`.
 *
 * A method that throws rejects the call of it and nothing else, as in Comlink; an error outside of any method
 * (a timer, a floating promise) ends the process, and its supervisor starts a new one with a new object. When the
 * process is stopped in good order, the object's `[Symbol.asyncDispose]` or `[Symbol.dispose]` is run.
 *
 * @throws ERR_BAD_DEFINITION when the place or an option is not what it should be
 * @example
 * class Images {
 *   resize(bytes: Uint8Array, width: number): Uint8Array { ... }
 * }
 * export default Comlink.define(import.meta.url, Images, { name: 'Images' })
 */
export function define<T extends object, A = void>(where: string, what: new (argument: A) => T, options?: DefineOptions): ExposedDefinition<T, A>
export function define<T extends object, A = void>(where: string, what: (argument: A) => T | Promise<T>, options?: DefineOptions): ExposedDefinition<T, A>
export function define<T extends object>(where: string, what: T, options?: DefineOptions): ExposedDefinition<T, void>
export function define(where: string, what: unknown, options: DefineOptions = {}): unknown {
  const make = makerOf(what)
  return GenServer.define(where, {
    ...options,
    init: async (argument: unknown, { self }) => ok(new Exposed(self, await make(argument))),
    handleCall: {
      comlink: (exposed, letter: Letter, { from }) => {
        exposed.receive(letter, from) // answered when the method has: meanwhile others are served, as Comlink's are
        return noreply(exposed)
      },
      watch: (exposed) => noreply(exposed), // never answered: it fails with the reason of our end
    },
    handleInfo: (exposed, message: unknown) => {
      if (Array.isArray(message) && message[0] === 'DOWN') exposed.down(message[1] as never, message[3] as Reason)
      return noreply(exposed)
    },
    terminate: (_reason, exposed) => exposed.dispose(),
    formatStatus: ({ state, message }) => ({ state: (state as Exposed).object, message }),
  })
}

function makerOf(what: unknown): (argument: unknown) => unknown {
  if (typeof what === 'object' && what !== null) return () => what
  if (typeof what === 'function') {
    return isClass(what) ? (argument) => new (what as new (argument: unknown) => unknown)(argument) : (what as (argument: unknown) => unknown)
  }
  throw new UsageError('ERR_BAD_DEFINITION', `expected a class, a function that makes an object, or an object, got ${String(what)}; write define(import.meta.url, class Images { ... })`)
}

const isClass = (what: Function): boolean => Function.prototype.toString.call(what).startsWith('class')
