// Random Task scenarios. See FORMAT.md, family "task".
import { rng } from './rng.mjs'
const RS = ['normal', 'shutdown', 'shutdown:x', 'boom', 'boom']
export function gen(seed, i) {
  const r = rng((seed * 1000003 + i * 7919 + 401) >>> 0)
  for (let k = 0; k < 8; k++) r.next()
  const sc = { id: `task-${seed}-${i}`, family: 'task', steps: [] }
  if (r.chance(0.5)) sc.trap = true
  if (r.chance(0.15)) sc.max_children = 2
  let nt = 1
  const ts = []; // awaitable
  const waiting = []
  const end = () => r.w([
    [6, () => ({ do: 'value', v: r.int(100) })],
    [1.5, () => ({ do: 'raise', reason: 'eek' })],
    [1.5, () => ({ do: 'exit', reason: r.pick(RS) })],
    [0.7, () => ({ do: 'throw', reason: 'ball' })],
  ])()
  const plan = (t) => {
    const p = r.w([[4, end], [5, () => ({ do: 'wait' })], [1, () => ({ do: 'forever' })]])()
    if (p.do === 'wait') waiting.push(t)
    if (p.do !== 'value' && r.chance(0.2)) p.trap = true
    return p
  }
  const T = () => r.pick(ts)
  const n = r.range(5, 15)
  for (let k = 0; k < n; k++) {
    const st = r.w([
      [6, () => {
        const t = 't' + nt++
        ts.push(t)
        const how = r.w([[4, 'link'], [2, 'sup'], [4, 'nolink'], [0.4, 'completed']])
        const s = { op: 'async', t, how, plan: how === 'completed' ? { do: 'value', v: 5 } : plan(t) }
        return s
      }],
      [1.5, () => {
        const t = 't' + nt++
        const s = { op: 'start_child', t, plan: plan(t) }
        return s
      }],
      [1, () => { const t = 't' + nt++; return { op: 'start', t, how: r.pick(['link', 'nolink']), plan: plan(t) }; }],
      [ts.length ? 3 : 0, () => ({ op: 'await', t: T(), timeout: 60 })],
      [ts.length > 1 ? 0.8 : 0, () => ({ op: 'await_many', ts: [...new Set([T(), T()])], timeout: 60 })],
      [ts.length ? 3 : 0, () => ({ op: 'yield', t: T(), timeout: r.pick([0, 40]) })],
      [ts.length > 1 ? 1 : 0, () => ({ op: 'yield_many', ts: [...new Set([T(), T(), T()])], timeout: 40 })],
      [ts.length ? 2 : 0, () => ({ op: 'shutdown', t: T(), how: r.pick([150, 50, 'brutal_kill']) })],
      [ts.length ? 0.7 : 0, () => ({ op: 'ignore', t: T() })],
      [ts.length ? 0.5 : 0, () => ({ op: 'await_other', t: T() })],
      [waiting.length ? 5 : 0, () => ({ op: 'go', t: r.pick(waiting), plan: end() })],
      [nt > 1 ? 1 : 0, () => ({ op: 'kill', t: 't' + r.range(1, nt - 1), reason: r.pick(['kill', 'boom', 'shutdown']) })],
      [0.25, () => ({ op: 'owner_exit', reason: r.pick(['kill', 'boom', 'shutdown']) })],
      [0.7, () => ({ op: 'children' })],
      [0.9, () => {
        const items = Array.from({ length: r.range(1, 6) }, () => (r.chance(0.85) ? { do: 'value', v: r.int(50) } : end()))
        const s = { op: 'stream', how: r.pick(['link', 'sup', 'nolink']), items }
        if (r.chance(0.5)) s.max_concurrency = r.range(1, 3)
        if (r.chance(0.3)) s.ordered = r.chance(0.5)
        if (r.chance(0.25)) { items[r.int(items.length)] = { do: 'forever' }; s.timeout = 80; if (r.chance(0.7)) s.on_timeout = 'kill_task'; }
        if (r.chance(0.15) && s.ordered !== false) s.take = 2
        return s
      }],
    ])()
    sc.steps.push(determined(sc, st))
  }
  return sc
}

// What has no one outcome is written so that it has. Where a supervisor has few places, whether a task has left its own
// when the next one of a stream is started depends on how fast it was. And Elixir 1.14 takes the reply of a task that was
// completed from the start and then fails to unlink its process, which it has none of (later versions look first).
function determined(sc, st) {
  if (st.op === 'stream' && sc.max_children) return { ...st, max_concurrency: 1 }
  const isCompleted = () => sc.steps.some((one) => one.how === 'completed' && one.t === st.t)
  return st.op === 'ignore' && isCompleted() ? { op: 'yield', t: st.t, timeout: 0 } : st
}
