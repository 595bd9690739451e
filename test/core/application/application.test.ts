// Trees that are started and stopped as one; and, in programs of their own, what a signal or an end means to the whole.
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Application, GenServer, Process, Supervisor, type ApplicationDefinition, type ApplicationType, type Pid } from 'starfish'
import { assertNoLeaks, captureLog, down, type CapturedLog } from '@starfish/testing'
import Mannered from '../fixtures/mannered.js'

let log: CapturedLog
let said: string[]
beforeEach(() => {
  log = captureLog()
  said = []
})
afterEach(async () => {
  await Application.stopAll()
  log[Symbol.dispose]()
})
afterAll(() => assertNoLeaks())

const tree = (): ReturnType<ApplicationDefinition['start']> => Supervisor.startLink([{ id: 'child', start: [Mannered, 'alive'] }], { strategy: 'one_for_one' })

/** An application that says what happens to it. */
const speaking = (name: string, more: Partial<ApplicationDefinition<any>> = {}): ApplicationDefinition<any> =>
  Application.define({
    name,
    start: async () => (said.push(`start ${name}`), tree()),
    prepStop: () => void said.push(`prepStop ${name}`),
    stop: () => void said.push(`stop ${name}`),
    ...more,
  })

const broken = (name: string, applications: ApplicationDefinition[] = []): ApplicationDefinition =>
  Application.define({ name, applications, start: () => Supervisor.startLink([{ id: 'child', start: [Mannered, 1] }, { id: 'cafe', start: () => 'no coffee' as never }], { strategy: 'one_for_one' }) })

describe('start and stop', () => {
  test('start gets its arguments and the type; the state goes through prepStop to stop', async () => {
    const app = Application.define<{ n: number }>({
      name: 'app',
      start: async ({ n }, type) => {
        said.push(`start ${n} ${type}`)
        return [(await tree()) as { pid: Pid }, ['state', n]]
      },
      prepStop: (state) => (said.push(`prepStop ${String(state)}`), 'changed'),
      stop: (state) => void said.push(`stop ${String(state)}`),
    })
    await Application.start(app, { args: { n: 3 } })
    expect(Application.startedApplications()).toEqual(['app'])
    await Application.stop('app')
    expect(said).toEqual(['start 3 temporary', 'prepStop state,3', 'stop changed'])
    expect(Application.startedApplications()).toEqual([])
  })

  test('the tree is up between start and prepStop, and gone before stop', async () => {
    let top: Pid
    const start = async (): Promise<{ pid: Pid }> => ({ pid: (top = ((await tree()) as { pid: Pid }).pid) })
    const look = (when: string) => (): void => void said.push(`${when} ${Process.isAlive(top)}`)
    await Application.start(Application.define({ name: 'app', start, prepStop: look('prepStop'), stop: look('stop') }))
    await Application.stop('app')
    expect(said).toEqual(['prepStop true', 'stop false'])
  })

  test('one that runs, or is being started, is not started again', async () => {
    const app = speaking('app')
    await Promise.all([Application.start(app), Application.start(app)])
    await Application.start(app)
    expect(said).toEqual(['start app'])
  })

  test('one that is being stopped is stopped once', async () => {
    const app = speaking('app')
    await Application.start(app)
    await Promise.all([Application.stop(app), Application.stop(app)])
    expect(said).toEqual(['start app', 'prepStop app', 'stop app'])
    await expect(Application.stop(app)).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
  })

  test.each(['prepStop', 'stop'])('a %s that throws is reported, and the tree is stopped all the same', async (callback) => {
    const app = speaking('app', { [callback]: () => { throw new Error('as you wish') } })
    await Application.start(app)
    await Application.stop(app)
    expect(Application.startedApplications()).toEqual([])
    expect(said).toEqual(callback === 'stop' ? ['start app', 'prepStop app'] : ['start app', 'stop app'])
    expect(log.events).toContainEqual(expect.objectContaining({ level: 'error', message: expect.stringContaining(callback) as unknown }))
    await assertNoLeaks()
  })

  test('a tree that fails names the child and why, and leaves nothing', async () => {
    const failing = Application.start(broken('app'))
    await expect(failing).rejects.toMatchObject({ code: 'ERR_START', reason: ['shutdown', ['failed_to_start_child', 'cafe', 'no coffee']] })
    await expect(failing).rejects.toThrow(/application app.*cafe.*no coffee/s)
    expect(Application.startedApplications()).toEqual([])
    await assertNoLeaks()
  })

  test.each([
    ['throws', () => { throw new Error('no') }, ['bad_return', ['error', expect.objectContaining({ message: 'no' })]]],
    ['throws what is no error', () => { throw undefined }, ['bad_return', ['error', undefined]]], // eslint-disable-line no-throw-literal
    ['gives no process', () => 'junk', ['bad_return', 'junk']],
    ['gives ignore', () => 'ignore', ['bad_return', 'ignore']],
  ])('a start that %s', async (_, start, reason) => {
    await expect(Application.start(Application.define({ name: 'app', start: start as never }))).rejects.toMatchObject({ code: 'ERR_START', reason })
  })

  test.each([
    ['no name', { start: tree }],
    ['no start', { name: 'app' }],
  ])('a definition with %s is refused', (_, definition) => {
    expect(() => Application.define(definition as never)).toThrow(expect.objectContaining({ code: 'ERR_BAD_DEFINITION' }))
  })

  test('options that are none are refused', async () => {
    expect(() => Application.define({ name: 'app', start: tree, restart: 'permanent' } as never)).toThrow(expect.objectContaining({ code: 'ERR_BAD_DEFINITION' }))
    await expect(Application.start(speaking('app'), { type: 'eternal' as never })).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
  })
})

describe('applications that need others', () => {
  const base = (): ApplicationDefinition => speaking('base')

  test('start refuses when one that it needs does not run', async () => {
    const app = speaking('app', { applications: [base()] })
    await expect(Application.start(app)).rejects.toMatchObject({ code: 'ERR_START', reason: ['not_started', 'base'] })
    expect(said).toEqual([])
  })

  test('ensureAllStarted starts what is needed first, each once, and says what it started', async () => {
    const bottom = base()
    const [left, right] = [speaking('left', { applications: [bottom] }), speaking('right', { applications: [bottom] })]
    const top = speaking('top', { applications: [left, right] })
    await Application.start(bottom)
    expect(await Application.ensureAllStarted(top)).toEqual(['left', 'right', 'top'])
    expect(await Application.ensureAllStarted(top)).toEqual([])
    expect(Application.startedApplications()).toEqual(['base', 'left', 'right', 'top'])
    await Application.stopAll()
    expect(said.filter((line) => line.startsWith('stop'))).toEqual(['stop top', 'stop right', 'stop left', 'stop base'])
  })

  test('when one fails, those started for it are stopped again, and no others', async () => {
    const [bottom, middle] = [base(), speaking('middle')]
    await Application.start(bottom)
    await expect(Application.ensureAllStarted(broken('app', [bottom, middle]))).rejects.toMatchObject({ code: 'ERR_START' })
    expect(said).toEqual(['start base', 'start middle', 'prepStop middle', 'stop middle'])
    expect(Application.startedApplications()).toEqual(['base'])
  })

  test('a circle is refused', async () => {
    const [one, two] = [{ ...speaking('one'), applications: [] as ApplicationDefinition[] }, speaking('two')]
    one.applications.push({ ...two, applications: [one] })
    await expect(Application.ensureAllStarted(one)).rejects.toMatchObject({ code: 'ERR_BAD_DEFINITION', message: expect.stringContaining('one needs two needs one') as unknown })
  })
})

test('settings: what was put, else what the definition says, else the fallback', async () => {
  const app = speaking('settings', { env: { tick: 1000 } })
  expect([Application.getEnv(app, 'tick'), Application.getEnv(app, 'other'), Application.getEnv(app, 'other', 5)]).toEqual([1000, undefined, 5])
  Application.putEnv(app, 'tick', 10)
  expect(Application.getEnv(app, 'tick', 1)).toBe(10)
  Application.deleteEnv(app, 'tick')
  expect(Application.getEnv(app, 'tick', 1)).toBe(1)
  expect(app.env).toEqual({ tick: 1000 })
})

test('a temporary application that ends by itself is reported and stopped, its stop called', async () => {
  let ended!: () => void
  const stopped = new Promise<void>((resolve) => (ended = resolve))
  const app = Application.define({ name: 'app', start: () => GenServer.startLink(Mannered, 0, { name: 'lonely' }) as never, stop: () => ended() })
  await Application.start(app)
  const gone = down(Process.whereis('lonely')!)
  GenServer.cast('lonely', ['end', 'oops'])
  expect(await gone).toBe('oops')
  await stopped
  expect(Application.startedApplications()).toEqual([])
})

// ---- programs

interface Program {
  /** Waits for a line. */
  says(line: string): Promise<void>
  kill(signal: NodeJS.Signals): void
  readonly lines: string[]
  /** The exit code and what it wrote to stderr. */
  readonly end: Promise<[code: number | null, errors: string]>
}

function program(...args: string[]): Program {
  const child = spawn(process.execPath, [join(__dirname, '../fixtures/application-program.js'), ...args], { env: { ...process.env, NODE_OPTIONS: '' } })
  const lines: string[] = []
  let errors = ''
  child.stderr.on('data', (chunk) => (errors += chunk))
  child.stdout.on('data', (chunk) => lines.push(...String(chunk).trim().split('\n')))
  const end = once(child, 'close').then(([code]) => [code as number | null, errors] as [number | null, string])
  return {
    lines,
    end,
    kill: (signal) => void child.kill(signal),
    async says(line) {
      while (!lines.includes(line)) {
        const over = await Promise.race([once(child.stdout, 'data').then(() => false), end.then(() => true)])
        if (over && !lines.includes(line)) throw new Error(`the program ended without saying ${line}: ${errors}`)
      }
    },
  }
}

const hasSignals = process.platform !== 'win32'
const onSystemsWithSignals = hasSignals ? describe : describe.skip

onSystemsWithSignals('run', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s shuts everything down, and the exit code is 0', async (signal) => {
    const app = program('stops')
    await app.says('ready')
    app.kill(signal)
    expect(await app.end).toEqual([0, ''])
    expect(app.lines.toSorted()).toEqual(['needed stopped', 'prepStop', 'ready', 'stop', 'terminating'])
    expect(app.lines.indexOf('stop')).toBeLessThan(app.lines.indexOf('needed stopped'))
  })

  test.each([['SIGINT', 130], ['SIGTERM', 143]] as const)('a second signal, %s, ends the program at once with %d', async (signal, code) => {
    const app = program('hangs')
    await app.says('ready')
    app.kill('SIGTERM')
    await app.says('terminating')
    app.kill(signal)
    expect(await app.end).toEqual([code, ''])
  })

  test('a shutdown that takes longer than its patience is cut short with 1', async () => {
    const app = program('hangs', '20')
    await app.says('ready')
    app.kill('SIGTERM')
    const [code, errors] = await app.end
    expect(code).toBe(1)
    expect(errors).toMatch(/the shutdown was cut short after 20 ms; still there: .*mannered \(terminate\)/)
  })

  test('a start that fails says which child and why, and the exit code is 1', async () => {
    const app = program('fails')
    const [code, errors] = await app.end
    expect(code).toBe(1)
    expect(errors).toMatch(/application program did not start.*broken.*no coffee/s)
    expect(app.lines).toEqual(['needed stopped'])
  })
})

// 7: the program went on until it had nothing to do.
test.each<[ApplicationType, string, number]>([
  ['temporary', 'oops', 7], ['transient', 'normal', 7], ['transient', 'shutdown', 1], ['transient', 'oops', 1], ['permanent', 'normal', 1],
])('a %s application that ends with %s: the exit code is %d', async (type, reason, code) => {
  const app = program('ends', type, reason)
  expect((await app.end)[0]).toBe(code)
  expect(app.lines).toEqual(['prepStop', 'stop', ...(code === 1 ? ['needed stopped'] : [])])
})
