// Puts the acts of a step into the order in which they are compared: what is concurrent by nature is sorted.

import { compareTerms } from './scenario.js'
import type { Act, EventLog } from './log.js'

/**
 * Acts stay in causal order but for two kinds of runs. Workers of one dynamic supervisor, which stops its children
 * together: by actor, each one's acts in its own order. What it reports of them afterwards: sorted. In a step of
 * partial order everything is by actor.
 */
export function inOrder(acts: readonly Act[], log: EventLog, partial: boolean): Act[] {
  if (partial) return [...acts].sort(byActor)
  return runs(acts, log).flatMap(({ key, run }) => {
    if (key.startsWith('workers')) return run.sort(byActor)
    return key.startsWith('reports') ? run.sort((a, b) => compareTerms(a.event, b.event)) : run
  })
}

const byActor = (a: Act, b: Act): number => compareTerms(a.actor, b.actor)

function runs(acts: readonly Act[], log: EventLog): { key: string; run: Act[] }[] {
  const found: { key: string; run: Act[] }[] = []
  for (const act of acts) {
    const key = keyOf(act, log)
    const last = found.at(-1)
    if (last?.key === key) last.run.push(act)
    else found.push({ key, run: [act] })
  }
  return found
}

function keyOf({ actor, event }: Act, log: EventLog): string {
  const isDynamic = (inst: string | undefined): boolean => inst !== undefined && log.named(inst)?.kind === 'dynsup'
  if (event[0] === 'report' && event[2] === 'shutdown_error') return isDynamic(actor) ? `reports ${actor}` : ''
  const instance = log.named(actor)
  return instance?.kind === 'worker' && isDynamic(instance.parent) ? `workers ${instance.parent}` : ''
}
