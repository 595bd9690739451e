// The tree of the soak: servers and agents under all three strategies, sessions under a DynamicSupervisor that a Registry
// knows by name, and tasks. And its victims, with the ways to bring each of them down.

import { Agent, DynamicSupervisor, GenServer, type Pid, Process, Registry, Supervisor, TaskSupervisor } from 'starfish'
import Store from './store.js'
import Victim, { DEATHS, type Death } from './victim.js'

/** Whoever dies comes back, however often. */
const FOREVER = { maxRestarts: 1_000_000 }

/** How long anything may take before it counts as lost, in ms: long, since a busy machine is no fault. */
export const PATIENCE = 60_000

export const ROOMS = 'Rooms'
export const SESSIONS = 'Sessions'
export const TASKS = 'Tasks'

const servers = (names: readonly string[]) => names.map((name) => ({ id: name, start: [Victim, null, { name }] as const }))
const agents = (names: readonly string[]) => names.map((name) => ({ id: name, start: [Store, null, { name }] as const }))

const alone = ['server 1', 'server 2', 'server 3']
const stores = ['agent 1', 'agent 2']
const together = ['all 1', 'all 2', 'all 3']
const after = ['rest 1', 'rest 2', 'rest 3']
const sessions = ['session 1', 'session 2']

const branch = (name: string, strategy: 'one_for_one' | 'one_for_all' | 'rest_for_one', children: readonly ReturnType<typeof servers | typeof agents>[number][]) =>
  Supervisor.spec(children, { id: name, name, strategy, ...FOREVER })

/** How many threads the whole tree has. */
export const THREADS = [alone, stores, together, after, sessions].flat().length

export async function startTree(): Promise<AsyncDisposable> {
  const tree = await Supervisor.startLink([
    Registry.spec({ name: ROOMS, keys: 'unique' }),
    branch('alone', 'one_for_one', [...servers(alone), ...agents(stores)]),
    branch('together', 'one_for_all', servers(together)),
    branch('after', 'rest_for_one', servers(after)),
    DynamicSupervisor.spec({ name: SESSIONS, ...FOREVER }),
    TaskSupervisor.spec({ name: TASKS }),
  ], { strategy: 'one_for_one', ...FOREVER })
  for (const name of sessions) await startSession(name)
  return tree
}

const startSession = (name: string) => DynamicSupervisor.startChild(SESSIONS, { id: name, start: [Victim, null, { name: Registry.via(ROOMS, name) }] })

export interface Victim {
  readonly name: string
  readonly deaths: readonly Death[]
  /** Its pid, as it says itself. Rejects while it is not there. */
  readonly ask: () => Promise<Pid>
  /** A call that only its death will answer. */
  readonly wait: () => Promise<unknown>
  readonly die: (how: Death, pid: Pid) => void | Promise<unknown>
}

function server(name: string, address: Parameters<typeof GenServer.call>[0], terminate: (pid: Pid) => Promise<unknown>): Victim {
  return {
    name,
    deaths: DEATHS,
    ask: () => GenServer.call(address, 'whoAreYou', { timeout: PATIENCE }) as Promise<Pid>,
    wait: () => GenServer.call(address, 'wait', { timeout: PATIENCE }),
    die(how, pid) {
      if (how === 'kill') return Process.exit(pid, 'kill')
      if (how === 'shutdown') return Process.exit(pid, 'shutdown')
      if (how === 'terminate') return terminate(pid)
      GenServer.cast(pid, how)
      if (how === 'killed busy') setTimeout(() => Process.exit(pid, 'kill'), 5)
    },
  }
}

const child = (supervisor: string, name: string): Victim =>
  server(name, name, async () => {
    await Supervisor.terminateChild(supervisor, name)
    await Supervisor.restartChild(supervisor, name)
  })

const session = (name: string): Victim =>
  server(name, Registry.via(ROOMS, name), async (pid) => {
    await DynamicSupervisor.terminateChild(SESSIONS, pid)
    await startSession(name)
  })

const store = (name: string): Victim => ({
  name,
  deaths: ['throw', 'exit', 'kill'],
  ask: () => Agent.get(name, 'whoAreYou', { timeout: PATIENCE }) as Promise<Pid>,
  wait: () => Promise.reject(new Error('an agent answers at once')),
  die(how, pid) {
    if (how === 'kill') Process.exit(pid, 'kill')
    else Agent.cast(pid, how)
  },
})

/** Each list is struck by a storm of its own, one victim at a time. */
export const VICTIMS: readonly (readonly Victim[])[] = [
  [...alone.map((name) => child('alone', name)), ...stores.map(store)],
  together.map((name) => child('together', name)),
  after.map((name) => child('after', name)),
  sessions.map(session),
]
