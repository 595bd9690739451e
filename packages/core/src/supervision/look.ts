// What Sys sees and changes of a supervisor: its state as plain data, and new flags and child specs while it runs
// (supervisor.erl, code_change/3).

import type { FullChildSpec } from '../term/child-spec.js'
import type { ChildState } from './child.js'

/** Children as data, in the order they are kept in. */
export const viewOf = (children: Iterable<ChildState>): object[] =>
  [...children].map(({ spec: { start: _, ...spec }, pid }) => ({ ...spec, pid }))

/**
 * The children that go with new specs: who runs goes on and is restarted by its new spec, who is new does not run, who
 * is in no spec any more stays, behind the others.
 */
export function withSpecs(children: readonly ChildState[], specs: readonly FullChildSpec[]): ChildState[] {
  const present = specs.map((spec) => {
    const child = children.find((one) => one.spec.id === spec.id)
    if (child === undefined) return { spec, pid: undefined }
    child.spec = spec
    return child
  })
  return [...present, ...children.filter((one) => !present.includes(one))]
}
