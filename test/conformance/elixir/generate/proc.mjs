// Random process-primitive scenarios. See FORMAT.md, family "proc".
import { rng } from './rng.mjs'
const RS = [[4, 'boom'], [2, 'normal'], [2, 'shutdown'], [1, 'shutdown:x'], [3, 'kill'], [1, 'killed'], [1, 'oops']]
const DIE = RS

export function gen(seed, i) {
  const r = rng((seed * 1000003 + i * 7919 + 211) >>> 0)
  for (let k = 0; k < 8; k++) r.next()
  const steps = []
  const ps = []
  let np = 1, nm = 1, nt = 1, na = 1, msg = 1
  const ms = []; // [p, m]
  const ts = []
  const as = []
  const P = () => r.pick(ps)
  const two = () => { const p = P(); let q = P(); for (let k = 0; k < 4 && q === p; k++) q = P(); return [p, q]; }
  const spawn = () => {
    const p = 'p' + np++
    const st = { op: 'spawn', p }
    if (r.chance(0.55)) st.trap = true
    if (ps.length && r.chance(0.5)) {
      st.by = P()
      st.how = r.pick(['link', 'link', 'monitor', 'plain'])
      if (st.how === 'monitor') { st.m = 'm' + nm++; ms.push([st.by, st.m]); }
    }
    ps.push(p)
    return st
  }
  const n0 = r.range(2, 4)
  for (let k = 0; k < n0; k++) steps.push(spawn())
  const n = r.range(5, 16)
  const names = ['na', 'nb']
  for (let k = 0; k < n; k++) {
    const st = r.w([
      [4, spawn],
      [5, () => { const [p, q] = two(); return { op: 'link', p, q }; }],
      [1.5, () => { const [p, q] = two(); return { op: 'unlink', p, q }; }],
      [4, () => { const [p, q] = two(); const m = 'm' + nm++; ms.push([p, m]); return { op: 'monitor', p, q, m }; }],
      [ms.length ? 1.5 : 0, () => { const [p, m] = r.pick(ms); return { op: 'demonitor', p, m, opts: r.pick([[], ['flush'], ['info'], ['flush', 'info']]) }; }],
      [5, () => { const [p, q] = r.chance(0.15) ? [P(), null] : two(); return { op: 'exit', p, q: q ?? p, reason: r.w(RS) }; }],
      [4, () => { const how = r.pick(['exit', 'exit', 'raise', 'self_exit']); return { op: 'die', p: P(), how, reason: how === 'raise' ? 'eek' : r.w(DIE) }; }],
      [1.5, () => ({ op: 'trap', p: P(), on: r.chance(0.6) })],
      [2, () => {
        const [p, q] = two()
        const st = { op: 'send', p, q, texts: Array.from({ length: r.range(1, 5) }, () => 't' + msg++) }
        if (r.chance(0.4)) st.then = r.w(DIE) // oxlint-disable-line unicorn/no-thenable -- the word of the format
        return st
      }],
      [1.2, () => ({ op: 'register', p: P(), name: r.pick(names) })],
      [0.4, () => ({ op: 'unregister', p: P(), name: r.pick(names) })],
      [0.8, () => ({ op: 'whereis', name: r.pick(names) })],
      [0.8, () => ({ op: 'send_name', p: P(), name: r.pick(names), text: 't' + msg++ })],
      [0.8, () => { const p = P(); const m = 'm' + nm++; ms.push([p, m]); return { op: 'monitor_name', p, name: r.pick(names), m }; }],
      [0.7, () => { const [p, q] = two(); const timer = 't' + nt++; ts.push([p, timer]); return { op: 'send_after', p, q, ms: 60000, text: 't' + msg++, timer }; }],
      [0.5, () => { const [p, q] = two(); const timer = 't' + nt++; ts.push([p, timer]); steps.push({ op: 'send_after', p, q, ms: 20, text: 't' + msg++, timer }); return { op: 'sleep', ms: 120 }; }],
      [ts.length ? 0.8 : 0, () => { const [p, timer] = r.pick(ts); return { op: 'cancel_timer', p, timer }; }],
      [0.5, () => { const p = P(); const a = 'a' + na++; as.push([p, a]); return { op: 'alias', p, a }; }],
      [as.length ? 0.6 : 0, () => { const [p, a] = r.pick(as); return { op: 'unalias', p: r.chance(0.8) ? p : P(), a }; }],
      [as.length ? 1 : 0, () => ({ op: 'send_alias', p: P(), a: r.pick(as)[1], text: 't' + msg++ })],
      [0.8, () => ({ op: 'alive', p: P() })],
      [0.8, () => ({ op: 'links', p: P() })],
    ])()
    // a 20 ms timer must be settled before anything else happens: it is followed by its sleep
    steps.push(st)
  }
  return { id: `proc-${seed}-${i}`, family: 'proc', steps }
}
