// Random GenServer scenarios. See FORMAT.md, family "gs".
import { rng } from './rng.mjs'

const REASONS = ['normal', 'shutdown', 'shutdown:x', 'boom', 'boom', 'oops']

// Timed plans need care: a 400 ms timeout is only asked for while the server is not suspended, and the
// next step is then either a message (cancels it) or a 900 ms sleep (lets it fire).
let timed = true
const T = 400
function act(r, depth) {
  return r.w([
    [8, () => undefined],
    [1, () => ({ timeout: 0 })],
    [timed ? 1.2 : 0, () => ({ timeout: T })],
    [0.7, () => ({ timeout: 60000 })],
    [depth < 2 ? 1.6 : 0, () => ({ continue: plan(r, 'continue', depth + 1) })],
    [0.6, () => 'hibernate'],
  ])()
}

function plan(r, kind, depth = 0) {
  const p = {}
  const rets = kind === 'call'
    ? [[10, 'reply'], [2, 'noreply'], [1, 'stop'], [1.2, 'stop_reply'], [0.7, 'raise'], [0.6, 'exit'], [0.4, 'throw'], [0.3, 'throw_noreply'], [0.3, 'bad']]
    : [[11, 'noreply'], [1, 'stop'], [0.6, 'raise'], [0.5, 'exit'], [0.3, 'throw'], [0.3, 'throw_noreply'], [0.2, 'bad'], [0.2, 'reply'], [0.2, 'stop_reply']]
  p.ret = r.w(rets)
  if (p.ret === 'reply' || p.ret === 'stop_reply') p.v = r.int(100)
  if (['stop', 'stop_reply', 'raise', 'exit', 'throw'].includes(p.ret)) p.reason = p.ret === 'raise' ? 'eek' : r.pick(REASONS)
  if (r.chance(0.6)) p.add = r.range(1, 5)
  if (['reply', 'noreply', 'throw_noreply'].includes(p.ret)) {
    const a = act(r, depth)
    if (a !== undefined) p.act = a
  }
  if (kind === 'call') {
    // (answering twice is left out: whether the second answer is seen is a race)
    if (p.ret !== 'reply' && p.ret !== 'stop_reply' && r.chance(0.4)) p.early = r.int(100)
    else if (p.ret === 'noreply' && r.chance(0.6)) p.defer = true
    if (r.chance(0.03)) p.self_call = true
  } else if (r.chance(0.2)) p.release = r.int(100)
  if (depth < 2 && r.chance(0.12)) p.self_cast = plan(r, 'cast', depth + 1)
  if (depth < 2 && r.chance(0.08)) p.self_info = plan(r, 'info', depth + 1)
  if (r.chance(0.06)) p.term = r.pick(['exit:late', 'raise:late', 'sleep:10', 'exit:normal'])
  if (r.chance(0.04)) p.trap = r.chance(0.7)
  return p
}

const replies = (p) => p.ret === 'reply' || p.ret === 'stop_reply' || p.early !== undefined

export function gen(seed, i) {
  timed = true
  const r = rng((seed * 1000003 + i * 7919 + 101) >>> 0)
  for (let k = 0; k < 8; k++) r.next()
  const sc = { id: `gs-${seed}-${i}`, family: 'gs' }
  const init = { ret: r.w([[16, 'ok'], [1, 'ignore'], [1, 'stop'], [0.6, 'raise'], [0.6, 'exit'], [0.3, 'throw'], [0.3, 'throw_ok'], [0.4, 'bad']]) }
  if (['stop', 'raise', 'exit', 'throw'].includes(init.ret)) init.reason = init.ret === 'raise' ? 'eek' : r.pick(REASONS)
  if (init.ret === 'ok') {
    const a = act(r, 0)
    if (a !== undefined) init.act = a
  }
  if (r.chance(0.04)) { init.sleep = 150; sc.start_timeout = 30; }
  sc.init = init
  if (r.chance(0.4)) sc.trap = true
  if (r.chance(0.3)) sc.link = false
  if (r.chance(0.4)) sc.name = 'srv_name'
  sc.steps = []
  // deferred plans inside a timed step could be handled later than planned; keep extra clients untimed
  const n = init.ret === 'ok' || init.ret === 'throw_ok' ? r.range(3, 11) : 2
  let c = 1
  const open = []
  let suspended = false
  const hasT = (x) => JSON.stringify(x).includes(`"timeout":${T}}`)
  let pending = hasT(sc.init)
  for (let k = 0; k < n; k++) {
    timed = !suspended
    if (pending && r.chance(0.5)) {
      sc.steps.push({ op: 'sleep', ms: 900 })
      pending = false
      continue
    }
    const st = r.w([
      [7, () => {
        const p = plan(r, 'call')
        if (r.chance(0.08)) { p.sleep = 150; return { op: 'call', plan: p, timeout: 40 }; }
        return { op: 'call', plan: p, timeout: replies(p) && !suspended ? 2000 : 40 }
      }],
      [4, () => ({ op: 'cast', plan: plan(r, 'cast') })],
      [3, () => ({ op: 'info', plan: plan(r, 'info') })],
      [3, () => { const id = 'c' + c++; open.push(id); return { op: 'acall', c: id, plan: plan(r, 'call'), timeout: 20000 }; }],
      [open.length ? 3 : 0, () => ({ op: 'await', c: r.pick(open) })],
      [1, () => ({ op: 'stop', reason: r.pick(REASONS), timeout: 2000 })],
      [1.2, () => ({ op: 'exit', reason: r.pick([...REASONS, 'kill']) })],
      [0.6, () => ({ op: 'parent_exit', reason: r.pick([...REASONS, 'kill']) })],
      [0.5, () => ({ op: 'sleep', ms: 50 })],
      [1.5, () => { suspended = !suspended; return { op: suspended ? 'suspend' : 'resume' }; }],
      [1, () => ({ op: 'get_state' })],
      [0.6, () => ({ op: 'replace_state', add: 10 })],
      [0.4, () => ({ op: 'status' })],
      [1.5, () => ({ op: 'mailbox' })],
      [0.5, () => ({ op: 'whereis', name: 'srv_name' })],
      [0.6, () => ({ op: 'call_name', name: r.pick(['srv_name', 'nobody']), plan: { ret: 'reply', v: 1 }, timeout: suspended ? 40 : 2000 })],
      [0.3, () => ({ op: 'cast_name', name: r.pick(['srv_name', 'nobody']), plan: { ret: 'noreply', add: 1 } })],
    ].filter((x, j) => !pending || j < 3))()
    sc.steps.push(st)
    pending = hasT(st)
  }
  if (pending) sc.steps.push({ op: 'sleep', ms: 900 })
  for (const id of open) sc.steps.push({ op: 'await', c: id })
  sc.steps.push({ op: 'mailbox' })
  return sc
}
