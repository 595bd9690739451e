// The starfish command as a program: what it says and what it ends with.
import { afterAll, expect, jest, test } from '@jest/globals'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'

jest.setTimeout(30_000)

const BIN = resolve(__dirname, '../../../packages/cli/dist/bin.js')
const LAMP = resolve(__dirname, 'fixtures/lamp.js')
const TWO = resolve(__dirname, 'fixtures/two-lamps.js')

const running = new Set<ChildProcess>()
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
})

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { STARFISH_LOG: _log, NODE_OPTIONS: _options, ...outer } = process.env
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...outer, ...env }, cwd: __dirname })
  running.add(child)
  const ended = Promise.all([once(child, 'close') as Promise<[number]>, text(child.stdout), text(child.stderr)]).then(([[code], out, err]) => {
    running.delete(child)
    return { code, out, err }
  })
  return { child, ended }
}

const run = (args: readonly string[], env?: NodeJS.ProcessEnv) => start(args, env).ended

test('run starts the application and says so; a signal shuts it down, code 0', async () => {
  const { child, ended } = start(['run', 'fixtures/lamp.js'])
  await new Promise<void>((up) => child.stderr.on('data', (data) => String(data).includes('lamp runs') && up()))
  child.kill('SIGTERM')
  expect(await ended).toMatchObject({ code: 0, out: 'on\noff\n', err: expect.stringMatching(/^\S+ \[info\] lamp runs, Ctrl-C ends it\n$/) as unknown })
})

test.each([
  ['does not start', 'broken', '', /\[error\] application lamp did not start: .*Error: no bulb/],
  ['ends by itself', 'dies', 'on\noff\n', /\[error\] Application lamp exited: killed/],
])('an application that %s: a report, code 1', async (_what, how, out, report) => {
  expect(await run(['run', LAMP], { LAMP: how })).toEqual({ code: 1, out, err: expect.stringMatching(report) })
})

test.each<[string, string[], string | RegExp]>([
  ['no file', ['run', 'nowhere.js'], 'starfish: expected a file, got nowhere.js, which does not exist\n'],
  ['no application', ['run', require.resolve('starfish')], /to export an application, got none; write export default Application\.define/],
  ['two applications', ['run', TWO], /got left and right; write --export left\n$/],
  ['not an application', ['run', TWO, '--export', 'switches'], /^starfish: expected .* to export an application as switches, got number; write export const switches = /],
  ['half a ms', ['run', LAMP, '--patience', '0.5'], /expected a whole number of ms/],
  ['a wrong name', ['new', 'Hello'], /^starfish: expected a name of lower-case letters/],
  ['both languages', ['new', 'hello', '--ts', '--js'], 'starfish: expected --ts or --js, got both\n'],
  ['no such command', ['walk'], /unknown command 'walk'/],
])('refused with code 2: %s', async (_what, args, said) => {
  const { code, out, err } = await run(args)
  expect({ code, out }).toEqual({ code: 2, out: '' })
  if (typeof said === 'string') expect(err).toBe(said)
  else expect(err).toMatch(said)
})

test('--help and --version', async () => {
  expect(await run(['--help'])).toMatchObject({ code: 0, out: expect.stringMatching(/^Usage: starfish .*new.*run.*demo/s) as unknown, err: '' })
  expect(await run(['--version'])).toMatchObject({ code: 0, out: '0.1.0\n' })
})

test('demo is the demo', async () => {
  expect(await run(['demo', '--help'])).toMatchObject({ code: 0, out: expect.stringContaining('Usage: starfish demo [options] [directory]') as unknown })
  const { code, out } = await run(['demo', 'fixtures', '--json', '--workers', '1', '--no-chaos', '--no-verify'])
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ files: expect.anything() as unknown })
})
