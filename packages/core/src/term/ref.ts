// A reference: unique in the whole program, made without asking anybody, since it carries the maker's thread.

declare const refBrand: unique symbol

/** A unique mark, as made by `Process.monitor` and `Process.sendAfter`. Comparable with `===`. */
export type Ref = string & { readonly [refBrand]: 'ref' }

let counter = 0

export const makeRef = (thread: number): Ref => `#Ref<0.${thread}.${++counter}>` as Ref
