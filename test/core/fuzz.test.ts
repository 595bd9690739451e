// Every public function with anything for arguments: it does what it is for, or says what is wrong in an error of ours. It
// never fails by accident, never waits for what cannot come, and leaves the runtime as it was.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import * as starfish from 'starfish'
import { Application, GenServer, Logger, Process, Supervisor, type Pid } from 'starfish'
import { liveProcesses } from 'starfish/internal'
import { assertNoLeaks, captureLog, type CapturedLog } from '@starfish/testing'
import { here } from '#core/process/here'
import Numbered from './fixtures/numbered.js'

/** Tables are written to files: here, whatever they are called. */
const folder = mkdtempSync(join(tmpdir(), 'fuzz-'))
const home = process.cwd()

let log: CapturedLog
beforeAll(() => {
  log = captureLog()
  process.chdir(folder)
})
afterAll(async () => {
  process.chdir(home)
  rmSync(folder, { recursive: true })
  log[Symbol.dispose]()
  await assertNoLeaks()
})

/** What waits by right until something comes, or ends the program. */
const APART = new Set(['Process.receive', 'Application.run'])

const functions = Object.entries(starfish as unknown as Record<string, unknown>)
  .filter(([, module]) => typeof module === 'object' && module !== null)
  .flatMap(([module, all]) => Object.entries(all as object).filter(([name, one]) => typeof one === 'function' && !APART.has(`${module}.${name}`)).map(([name, one]) => [`${module}.${name}`, one as (...args: unknown[]) => unknown] as const))

const DEAD = '#PID<0.60000.1>' as Pid
/** What has the looks of something. */
const plausible: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(
  DEAD, 'nobody', '', Infinity, NaN, -1, 0, 1.5, 5000, null, undefined, true, [], {}, () => 1, async () => undefined, Numbered, [Numbered, 1], ['tag', 1], 'tag', '#Ref<0.0.1>',
  { strategy: 'one_for_one' }, { timeout: 0 }, { timeout: -1 }, { name: 'Fuzzed' }, { name: '' }, { name: DEAD }, { id: 'x', start: Numbered }, { id: 'x', start: [Numbered, 1] }, { keys: 'unique', name: 'Fuzzed' },
  { pid: DEAD }, { pid: 'x' }, new Error('x'), Symbol('x'), 10n, new Map(), new Date(0), Uint8Array.of(1), join(folder, 'file.js'), 'file:///nowhere.js', new AbortController().signal, AbortSignal.abort(),
  { signal: AbortSignal.abort() }, { transfer: [1] }, { host: 'main' }, { thread: {} }, { thread: { resourceLimits: { maxOldGenerationSizeMb: 'x' } } }, { get name() { throw new Error('mine') } },
)
const anything = fc.oneof({ weight: 3, arbitrary: plausible }, fc.anything({ maxDepth: 2 }))

/** What came of it: `fine`, or the error. */
async function outcome(call: () => unknown): Promise<unknown> {
  try {
    const waiting = call()
    const result = await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 2000, 'waits'))])
    if (result === 'waits') return 'waits'
    const started = result as { [Symbol.asyncDispose]?: () => Promise<void> } | null | undefined
    await started?.[Symbol.asyncDispose]?.()
    return 'fine'
  } catch (error) {
    return error
  }
}

const isOurs = (error: unknown): boolean => typeof (error as { code?: unknown } | null)?.code === 'string' && (error as { code: string }).code.startsWith('ERR_')

test.each(functions)('%s', async (name, one) => {
  const before = Logger.configure({})
  await fc.assert(
    fc.asyncProperty(fc.array(anything, { maxLength: 4 }), async (args) => {
      const came = await outcome(() => one(...args))
      if (came === 'fine') return
      // What an argument itself throws is its own affair.
      if (came instanceof Error && came.message === 'mine') return
      if (came === 'waits' || !isOurs(came)) throw new Error(`${name} ${came === 'waits' ? 'waits' : `failed by accident: ${String((came as Error).stack ?? came)}`}`)
    }),
    { numRuns: Number(process.env['STARFISH_RUNS'] ?? 15), ...(process.env['STARFISH_SEED'] && { seed: Number(process.env['STARFISH_SEED']) }) },
  )
  Logger.configure({ ...before, level: 'silent' })
}, 600_000)

test('none of it harmed anybody', async () => {
  for (const { pid } of liveProcesses()) await GenServer.stop(pid as Pid, 'shutdown').catch(() => Process.exit(pid as Pid, 'kill'))
  await using tree = await Supervisor.startLink([[Numbered, 1]], { strategy: 'one_for_one' })
  const [child] = await Supervisor.whichChildren(tree)
  expect(await GenServer.call(child!.pid as Pid, 'number')).toBe(1)
  expect([here.calls.size, Application.startedApplications()]).toEqual([0, []])
})
