// What is published on Node's diagnostics channels, and where.
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import { afterAll, expect, test } from '@jest/globals'
import { type CallMessage, GenServer, type Pid, Process, Supervisor } from 'starfish'
import { assertNoLeaks, down, restarted } from '@starfish/testing'
import Counter from '../fixtures/counting.js'

afterAll(() => assertNoLeaks())

function published(name: string): Disposable & { readonly messages: Record<string, unknown>[] } {
  const messages: Record<string, unknown>[] = []
  const note = (message: unknown): unknown => messages.push(message as Record<string, unknown>)
  subscribe(name, note)
  return { messages, [Symbol.dispose]: () => void unsubscribe(name, note) }
}

test.each(['thread', 'main'] as const)('the start and the exit of a process on %s', async (host) => {
  using starts = published('starfish:process:start')
  using exits = published('starfish:process:exit')
  const { pid } = await GenServer.start(Counter, 0, { host, name: 'Watched' })
  const { thread } = Process.info(pid)!
  const watched = { pid, name: 'Watched', parent: Process.self(), thread }
  expect(starts.messages).toEqual([watched])
  Process.exit(pid, ['my', 'reason'])
  await down(pid)
  expect(exits.messages).toEqual([{ ...watched, reason: ['my', 'reason'] }])
})

test('a start that fails is an exit only', async () => {
  using starts = published('starfish:process:start')
  using exits = published('starfish:process:exit')
  await expect(GenServer.start(Counter, 0, { timeout: 0 })).rejects.toMatchObject({ reason: 'timeout' })
  expect([starts.messages, exits.messages]).toEqual([[], [expect.objectContaining({ reason: 'killed' })]])
})

test('a restart names the child and both its pids', async () => {
  using restarts = published('starfish:process:restart')
  await using supervisor = await Supervisor.startLink([{ id: 'counter', start: [Counter, 0, { host: 'main', name: null }] }], { strategy: 'one_for_one' })
  const before = (await Supervisor.whichChildren(supervisor))[0]!.pid as Pid
  expect(restarts.messages).toEqual([])
  Process.exit(before, 'kill')
  const after = await restarted(supervisor, 'counter', before)
  expect(restarts.messages).toEqual([{ supervisor: supervisor.pid, id: 'counter', pid: after, previous: before }])
})

test('a call is traced from its start to its reply or its failure', async () => {
  await using server = await GenServer.start(Counter, 1)
  const seen: [string, CallMessage][] = []
  const note = (event: string) => (message: unknown) => void seen.push([event, { ...(message as CallMessage) }])
  const names = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const
  const subscribers = Object.fromEntries(names.map((name) => [name, note(name)])) as Record<(typeof names)[number], () => void>
  const channel = tracingChannel('starfish:call')
  channel.subscribe(subscribers as never)
  try {
    expect(await GenServer.call(server.pid, ['bump', 2])).toBe(3)
    const call = { api: 'GenServer.call', caller: Process.self(), server: server.pid, message: ['bump', 2] }
    expect(seen.splice(0)).toEqual([['start', call], ['end', call], ['asyncStart', { ...call, result: 3 }], ['asyncEnd', { ...call, result: 3 }]])
    await expect(GenServer.call('Nobody', 'get')).rejects.toMatchObject({ code: 'ERR_CALL_NOPROC' })
    expect(seen.map(([event, { server: label }]) => [event, label])).toEqual([['start', 'Nobody'], ['end', 'Nobody'], ['error', 'Nobody'], ['asyncStart', 'Nobody'], ['asyncEnd', 'Nobody']])
    expect(seen[2]![1].error).toMatchObject({ code: 'ERR_CALL_NOPROC' })
    await expect(GenServer.call(undefined as never, 'get')).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
  } finally {
    channel.unsubscribe(subscribers as never)
  }
})
