// A reference: unique in the whole program, made without asking anybody, since it carries the maker's thread, or, when
// messages can be sent to it, the process they go to.

import { generationOf, processId, type ProcessId, slotOf } from './pid.js'

declare const refBrand: unique symbol

/** A unique mark, as made by `Process.monitor`, `Process.alias` and `Process.sendAfter`. Comparable with `===`. */
export type Ref = string & { readonly [refBrand]: 'ref' }

let counter = 0

export const makeRef = (thread: number): Ref => `#Ref<0.${thread}.${++counter}>` as Ref

/** A ref that names a process. */
export const makeAlias = (owner: ProcessId): Ref => `#Ref<0.${slotOf(owner)}.${generationOf(owner)}.${++counter}>` as Ref

const ALIAS = /^#Ref<0\.(\d{1,5})\.(\d{1,10})\.\d+>$/

/** The process that an alias names; undefined when the ref names none. */
export function ownerOfAlias(ref: Ref): ProcessId | undefined {
  const found = ALIAS.exec(ref)
  return found ? processId(Number(found[1]), Number(found[2])) : undefined
}

export const isRef = (value: unknown): value is Ref => typeof value === 'string' && value.startsWith('#Ref<')
