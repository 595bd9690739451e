// Each abnormal death yields one report.
import { afterAll, afterEach, expect, test } from '@jest/globals'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { GenServer, Process, Supervisor, type Autopsy } from 'starfish'
import { assertNoLeaks, captureLog, down, gate, restarted } from '@starfish/testing'
import Patient from '../fixtures/patient.js'

const log = captureLog()
afterEach(() => Process.configure({ autopsy: null }))
afterAll(async () => {
  await assertNoLeaks()
  log[Symbol.dispose]()
})

const reports: Autopsy[] = []
const collect = (): void => Process.configure({ autopsy: { onReport: (report) => void reports.push(report) } })

test('an error in a handler: reason, message, state without its secret, output, and how often before', async () => {
  collect()
  await using tree = await Supervisor.startLink([Patient], { strategy: 'one_for_one' })
  const first = Process.whereis('Patient')!
  await expect(GenServer.call(Patient, ['fail', 'reasons'])).rejects.toMatchObject({ code: 'ERR_CALL_EXIT' })
  await restarted(tree, 'Patient', first)
  await expect(GenServer.call(Patient, ['fail', 'others'])).rejects.toMatchObject({ code: 'ERR_CALL_EXIT' })
  expect(reports.splice(0)).toEqual([
    {
      pid: first, name: 'Patient', time: expect.any(Number), reason: ['error', expect.objectContaining({ name: 'RangeError', message: 'reasons', code: 'E_WHY' })],
      message: 'call fail', lastMessage: expect.stringContaining('reasons'), state: expect.stringContaining('***'), mailboxLength: 1, waiting: [], messagesHandled: 0,
      deathsBefore: 0, output: ['about to fail', 'because of reasons'], hot: undefined,
    },
    expect.objectContaining({ deathsBefore: 1, output: ['about to fail', 'because of others'] }),
  ])
})

test('a death from outside: what it was doing, and how much was waiting', async () => {
  collect()
  const server = await GenServer.start(Patient, undefined)
  const call = GenServer.call(server, 'spin').catch(() => undefined)
  while (Process.info(server.pid)!.busyWith !== 'call spin') await new Promise((resolve) => setImmediate(resolve))
  const before = Process.info(server.pid)!.mailboxLength
  GenServer.cast(server, 'note')
  Process.exit(server.pid, 'kill')
  await call
  expect(reports.splice(0)).toEqual([expect.objectContaining({ reason: 'killed', message: 'call spin', lastMessage: undefined, state: undefined, mailboxLength: before + 1, waiting: undefined })])
})

test.each(['thread', 'main'] as const)('what waited behind the message that ended it, on %s', async (host) => {
  collect()
  const server = await GenServer.start(Patient, undefined, { host, name: null })
  const spot = gate()
  const calls = [['failAt', spot] as const, 'ping'].map((message) => GenServer.call(server.pid, message).catch(() => undefined))
  for (let i = 0; i < 20; i++) GenServer.cast(server.pid, ['note', i])
  if (host === 'thread') await gate.arrival(spot)
  while (Process.info(server.pid)!.mailboxLength !== 21) await new Promise((resolve) => setImmediate(resolve))
  gate.open(spot)
  await Promise.all(calls)
  expect(reports.splice(0)).toEqual([expect.objectContaining({ message: 'call failAt', mailboxLength: 21, waiting: ['call ping', ...Array.from({ length: 9 }, () => 'cast note')] })])
})

test('an error in a timer: what waited is known as well', async () => {
  collect()
  const server = await GenServer.start(Patient, undefined)
  const spot = gate()
  const calls = [['failLater', spot] as const, 'ping'].map((message) => GenServer.call(server.pid, message).catch(() => undefined))
  await gate.arrival(spot)
  while (Process.info(server.pid)!.mailboxLength !== 1) await new Promise((resolve) => setImmediate(resolve))
  gate.open(spot)
  await Promise.all(calls)
  expect(reports.splice(0)).toEqual([expect.objectContaining({ reason: ['uncaught_exception', expect.anything()], state: undefined, waiting: ['call ping'] })])
})

test('a hang: the function it hangs in, where Node can tell', async () => {
  collect()
  const server = await GenServer.start(Patient, undefined, { maxHandlerTime: 100 })
  await GenServer.call(server, 'spin').catch(() => undefined)
  const [report] = reports.splice(0)
  expect(report).toMatchObject({ reason: ['hung', { message: 'call spin' }], message: 'call spin' })
  const canTell = 'startCpuProfile' in Worker.prototype
  if (canTell) expect(report!.hot![0]).toMatchObject({ function: 'fibonacci', at: expect.stringMatching(/patient\.js:\d+$/) })
  else expect(report!.hot).toBeUndefined()
})

test('a file for each, which holds the error too', async () => {
  const directory = join(await mkdtemp(join(tmpdir(), 'autopsy-')), 'crashes')
  Process.configure({ autopsy: { directory } })
  const server = await GenServer.start(Patient, undefined)
  await GenServer.call(server, ['fail', 'reasons']).catch(() => undefined)
  const [file, ...others] = await readdir(directory)
  expect(others).toEqual([])
  expect(file).toMatch(/^Patient-\d+-[\d_]+\.crash\.json$/)
  expect(JSON.parse(await readFile(join(directory, file!), 'utf8'))).toMatchObject({
    pid: server.pid, message: 'call fail', output: ['about to fail', 'because of reasons'],
    error: { name: 'RangeError', message: 'reasons', code: 'E_WHY', stack: expect.stringContaining('patient') },
  })
  await rm(join(directory, '..'), { recursive: true })
})

test('a clean end yields none, and a report that fails is logged', async () => {
  collect()
  const clean = await GenServer.start(Patient, undefined)
  await GenServer.stop(clean)
  expect(reports).toEqual([])
  Process.configure({ autopsy: { onReport: () => { throw new Error('no room') } } })
  const server = await GenServer.start(Patient, undefined)
  Process.exit(server.pid, 'kill')
  await down(server)
  expect(log.events.filter(({ kind }) => kind === 'text')).toEqual([expect.objectContaining({ message: 'the autopsy of Patient failed: no room' })])
})

test.each([[{}], [{ onReport: 1 }], [{ directory: '' }], [{ folder: 'x' }]])('%j is refused', (wrong) => {
  expect(() => Process.configure({ autopsy: wrong as never })).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
})
