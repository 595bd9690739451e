// Names: the directory in shared memory, and who may have which name (otp-semantics R79, R89).
import { afterAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { GenServer, Process } from 'starfish'
import { assertNoLeaks, down } from '@starfish/testing'
import { HELD_NAME, LONGEST_NAME, NameDirectory } from '#core/process/names'
import { processId } from '#core/term/pid'
import Puppet, { startPuppet } from '../fixtures/puppet.js'

afterAll(() => assertNoLeaks())

test('the directory says what a Map would, to any thread', () => {
  const name = fc.oneof(fc.constantFrom('a', 'b', 'ab', 'ba', '__proto__'), fc.string({ minLength: 1, maxLength: LONGEST_NAME, unit: 'grapheme' }).map((text) => text.slice(0, LONGEST_NAME)))
  const step = fc.tuple(fc.constantFrom('register', 'hold', 'remove'), name, fc.nat(60_000), fc.nat(2 ** 31 - 1))
  const writer = new NameDirectory()
  const reader = new NameDirectory(writer.memory)
  const model = new Map<string, number>()
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      for (const [what, text, slot, generation] of steps) {
        if (what === 'register') {
          writer.register(text, processId(slot, generation))
          model.set(text, processId(slot, generation))
        } else if (what === 'hold') {
          writer.hold(text)
          if (model.has(text)) model.set(text, HELD_NAME)
        } else {
          writer.remove(text)
          model.delete(text)
        }
        for (const directory of [writer, reader]) expect(directory.lookup(text)).toBe(model.get(text))
      }
      for (const [text, owner] of model) expect(reader.lookup(text)).toBe(owner)
    }),
  )
})

test('a full directory says so, and goes on for those who are in it', () => {
  const directory = new NameDirectory()
  for (let i = 1; i < 65_536; i++) directory.register(`n${i}`, processId(1, i))
  expect(() => directory.register('one more', 1)).toThrow('full')
  expect([directory.lookup('n65535'), directory.lookup('one more')]).toEqual([processId(1, 65_535), undefined])
  directory.remove('n7')
  directory.register('one more', 1)
  expect([directory.lookup('n7'), directory.lookup('one more')]).toEqual([undefined, 1])
})

test.each(['thread', 'main'] as const)('a name given to a process on %s is known everywhere, from main and from a worker', async (host) => {
  await using other = await startPuppet()
  await using puppet = await startPuppet({ host })
  await Process.register(puppet.pid, 'given')
  expect([Process.whereis('given'), await puppet.act('whereis', 'given'), await other.act('whereis', 'given')]).toEqual([puppet.pid, puppet.pid, puppet.pid])
  Process.send('given', 'from main')
  await other.act('send', 'given', 'from a worker')
  expect([await puppet.got(), await puppet.got()]).toEqual(['from main', 'from a worker'])
  await other.act('unregister', 'given')
  expect([Process.whereis('given'), await other.act('whereis', 'given')]).toEqual([undefined, undefined])
  await other.act('register', puppet.pid, 'given again')
  expect(Process.whereis('given again')).toBe(puppet.pid)
})

test('a process can name itself before and while it serves; the name goes with it', async () => {
  await using puppet = await startPuppet({ name: 'born with it' })
  expect(Process.whereis('born with it')).toBe(puppet.pid)
  await puppet.act('unregister', 'born with it')
  await puppet.act('register', puppet.pid, 'chosen')
  expect(Process.whereis('chosen')).toBe(puppet.pid)
  Process.exit(puppet.pid, 'kill')
  expect(Process.whereis('chosen')).toBeUndefined() // it has begun to exit
  await down(puppet.pid)
  await using next = await startPuppet({ name: 'chosen' })
  expect(Process.whereis('chosen')).toBe(next.pid)
  await GenServer.stop('chosen')
  expect(Process.whereis('chosen')).toBeUndefined()
})

test('a name has one process, a process one name', async () => {
  await using one = await startPuppet({ name: 'taken' })
  await using other = await startPuppet()
  const fromMain = [Process.register(other.pid, 'taken'), Process.register(one.pid, 'second')].map((refused) => refused.catch((error: unknown) => error))
  const fromWorker = [other.attempt('register', other.pid, 'taken'), other.attempt('register', one.pid, 'second')]
  for (const [taken, second] of [await Promise.all(fromMain), await Promise.all(fromWorker)]) {
    expect(taken).toMatchObject({ name: 'UsageError', code: 'ERR_NAME_TAKEN', message: expect.stringContaining(one.pid) as unknown })
    expect(second).toMatchObject({ name: 'UsageError', code: 'ERR_NAME_TAKEN', message: expect.stringContaining('taken') as unknown })
  }
  expect([Process.whereis('taken'), Process.whereis('second')]).toEqual([one.pid, undefined])
  await expect(GenServer.start(Puppet, Process.self(), { name: 'taken' })).rejects.toMatchObject({ code: 'ERR_START', reason: ['already_started', one.pid] })
})

test('who is refused: a dead process, a name nobody has, what is no name', async () => {
  await using puppet = await startPuppet()
  await GenServer.stop(puppet.pid)
  await expect(Process.register(puppet.pid, 'late')).rejects.toMatchObject({ code: 'ERR_NOT_ALIVE' })
  await expect(Process.unregister('nobody')).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
  for (const name of ['', '#PID<0.1.1>', 'x'.repeat(LONGEST_NAME + 1), 3, undefined]) {
    await expect(Process.register(Process.self(), name as string)).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
  }
  expect(Process.whereis('late')).toBeUndefined()
})

test('the longest name, in the widest letters', async () => {
  const name = '海星'.repeat(LONGEST_NAME / 2).padEnd(LONGEST_NAME, '🌟').slice(0, LONGEST_NAME)
  await using puppet = await startPuppet({ name })
  expect([Process.whereis(name), await puppet.act('whereis', name), Process.whereis(name.slice(1))]).toEqual([puppet.pid, puppet.pid, undefined])
})

test('the main program has a pid and may have a name', async () => {
  await Process.register(Process.self(), 'the program')
  expect(Process.whereis('the program')).toBe(Process.self())
  await using puppet = await startPuppet()
  await puppet.act('send', 'the program', 'hello')
  expect(await Process.receive((message) => message === 'hello')).toBe('hello')
  await Process.unregister('the program')
})

test('at the moment of a DOWN the name is free', async () => {
  await using watcher = await startPuppet()
  await using puppet = await startPuppet({ name: 'leaving' })
  await watcher.act('monitor', puppet.pid)
  Process.exit(puppet.pid, 'kill')
  await watcher.got()
  expect(await watcher.act('whereis', 'leaving')).toBeUndefined()
  await watcher.act('register', watcher.pid, 'leaving')
})
