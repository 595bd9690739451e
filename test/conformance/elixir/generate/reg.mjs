// Random Registry scenarios. See FORMAT.md, family "reg".
import { rng } from './rng.mjs'
export function gen(seed, i) {
  const r = rng((seed * 1000003 + i * 7919 + 307) >>> 0)
  for (let k = 0; k < 8; k++) r.next()
  const keys = r.pick(['unique', 'duplicate'])
  const sc = { id: `reg-${seed}-${i}`, family: 'reg', keys, partitions: r.pick([1, 1, 3]), steps: [] }
  const ps = []
  const add = () => { const p = 'p' + (ps.length + 1); ps.push(p); return { op: 'spawn', p }; }
  for (let k = 0; k < 3; k++) sc.steps.push(add())
  const K = () => r.pick(['k1', 'k2', 'k3'])
  const P = () => r.pick(ps)
  const V = () => r.int(3)
  const n = r.range(8, 25)
  for (let k = 0; k < n; k++) {
    sc.steps.push(r.w([
      [8, () => ({ op: 'register', p: P(), k: K(), v: V() })],
      [2, () => ({ op: 'unregister', p: P(), k: K() })],
      [1, () => ({ op: 'unregister_match', p: P(), k: K(), v: V() })],
      [3, () => ({ op: 'lookup', k: K() })],
      [1, () => ({ op: 'match', k: K(), v: r.chance(0.3) ? '_' : V() })],
      [2, () => ({ op: 'keys', p: P() })],
      [1, () => ({ op: 'values', p: P(), k: K() })],
      [1, () => ({ op: 'count' })],
      [1, () => ({ op: 'count_match', k: K(), v: r.chance(0.3) ? '_' : V() })],
      [1, () => ({ op: 'select_all' })],
      [keys === 'unique' ? 2 : 0.2, () => ({ op: 'update_value', p: P(), k: K(), add: 10 })],
      [1.5, () => ({ op: 'dispatch', k: K() })],
      [keys === 'unique' ? 1.5 : 0, () => ({ op: 'whereis', k: K() })],
      [keys === 'unique' ? 0.5 : 0, () => ({ op: 'send', k: K() })],
      [0.6, () => ({ op: 'put_meta', k: r.pick(['ma', 'mb']), v: V() })],
      [0.6, () => ({ op: 'meta', k: r.pick(['ma', 'mb']) })],
      [0.3, () => ({ op: 'delete_meta', k: r.pick(['ma', 'mb']) })],
      [1.8, () => ({ op: 'die', p: P(), reason: r.pick(['kill', 'boom', 'shutdown', 'normal']) })],
      [1, add],
    ])())
    // an exit signal with reason normal does not kill a puppet that does not trap
    const last = sc.steps[sc.steps.length - 1]
    if (last.op === 'die' && last.reason === 'normal') last.reason = 'kill'
  }
  sc.steps.push({ op: 'select_all' })
  return sc
}
