// The tree of the soak: servers and agents under all three strategies, one in a process of its own, sessions under a
// DynamicSupervisor that a Registry knows by name, tasks, and a bystander. And its victims, with the ways to bring each down.

import { Agent, DynamicSupervisor, GenServer, type Pid, Process, Registry, Supervisor, TaskSupervisor, type Via } from 'starfish'
import Bystander, { wait } from './bystander.js'
import Store from './store.js'
import Victim, { DEATHS, type Death } from './victim.js'

/** Whoever dies comes back, however often. */
const FOREVER = { maxRestarts: 1_000_000 }

export const ROOMS = 'Rooms'
export const SESSIONS = 'Sessions'
export const TASKS = 'Tasks'

const forked = 'process 1'
const alone = ['server 1', 'server 2', 'server 3']
const stores = ['agent 1', 'agent 2']
const together = ['all 1', 'all 2', 'all 3']
const after = ['rest 1', 'rest 2', 'rest 3']
const sessions = ['session 1', 'session 2']

const servers = (names: readonly string[]) => names.map((name) => ({ id: name, start: [Victim, null, { name, ...(name === forked && { isolation: 'process' as const }) }] as const }))
const agents = (names: readonly string[]) => names.map((name) => ({ id: name, start: [Store, null, { name }] as const }))

const branch = (name: string, strategy: 'one_for_one' | 'one_for_all' | 'rest_for_one', children: readonly ReturnType<typeof servers | typeof agents>[number][]) =>
  Supervisor.spec(children, { id: name, name, strategy, ...FOREVER })

/** How many threads and processes the whole tree has, the bystander's among them. */
export const THREADS = 1 + [forked, alone, stores, together, after, sessions].flat().length

export async function startTree(): Promise<AsyncDisposable> {
  const tree = await Supervisor.startLink([
    [Bystander, undefined],
    Registry.spec({ name: ROOMS, keys: 'unique' }),
    branch('alone', 'one_for_one', [...servers([...alone, forked]), ...agents(stores)]),
    branch('together', 'one_for_all', servers(together)),
    branch('after', 'rest_for_one', servers(after)),
    DynamicSupervisor.spec({ name: SESSIONS, ...FOREVER }),
    TaskSupervisor.spec({ name: TASKS }),
  ], { strategy: 'one_for_one', maxRestarts: 0 })
  for (const name of sessions) await startSession(name)
  return tree
}

const startSession = (name: string) => DynamicSupervisor.startChild(SESSIONS, { id: name, start: [Victim, null, { name: Registry.via(ROOMS, name) }] })

export interface Victim {
  readonly name: string
  readonly deaths: readonly Death[]
  /** Its pid, as it says itself. Rejects while it is not there. */
  readonly ask: () => Promise<Pid>
  /** A call that only its death will answer: how it ends. */
  readonly wait?: () => Promise<string>
  readonly die: (how: Death, pid: Pid) => void | Promise<unknown>
}

/** There is one that waits longer for all: see `within`. */
const timeout = Infinity

function server(name: string, address: Pid | string | Via, terminate: (pid: Pid) => Promise<unknown>): Victim {
  return {
    name,
    deaths: name === forked ? [...DEATHS, 'signal'] : DEATHS,
    ask: () => GenServer.call(address, 'whoAreYou', { timeout }) as Promise<Pid>,
    wait: () => wait(address),
    die(how, pid) {
      if (how === 'kill') return Process.exit(pid, 'kill')
      if (how === 'shutdown') return Process.exit(pid, 'shutdown')
      if (how === 'terminate') return terminate(pid)
      GenServer.cast(pid, how)
      if (how === 'killed busy') setTimeout(() => Process.exit(pid, 'kill'), 5)
    },
  }
}

const child = (supervisor: string) => (name: string): Victim =>
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
  ask: () => Agent.get(name, 'whoAreYou', { timeout }) as Promise<Pid>,
  die(how, pid) {
    if (how === 'kill') Process.exit(pid, 'kill')
    else Agent.cast(pid, how)
  },
})

/** Each list is struck by a storm of its own, one victim at a time. */
export const VICTIMS: readonly (readonly Victim[])[] = [
  [...alone, forked].map(child('alone')),
  stores.map(store),
  together.map(child('together')),
  after.map(child('after')),
  ...sessions.map((name) => [session(name)]),
]
