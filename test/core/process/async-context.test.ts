// AsyncLocalStorage across call and cast: whose context runs where.
import { afterAll, describe, expect, test } from '@jest/globals'
import { GenServer, Process } from 'starfish'
import { assertNoLeaks, receive } from '@starfish/testing'
import { Contextual, storage } from '../fixtures/contextual.js'

afterAll(() => assertNoLeaks())

const start = (host: 'thread' | 'main') => GenServer.startLink(Contextual, Process.self(), { host })

describe.each(['thread', 'main'] as const)('a server on %s', (host) => {
  test('each caller goes on in its own context, also when replies come together', async () => {
    await using server = await start(host)
    const callers = Array.from({ length: 20 }, (_, i) =>
      storage.run(`caller ${i}`, async () => {
        await GenServer.call(server, 'here')
        return storage.getStore()
      }),
    )
    expect(await Promise.all(callers)).toEqual(callers.map((_, i) => `caller ${i}`))
    const late = storage.run('late', () => GenServer.call(server, ['later', 'never'], { timeout: 1 }).catch(() => storage.getStore()))
    await receive('waits')
    expect(await late).toBe('late')
    Process.send(server.pid, 'never')
  })

  test('what a handler enters is not there for what comes later', async () => {
    await using server = await start(host)
    await GenServer.call(server, 'seen')
    for (const leave of ['enter', 'enterAndWait'] as const) {
      GenServer.cast(server, [leave, 'left behind'])
      await GenServer.call(server, 'here')
      GenServer.cast(server, 'note')
      Process.send(server.pid, 'info')
    }
    expect(await GenServer.call(server, 'seen')).toEqual(['nothing', 'nothing', 'nothing', 'nothing'])
  })
})

test('on the main thread, what a handler enters ends with its message, also when others wait already', async () => {
  await using server = await start('main')
  await GenServer.call(server, 'seen')
  for (const leave of ['enter', 'enterAndWait'] as const) {
    GenServer.cast(server, [leave, 'left behind'])
    GenServer.cast(server, 'note')
    Process.send(server.pid, 'info')
  }
  expect(await GenServer.call(server, 'seen')).toEqual(['nothing', 'nothing', 'nothing', 'nothing'])
})

test('on one thread, a handler runs in the context of whoever sent the message', async () => {
  await using server = await storage.run('starter', () => start('main'))
  expect(await GenServer.call(server, 'seen')).toEqual(['starter'])
  const later = storage.run('first', () => GenServer.call(server, ['later', 'go on']))
  await receive('waits')
  // These wait in the mailbox until the first is done.
  storage.run('cast', () => GenServer.cast(server, 'note'))
  GenServer.cast(server, 'note')
  storage.run('info', () => Process.send(server.pid, 'info'))
  const here = storage.run('call', () => GenServer.call(server, 'here'))
  storage.run('somebody', () => Process.send(server.pid, 'go on'))
  expect(await later).toEqual(['first', 'first'])
  expect(await here).toBe('call')
  expect(await GenServer.call(server, 'seen')).toEqual(['cast', 'nothing', 'info'])
})

test('a handler that calls another server of its thread brings its context with it', async () => {
  await using first = await start('main')
  await using second = await start('main')
  expect(await storage.run('caller', () => GenServer.call(first, ['through', second.pid]))).toBe('caller')
  expect(await storage.run('caller', () => GenServer.call(first, ['inside', [second.pid, 'own']]))).toBe('own')
})

test('a context stays on its thread', async () => {
  await using main = await start('main')
  const worker = await storage.run('starter', () => start('thread'))
  await using _worker = worker
  expect(await storage.run('caller', () => GenServer.call(worker, 'seen'))).toEqual(['nothing'])
  expect(await GenServer.call(worker, ['inside', [main.pid, 'own']])).toBe('nothing')
  const other = await start('thread')
  await using _other = other
  // The line between the two was opened in a context: that is not the context of what comes over it.
  expect(await GenServer.call(worker, ['inside', [other.pid, 'own']])).toBe('nothing')
  expect(await GenServer.call(other, ['through', worker.pid])).toBe('nothing')
})
