// Monitors between processes of any two hosts (otp-semantics R79, R85, R86).
import { afterAll, afterEach, describe, expect, test } from '@jest/globals'
import { GenServer, Process, type Ref } from 'starfish'
import { assertNoLeaks, down, gate } from '@starfish/testing'
import { startPuppet, type Strings } from '../fixtures/puppet.js'

const puppets: Strings[] = []
afterEach(async () => {
  for (const puppet of puppets.splice(0)) await puppet[Symbol.asyncDispose]()
})
afterAll(() => assertNoLeaks())

const hosts = ['thread', 'main'] as const

describe.each(hosts.flatMap((a) => hosts.map((b) => [a, b] as const)))('a watcher on %s, a process on %s', (hostA, hostB) => {
  const start = async () => {
    const [a, b] = await Promise.all([startPuppet({ host: hostA }), startPuppet({ host: hostB })])
    puppets.push(a, b)
    return [a, b] as const
  }

  test('every monitor brings a DOWN of its own, unless it is given up; later ones noproc at once', async () => {
    const [a, b] = await start()
    const refs = [await a.act('monitor', b.pid), await a.act('monitor', b.pid), await a.act('monitor', b.pid)]
    const dropped = await a.act('monitor', b.pid)
    expect(new Set([...refs, dropped]).size).toBe(4)
    expect([await a.act('demonitor', dropped), await a.act('demonitor', dropped), await a.act('demonitor', '#Ref<0.0.0>' as Ref)]).toEqual([true, false, false])
    Process.exit(b.pid, ['my', 'reason'])
    await down(b.pid)
    const got = await a.gotten()
    expect(got).toHaveLength(3)
    expect(got).toEqual(expect.arrayContaining(refs.map((ref) => ['DOWN', ref, b.pid, ['my', 'reason']])))
    expect(await a.act('demonitor', refs[0]!)).toBe(false)
    const late = await a.act('monitor', b.pid)
    expect(await a.got()).toEqual(['DOWN', late, b.pid, 'noproc'])
  })

  test('by name the DOWN carries the name, and watches the process, not the name', async () => {
    const [a, b] = await start()
    await Process.register(b.pid, 'watched')
    const ref = await a.act('monitor', 'watched')
    await Process.unregister('watched')
    await GenServer.stop(b.pid, 'shutdown')
    expect(await a.got()).toEqual(['DOWN', ref, 'watched', 'shutdown'])
    const nobody = await a.act('monitor', 'watched')
    expect(await a.got()).toEqual(['DOWN', nobody, 'watched', 'noproc'])
  })

  test('the end of the watcher is nothing to the watched', async () => {
    const [a, b] = await start()
    await a.act('monitor', b.pid)
    Process.exit(a.pid, 'kill')
    await down(a.pid)
    expect(await b.gotten()).toEqual([])
  })
})

test('demonitor with flush takes back a DOWN that has arrived, without flush it stays', async () => {
  const gone = await startPuppet()
  const [flushed, left] = [Process.monitor(gone.pid), Process.monitor(gone.pid)]
  await GenServer.stop(gone.pid)
  await down(gone.pid)
  expect([Process.demonitor(flushed, { flush: true }), Process.demonitor(left)]).toEqual([false, false])
  expect(await Process.receive((message) => message[0] === 'DOWN')).toEqual(['DOWN', left, gone.pid, 'normal'])
  await expect(Process.receive((message) => message[0] === 'DOWN', { timeout: 0 })).rejects.toMatchObject({ code: 'ERR_RECEIVE_TIMEOUT' })
})

test('a worker flushes a DOWN that lies unread in its mailbox', async () => {
  await using watcher = await startPuppet()
  const gone = await startPuppet()
  const ref = await watcher.act('monitor', gone.pid)
  const spot = gate()
  GenServer.cast(watcher.pid, ['stand', spot])
  await gate.arrival(spot)
  const flushing = watcher.act('demonitor', ref, { flush: true })
  await GenServer.stop(gone.pid)
  gate.open(spot)
  await flushing
  expect(await watcher.gotten()).toEqual([])
})

test.each(hosts)('link and monitor of one death, on %s: EXIT comes before DOWN', async (host) => {
  await using watcher = await startPuppet({ host })
  const gone = await startPuppet()
  await watcher.act('flag', 'trapExit', true)
  const ref = await watcher.act('monitor', gone.pid)
  await watcher.act('link', gone.pid)
  Process.exit(gone.pid, 'kill')
  expect([await watcher.got(), await watcher.got()]).toEqual([['EXIT', gone.pid, 'killed'], ['DOWN', ref, gone.pid, 'killed']])
})

test('a process that watches itself hears nothing, and monitoring refuses what is no process', async () => {
  await using puppet = await startPuppet()
  await puppet.act('monitor', puppet.pid)
  expect(await puppet.gotten()).toEqual([])
  for (const nobody of [undefined, 3, null, {}]) expect(() => Process.monitor(nobody as never)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
})
