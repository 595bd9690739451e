// Random supervision trees and what happens to them. See FORMAT.md, family `sup`.
import { rng } from './rng.mjs'

const CRASH_REASONS = [
  [5, 'boom'], [2, 'oops'], [3, 'normal'], [3, 'shutdown'], [2, 'shutdown:x'], [1, 'killed'], [1, 'kill'],
]
const EXIT_REASONS = [
  [6, 'kill'], [3, 'boom'], [1, 'normal'], [2, 'shutdown'], [1, 'shutdown:x'], [1, 'killed'],
]

function genWorker(r, cx, opt = {}) {
  const id = 'w' + cx.nw++
  const w = { kind: 'worker', id }
  const restart = r.w([[4, null], [2, 'permanent'], [3, 'transient'], [3, 'temporary']])
  if (restart) w.restart = restart
  if (r.chance(0.55)) w.trap = true
  const sd = r.w([[5, null], [3, 2000], [2, 'brutal_kill'], [1, 'infinity']])
  if (sd !== null) w.shutdown = sd
  if (r.chance(0.3)) {
    // scripted start outcomes: mostly ok, some failures; always a finite list, then ok
    const n = r.range(1, 4)
    const init = []
    for (let i = 0; i < n; i++) {
      const bad = ['stop:boom', 'stop:shutdown', 'stop:normal', 'raise:bad', 'exit:oops', 'throw:odd', 'bad', 'ignore', 'ignore']
      bad.push('fn_error:nope', 'fn_raise:fn', 'fn_bad', 'fn_ignore', 'fn_extra', 'fn_exit:fx', 'fn_throw:ft')
      init.push(r.chance(i === 0 ? (opt.added ? 0.6 : 0.93) : 0.5) ? 'ok' : r.pick(bad))
    }
    w.init = init
  }
  if (w.trap && r.chance(0.35)) {
    const t = ['sleep:5', 'exit:oops', 'raise:term', 'exit:normal', 'exit:shutdown:y', 'throw:tt', 'sleep:15']
    t.push('hang', 'hang')
    w.term = r.pick(t)
    if (w.term === 'hang') w.shutdown = r.w([[3, 60], [1, 'brutal_kill']])
  }
  if (r.chance(0.12)) {
    // a shared pool, so that clashes happen; 'bad' frees its name late on OTP 25, so leave it out
    w.name = r.pick(['n1', 'n2', 'n3', 'n4'])
    if (w.init) w.init = w.init.map((x) => (['bad', 'raise:bad', 'exit:oops', 'throw:odd'].includes(x) ? 'stop:boom' : x))
    cx.names = true
  }
  if (opt.auto && w.restart && w.restart !== 'permanent' && r.chance(0.6)) w.significant = true
  cx.workers.push(w)
  return w
}

function genSup(r, cx, depth, id) {
  const s = { kind: 'sup', id }
  s.strategy = r.pick(['one_for_one', 'one_for_all', 'rest_for_one'])
  if (r.chance(0.92)) s.max_restarts = depth === 0 ? r.w([[1, 0], [2, 1], [3, 2], [4, 3], [5, 5], [5, 12]]) : r.w([[1, 0], [3, 1], [4, 2], [4, 3], [3, 5], [1, 10]])
  if (cx.window && depth === 0) s.max_seconds = 2
  else if (r.chance(0.92)) s.max_seconds = 60
  if (r.chance(0.18)) s.auto_shutdown = r.pick(['any_significant', 'all_significant'])
  if (depth > 0) {
    const restart = r.w([[5, null], [2, 'transient'], [2, 'temporary'], [1, 'permanent']])
    if (restart) s.restart = restart
    const sd = r.w([[8, null], [1, 3000], [1, 'brutal_kill']])
    if (sd !== null) s.shutdown = sd
    if (r.chance(0.1)) s.init = [r.w([[8, 'ok'], [1, 'ignore'], [1, 'raise:supinit'], [1, 'bad']]), r.pick(['ok', 'ignore', 'raise:supinit', 'bad'])]
  }
  const n = r.w([[1, 0], [3, 1], [5, 2], [6, 3], [3, 4]])
  s.children = []
  for (let i = 0; i < n; i++) {
    const k = depth >= 2 ? 'worker' : r.w([[7, 'worker'], [2, 'sup'], [1.3, 'dynsup']])
    if (k === 'worker') s.children.push(genWorker(r, cx, { auto: !!s.auto_shutdown }))
    else if (k === 'sup') {
      const sub = genSup(r, cx, depth + 1, 's' + cx.ns++)
      if (s.auto_shutdown && sub.restart && sub.restart !== 'permanent' && r.chance(0.4)) sub.significant = true
      s.children.push(sub)
    } else s.children.push(genDyn(r, cx))
  }
  cx.sups.push(s)
  return s
}

function genDyn(r, cx) {
  const d = { kind: 'dynsup', id: 'd' + cx.nd++ }
  if (r.chance(0.9)) d.max_restarts = r.pick([0, 1, 2, 3, 5])
  d.max_seconds = 60
  if (r.chance(0.3)) d.max_children = r.range(1, 3)
  const restart = r.w([[6, null], [1, 'transient'], [1, 'temporary']])
  if (restart) d.restart = restart
  cx.dyns.push(d)
  return d
}

function workerAct(r, w) {
  const id = w.id
  const hang = w.term === 'hang'
  return r.w([
    [4, () => ({ op: 'crash', id, reason: r.w(CRASH_REASONS) })],
    [2, () => ({ op: 'raise', id, reason: 'eek' })],
    [1, () => ({ op: 'exit_in', id, reason: r.w(CRASH_REASONS) })],
    [0.7, () => ({ op: 'throw', id, reason: 'ball' })],
    [5, () => ({ op: 'exit', id, reason: r.w(EXIT_REASONS) })],
    [hang ? 0 : 1, () => ({ op: 'stop', id, reason: r.pick(['normal', 'shutdown', 'boom', 'shutdown:z']) })],
  ])()
}

function childrenOf(cx, sup) {
  return (sup.children || []).concat(cx.added[sup.id] || [])
}

function genSupStep(r, cx) {
  const w = cx.workers.length ? r.pick(cx.workers) : null
  const sup = r.pick(cx.sups)
  const kids = childrenOf(cx, sup)
  const kid = kids.length ? r.pick(kids) : null
  const anyId = kid ? kid.id : 'nope'
  const dyn = cx.dyns.length ? r.pick(cx.dyns) : null
  const addTo = (s) => {
    let spec
    if (s.kind === 'sup' && r.chance(0.25) && kids.length) spec = kid; // same id again
    else if (s.kind === 'sup' && cx.added[s.id] && r.chance(0.25)) spec = r.pick(cx.added[s.id])
    else if (s.kind === 'sup' && r.chance(0.15)) {
      spec = genSup(r, cx, 2, 's' + cx.ns++)
    } else spec = genWorker(r, cx, { auto: !!s.auto_shutdown, added: true })
    ;(cx.added[s.id] ||= []).push(spec)
    return { op: 'start_child', sup: s.id, spec }
  }
  return r.w([
    [w ? 10 : 0, () => workerAct(r, w)],
    [w ? 1.5 : 0, () => ({ op: r.pick(['inc', 'get']), id: w.id })],
    [1.6, () => addTo(sup)],
    [1.4, () => ({ op: 'terminate_child', sup: sup.id, id: anyId })],
    [1.2, () => ({ op: 'restart_child', sup: sup.id, id: anyId })],
    [0.8, () => ({ op: 'delete_child', sup: sup.id, id: anyId })],
    [0.3, () => ({ op: 'get_childspec', sup: sup.id, id: anyId })],
    [dyn ? 4 : 0, () => addTo(dyn)],
    [dyn && cx.added[dyn.id] ? 1 : 0, () => ({ op: 'terminate_child', sup: dyn.id, id: r.pick(cx.added[dyn.id]).id })],
    [cx.sups.length > 1 ? 1.2 : 0.2, () => ({ op: 'stop', id: r.pick(cx.sups).id, reason: r.pick(['normal', 'shutdown', 'boom']) })],
    [cx.names ? 0 : 0.6, () => ({ op: 'exit', id: r.pick(cx.sups.concat(cx.dyns)).id, reason: r.w([[3, 'kill'], [1, 'boom'], [1, 'normal'], [1, 'shutdown']]) })],
    [cx.names ? 1 : 0, () => ({ op: 'whereis', name: r.pick(['n1', 'n2', 'n3', 'n4']) })],
    [0.15, () => ({ op: 'parent_exit', reason: r.pick(['shutdown', 'normal', 'boom']) })],
    [cx.window ? 3 : 0, () => ({ op: 'sleep', ms: 3100 })],
    [3, () => {
      const s = dyn && r.chance(0.2) ? dyn : sup
      const ks = s.kind === 'dynsup' ? cx.added[s.id] || [] : childrenOf(cx, s)
      const ws = ks.filter((k) => k.kind === 'worker')
      const acts = []
      // a child that fails to come back, with API calls queued behind its death
      const flaky = ws.filter((k) => (k.init || []).some((t) => !['ok', 'ignore', 'fn_ignore', 'fn_extra'].includes(t)))
      if (flaky.length && s.kind !== 'dynsup' && r.chance(0.7)) {
        const k = r.pick(flaky)
        acts.push(r.chance(0.5) ? { op: 'exit', id: k.id, reason: 'kill' } : { op: 'crash', id: k.id, reason: 'boom' })
        const m = r.range(1, 3)
        for (let i = 0; i < m; i++) {
          const t = r.chance(0.75) ? k : r.pick(ks)
          acts.push({ op: r.pick(['terminate_child', 'restart_child', 'delete_child']), sup: s.id, id: t.id })
        }
        return { op: 'burst', sup: s.id, acts }
      }
      const n = r.range(2, 4)
      const left = ws.slice()
      for (let i = 0; i < n; i++) {
        if (left.length && r.chance(0.75)) {
          const a = workerAct(r, left.splice(r.int(left.length), 1)[0])
          acts.push(a.op === 'stop' ? { op: 'crash', id: a.id, reason: a.reason } : a)
        } else if (ks.length) {
          const k = r.pick(ks)
          const op = s.kind === 'dynsup' ? 'terminate_child' : r.pick(['terminate_child', 'restart_child', 'delete_child'])
          acts.push({ op, sup: s.id, id: k.id })
        }
      }
      return acts.length ? { op: 'burst', sup: s.id, acts } : { op: 'whereis', name: 'n1' }
    }],
  ])()
}

export function gen(seed, i) {
  const r = rng((seed * 1000003 + i * 7919 + 17) >>> 0)
  for (let k = 0; k < 8; k++) r.next()
  const cx = { nw: 1, ns: 1, nd: 1, workers: [], sups: [], dyns: [], added: {}, names: false, window: r.chance(0.03) }
  const tree = genSup(r, cx, 0, 's0')
  // at least one child somewhere
  if (!cx.workers.length) tree.children.push(genWorker(r, cx))
  const steps = []
  const n = r.range(3, 10)
  for (let k = 0; k < n; k++) steps.push(genSupStep(r, cx))
  return { id: `sup-${seed}-${i}`, family: 'sup', tree, steps }
}

