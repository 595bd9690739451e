// What a supervisor must know of a child: how to start it, when to restart it, how to stop it.

import type { DefinitionRef, StartOptions } from './definition.js'
import type { Pid } from './pid.js'

/** `permanent`: always restarted. `transient`: only after an abnormal end. `temporary`: never. */
export type Restart = 'permanent' | 'transient' | 'temporary'

/** Milliseconds between the shutdown signal and the kill; `'brutal_kill'`: no signal; `'infinity'`: no kill. */
export type Shutdown = number | 'brutal_kill' | 'infinity'

export type Strategy = 'one_for_one' | 'one_for_all' | 'rest_for_one'
export type AutoShutdown = 'never' | 'any_significant' | 'all_significant'

/** What a start function may answer: a pid (or a handle with one), `'ignore'`, or a pid with extra information. */
export type StartResult = Pid | { readonly pid: Pid } | 'ignore' | readonly [Pid | { readonly pid: Pid }, unknown]

/** Data that any thread can send to a supervisor; a function can only come from the supervisor's own thread. */
export type StartSpec =
  | readonly [definition: DefinitionRef, argument: unknown, options?: StartOptions]
  | (() => StartResult | Promise<StartResult>)

/** A child spec with every field filled in. */
export interface FullChildSpec {
  readonly id: string | number
  readonly start: StartSpec
  readonly restart: Restart
  readonly shutdown: Shutdown
  readonly type: 'worker' | 'supervisor'
  readonly significant: boolean
}
