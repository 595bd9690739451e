// What a user may get wrong with tasks, agents, registries, supervisors and applications: every mistake is told where it
// is made, and before anything is started. Those with GenServer: behaviour/misuse.test.ts.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Agent, Application, DynamicSupervisor, GenServer, PartitionSupervisor, Process, Registry, StarfishError, Supervisor, Task, TaskSupervisor, UsageError } from 'starfish'
import { assertNoLeaks } from '@starfish/testing'
import Counter from './fixtures/counting.js'
import { Computes } from './fixtures/tasks.js'

const running: AsyncDisposable[] = []
beforeAll(async () => {
  running.push(await Registry.startLink({ name: 'Unique', keys: 'unique' }), await Registry.startLink({ name: 'Duplicate', keys: 'duplicate' }), await DynamicSupervisor.startLink({ name: 'Dynamic' }))
})
afterAll(async () => {
  for (const one of running.reverse()) await one[Symbol.asyncDispose]()
  await assertNoLeaks()
})

type Row = [what: string, mistake: () => unknown, code: string, sentence: string]

/** The module with its types off: wrong arguments are the point. */
const loose = <M>(module: M): Record<keyof M, (...args: any[]) => any> => module as never
const [T, TS, A, R, P, D, S, App] = [loose(Task), loose(TaskSupervisor), loose(Agent), loose(Registry), loose(PartitionSupervisor), loose(DynamicSupervisor), loose(Supervisor), loose(Application)]

const here = `${__filename}#nothing`
const closure = (): number => 1
const init = closure
const done = (): Task.Task<number> => Task.completed(1)
const app = (more?: object): Application.ApplicationDefinition => App.define({ name: 'misused', start: closure, ...more }) as never

const tasks: Row[] = [
  ['define without a function', () => T.define(here), 'ERR_BAD_DEFINITION', 'expected a function, got undefined'],
  ['define with an unknown option', () => T.define(here, closure, { restart: 'permanent' }), 'ERR_BAD_ARGUMENT', "expected an option, got 'restart'"],
  ['define with an unknown host', () => T.define(here, closure, { host: 'moon' }), 'ERR_BAD_ARGUMENT', "expected a host, got 'moon'"],
  ['async with a closure', () => T.async(closure), 'ERR_BAD_ARGUMENT', 'expected a task, got [Function: closure]; write what Task.define gave: a closure cannot go to another thread'],
  ['async with a server', () => T.async(Counter, 0), 'ERR_BAD_ARGUMENT', 'expected a task, got { init: '],
  ['async with an unknown option', () => T.async(Computes, 1, { tiemout: 1 }), 'ERR_BAD_ARGUMENT', "expected a start option, got 'tiemout'"],
  ['start with options that are none', () => T.start(Computes, 1, 5), 'ERR_BAD_ARGUMENT', 'expected an object of start options, got 5'],
  ['startLink with nothing', () => T.startLink(), 'ERR_BAD_ARGUMENT', 'expected a task, got undefined'],
  ['await of the promise of a task', () => T.await(Promise.resolve(done())), 'ERR_BAD_ARGUMENT', 'expected a task, got Promise {'],
  ['await with options instead of ms', () => T.await(done(), { timeout: 1 }), 'ERR_BAD_ARGUMENT', 'expected a timeout in ms, got { timeout: 1 }'],
  ['await of another’s task', () => T.await({ ...done(), owner: '#PID<0.99.9>' }), 'ERR_BAD_ARGUMENT', 'expected a task of #PID'],
  ['awaitMany of one task', () => T.awaitMany(done()), 'ERR_BAD_ARGUMENT', 'expected a list of tasks, got { pid: undefined'],
  ['awaitMany of what are no tasks', () => T.awaitMany([5]), 'ERR_BAD_ARGUMENT', 'expected a task, got 5'],
  ['yield of nothing', () => T.yield(), 'ERR_BAD_ARGUMENT', 'expected a task, got undefined'],
  ['yieldMany with ms instead of options', () => T.yieldMany([done()], 5), 'ERR_BAD_ARGUMENT', 'expected an object of options, got 5'],
  ['yieldMany of nothing', () => T.yieldMany(), 'ERR_BAD_ARGUMENT', 'expected a list of tasks, got undefined'],
  ['yieldMany with a limit that is none', () => T.yieldMany([done()], { limit: -1 }), 'ERR_BAD_ARGUMENT', 'expected limit to be a whole number from 0, got -1'],
  ['yieldMany with an unknown onTimeout', () => T.yieldMany([done()], { onTimeout: 'kill' }), 'ERR_BAD_ARGUMENT', "expected what to do onTimeout, got 'kill'"],
  ['shutdown with an unknown way', () => T.shutdown(done(), 'kill'), 'ERR_BAD_ARGUMENT', "expected a timeout in ms, got 'kill'"],
  ['ignore of nothing', () => T.ignore(), 'ERR_BAD_ARGUMENT', 'expected a task, got undefined'],
  ['transfer of one object', () => T.transfer(1, new ArrayBuffer(1)), 'ERR_BAD_ARGUMENT', 'expected a list of objects to transfer, got ArrayBuffer'],
  ['asyncStream of what has no items', () => void T.asyncStream(5, Computes), 'ERR_BAD_ARGUMENT', 'expected items to iterate over, got 5'],
  ['asyncStream of nothing', () => void T.asyncStream(undefined, Computes), 'ERR_BAD_ARGUMENT', 'expected items to iterate over, got undefined'],
  ['asyncStream with a closure', () => void T.asyncStream([1], closure), 'ERR_BAD_ARGUMENT', 'expected a task, got [Function: closure]'],
  ['asyncStream with an unknown option', () => void T.asyncStream([1], Computes, { maxConcurency: 1 }), 'ERR_BAD_ARGUMENT', "expected a stream option, got 'maxConcurency'"],
  ['asyncStream with one name for many', () => void T.asyncStream([1], Computes, { name: 'One' }), 'ERR_BAD_ARGUMENT', "expected a stream option, got 'name'"],
  ['asyncStream of none at once', () => void T.asyncStream([1], Computes, { maxConcurrency: 0 }), 'ERR_BAD_ARGUMENT', 'expected maxConcurrency to be a whole number from 1, got 0'],
  ['asyncStream ordered by a word', () => void T.asyncStream([1], Computes, { ordered: 'no' }), 'ERR_BAD_ARGUMENT', "expected ordered to be true or false, got 'no'"],
  ['asyncStream with a timeout that is none', () => void T.asyncStream([1], Computes, { timeout: '5' }), 'ERR_BAD_ARGUMENT', "expected a timeout in ms, got '5'"],
  ['asyncStream with an unknown onTimeout', () => void T.asyncStream([1], Computes, { onTimeout: 'ignore' }), 'ERR_BAD_ARGUMENT', "expected what to do onTimeout, got 'ignore'"],
  ['asyncStream on an unknown host', () => void T.asyncStream([1], Computes, { host: 'moon' }), 'ERR_BAD_ARGUMENT', "expected a host, got 'moon'"],
]

const taskSupervisors: Row[] = [
  ['startLink with an option of others', () => TS.startLink({ extraArguments: [1] }), 'ERR_BAD_CHILD_SPEC', "expected a TaskSupervisor option, got 'extraArguments'"],
  ['startLink with what is no option', () => TS.startLink(5), 'ERR_BAD_CHILD_SPEC', 'expected an object of TaskSupervisor options, got 5'],
  ['spec with a word for a restart type', () => TS.spec({ restart: 'often' }), 'ERR_BAD_CHILD_SPEC', "expected a restart type, got 'often'"],
  ['async with a closure', () => TS.async('Dynamic', closure), 'ERR_BAD_ARGUMENT', 'expected a task, got [Function: closure]'],
  ['async under nobody', () => TS.async(undefined, Computes), 'ERR_BAD_ARGUMENT', 'expected a process, got undefined'],
  ['asyncNolink with an unknown option', () => TS.asyncNolink('Dynamic', Computes, 1, { restart: 'permanent' }), 'ERR_BAD_ARGUMENT', "expected an option, got 'restart'"],
  ['async with a shutdown that is none', () => TS.async('Dynamic', Computes, 1, { shutdown: -1 }), 'ERR_BAD_CHILD_SPEC', 'expected a shutdown, got -1'],
  ['startChild with an unknown restart type', () => TS.startChild('Dynamic', Computes, 1, { restart: 'often' }), 'ERR_BAD_CHILD_SPEC', "expected a restart type, got 'often'"],
  ['asyncStream under nobody', () => void TS.asyncStream(undefined, [1], Computes), 'ERR_BAD_ARGUMENT', 'expected a process, got undefined'],
  ['asyncStreamNolink with an unknown option', () => void TS.asyncStreamNolink('Dynamic', [1], Computes, { host: 'main' }), 'ERR_BAD_ARGUMENT', "expected a stream option, got 'host'"],
  ['asyncStream with a shutdown that is none', () => void TS.asyncStream('Dynamic', [1], Computes, { shutdown: 'soon' }), 'ERR_BAD_CHILD_SPEC', "expected a shutdown, got 'soon'"],
  ['terminateChild of what is no pid', () => TS.terminateChild('Dynamic', done()), 'ERR_BAD_ARGUMENT', 'expected the pid of a child, got { pid: undefined'],
  ['children of nobody', () => TS.children(), 'ERR_BAD_ARGUMENT', 'expected a process, got undefined'],
]

const agents: Row[] = [
  ['define without functions', () => A.define(here), 'ERR_BAD_DEFINITION', 'expected an object of keys of an agent, got undefined'],
  ['define without init', () => A.define(here, {}), 'ERR_BAD_DEFINITION', 'expected a function init, got undefined'],
  ['define with handlers of a server', () => A.define(here, { init, handleInfo: {} }), 'ERR_BAD_DEFINITION', "expected a key of an agent, got 'handleInfo'"],
  ['define with a function for a group', () => A.define(here, { init, get: closure }), 'ERR_BAD_DEFINITION', 'expected functions by name in get, got [Function: closure]'],
  ['define with a value for a function', () => A.define(here, { init, update: { inc: 1 } }), 'ERR_BAD_DEFINITION', 'expected a function update.inc, got 1'],
  ['start of a closure', () => A.start(closure), 'ERR_BAD_ARGUMENT', 'expected an agent, got [Function: closure]'],
  ['startLink of a server', () => A.startLink(Counter, 0, { name: null }), 'ERR_BAD_ARGUMENT', 'expected an agent, got { init: '],
  ['get with a closure', () => A.get('Unique', closure), 'ERR_BAD_ARGUMENT', 'expected the name of a function of the agent, or [name, payload], got [Function: closure]; write the function into get of the definition, and its name here'],
  ['update with nothing', () => A.update('Unique'), 'ERR_BAD_ARGUMENT', 'expected the name of a function of the agent, or [name, payload], got undefined'],
  ['cast with a closure', () => A.cast('Unique', closure), 'ERR_BAD_ARGUMENT', 'expected the name of a function of the agent, or [name, payload], got [Function: closure]'],
  ['get of nobody', () => A.get(undefined, 'size'), 'ERR_BAD_ARGUMENT', 'expected a process, got undefined'],
  ['get with ms instead of options', () => A.get('Unique', 'size', 5), 'ERR_BAD_ARGUMENT', 'expected an object of call options, got 5'],
  ['stop for no reason', () => A.stop('Unique', 5), 'ERR_BAD_ARGUMENT', 'expected a reason, got 5'],
]

const registries: Row[] = [
  ['startLink without options', () => R.startLink(), 'ERR_BAD_ARGUMENT', 'expected an object of Registry options, got undefined'],
  ['startLink without a name', () => R.startLink({ keys: 'unique' }), 'ERR_BAD_ARGUMENT', 'expected a name, got undefined'],
  ['startLink with an unknown kind of keys', () => R.startLink({ name: 'Other', keys: 'many' }), 'ERR_BAD_ARGUMENT', "expected the kind of keys, got 'many'"],
  ['startLink with one listener', () => R.startLink({ name: 'Other', keys: 'unique', listeners: 'Watcher' }), 'ERR_BAD_ARGUMENT', "expected a list of names of processes, got 'Watcher'"],
  ['startLink with a pid that is no text', () => R.startLink({ name: 'Other', keys: 'unique', listeners: [5] }), 'ERR_BAD_ARGUMENT', 'expected a list of names of processes, got [ 5 ]'],
  ['startLink with meta that is none', () => R.startLink({ name: 'Other', keys: 'unique', meta: 5 }), 'ERR_BAD_ARGUMENT', 'expected an object of values, got 5'],
  ['spec with an option that it does not have', () => R.spec({ name: 'Other', keys: 'unique', partitions: 2 }), 'ERR_BAD_ARGUMENT', "expected a Registry option, got 'partitions'"],
  ['via of nothing', () => R.via(), 'ERR_BAD_ARGUMENT', 'expected a name, got undefined'],
  ['via without a key', () => R.via('Unique'), 'ERR_BAD_ARGUMENT', 'expected a key, got undefined'],
  ['via with a function for a key', () => R.via('Unique', closure), 'ERR_BAD_ARGUMENT', 'expected a key, got [Function: closure]'],
  ['register at a registry that is not there', () => R.register('None', 'lobby'), 'ERR_BAD_ARGUMENT', "expected the name of a registry that runs, got 'None'"],
  ['register at a supervisor', () => R.register('Dynamic', 'lobby'), 'ERR_BAD_ARGUMENT', "expected the name of a registry that runs, got 'Dynamic'"],
  ['register without a key', () => R.register('Unique'), 'ERR_BAD_ARGUMENT', 'expected a key, got undefined'],
  ['register with a value that cannot be copied', () => R.register('Unique', 'lobby', closure), 'ERR_NOT_CLONEABLE', 'message[1][1] is a function'],
  ['a name whose value cannot be copied', () => GenServer.startLink(Counter, 0, { name: Registry.via('Unique', 'lobby', closure), host: 'main' }), 'ERR_NOT_CLONEABLE', 'start.name[1] is a function'],
  ['unregister without a key', () => R.unregister('Unique'), 'ERR_BAD_ARGUMENT', 'expected a key, got undefined'],
  ['lookup by a pid', () => R.lookup(Process.self(), 'lobby'), 'ERR_BAD_ARGUMENT', "expected the name of a registry that runs, got '#PID"],
  ['match without a key', () => R.match('Unique'), 'ERR_BAD_ARGUMENT', 'expected a key, got undefined'],
  ['select with a pattern', () => R.select('Unique', { lang: 'en' }), 'ERR_BAD_ARGUMENT', "expected a function, got { lang: 'en' }"],
  ['keys of nobody', () => R.keys('Unique'), 'ERR_BAD_ARGUMENT', 'expected a pid, got undefined'],
  ['values of a name', () => R.values('Unique', 'lobby', 'Counter'), 'ERR_BAD_ARGUMENT', "expected a pid, got 'Counter'"],
  ['updateValue with a value', () => R.updateValue('Unique', 'lobby', 5), 'ERR_BAD_ARGUMENT', 'expected a function, got 5'],
  ['updateValue of duplicate keys', () => R.updateValue('Duplicate', 'lobby', closure), 'ERR_BAD_ARGUMENT', "expected a registry with unique keys, got 'Duplicate'"],
  ['dispatch without a function', () => R.dispatch('Duplicate', 'news'), 'ERR_BAD_ARGUMENT', 'expected a function, got undefined'],
  ['broadcast of no message', () => R.broadcast('Duplicate', 'news', 5), 'ERR_BAD_ARGUMENT', 'expected a message, got 5'],
  ['putMeta with a number for a name', () => R.putMeta('Unique', 5, 1), 'ERR_BAD_ARGUMENT', 'expected the name of a value, got 5'],
  ['count of nothing', () => R.count(), 'ERR_BAD_ARGUMENT', 'expected the name of a registry, got undefined'],
]

const partitions: Row[] = [
  ['startLink without options', () => P.startLink(), 'ERR_BAD_CHILD_SPEC', 'expected options, got undefined'],
  ['startLink without a name', () => P.startLink({ child: Counter }), 'ERR_BAD_ARGUMENT', 'expected a name, got undefined'],
  ['startLink without a child', () => P.startLink({ name: 'Parts' }), 'ERR_BAD_CHILD_SPEC', 'expected a child, got undefined'],
  ['startLink with no partitions', () => P.startLink({ name: 'Parts', child: Counter, partitions: 0 }), 'ERR_BAD_CHILD_SPEC', 'expected partitions to be a whole number from 1, got 0'],
  ['startLink with arguments that are no function', () => P.startLink({ name: 'Parts', child: Counter, withArguments: [1] }), 'ERR_BAD_CHILD_SPEC', 'expected a function withArguments, got [ 1 ]'],
  ['startLink with autoShutdown', () => P.startLink({ name: 'Parts', child: Counter, autoShutdown: 'never' }), 'ERR_BAD_CHILD_SPEC', "expected a PartitionSupervisor option, got 'autoShutdown'"],
  ['startLink with a significant child', () => P.startLink({ name: 'Parts', child: { id: 'one', start: Counter, restart: 'transient', significant: true } }), 'ERR_BAD_CHILD_SPEC', 'expected a child that is not significant'],
  ['via without a key', () => P.via('Parts'), 'ERR_BAD_ARGUMENT', 'expected a key, got undefined'],
  ['via of nothing', () => P.via(undefined, 1), 'ERR_BAD_ARGUMENT', 'expected a name, got undefined'],
  ['partitions of nothing', () => P.partitions(), 'ERR_BAD_ARGUMENT', 'expected a process, got undefined'],
]

const supervisors: Row[] = [
  ['Dynamic: startLink with children', () => D.startLink([Counter]), 'ERR_BAD_CHILD_SPEC', "expected a DynamicSupervisor option, got '0'"],
  ['Dynamic: startLink of a server', () => D.startLink(Counter, 0), 'ERR_BAD_ARGUMENT', "expected the definition of a supervisor, got 'Counter'"],
  ['Dynamic: startLink with an unknown option', () => D.startLink({ maxChild: 1 }), 'ERR_BAD_CHILD_SPEC', "expected a DynamicSupervisor option, got 'maxChild'"],
  ['Dynamic: startLink with a signal that is none', () => D.startLink({ signal: 5 }), 'ERR_BAD_ARGUMENT', 'expected an AbortSignal, got 5'],
  ['Dynamic: define without init', () => D.define(here), 'ERR_BAD_DEFINITION', 'expected an object of keys of a supervisor, got undefined'],
  ['Dynamic: define with an unknown key', () => D.define(here, { init, children: [] }), 'ERR_BAD_DEFINITION', "expected a key of a supervisor, got 'children'"],
  ['Dynamic: spec with an id that is none', () => D.spec({ id: {} }), 'ERR_BAD_CHILD_SPEC', 'expected an id, got {}'],
  ['Dynamic: spec of nothing', () => D.spec(null), 'ERR_BAD_CHILD_SPEC', 'expected an object of DynamicSupervisor options, got null'],
  ['Dynamic: startChild of nothing', () => D.startChild('Dynamic'), 'ERR_BAD_CHILD_SPEC', 'expected a child, got undefined'],
  ['Dynamic: startChild under nobody', () => D.startChild(undefined, Counter), 'ERR_BAD_ARGUMENT', 'expected a process, got undefined'],
  ['Dynamic: terminateChild by an id', () => D.terminateChild('Dynamic', 'Counter'), 'ERR_BAD_ARGUMENT', "expected the pid of a child, got 'Counter'"],
  ['startLink without options', () => S.startLink([Counter]), 'ERR_BAD_CHILD_SPEC', 'expected supervisor options, got undefined'],
  ['startLink of a server', () => S.startLink(Counter, 0), 'ERR_BAD_ARGUMENT', "expected the definition of a supervisor, got 'Counter'"],
  ['startLink with a signal that is none', () => S.startLink([], { strategy: 'one_for_one', signal: {} }), 'ERR_BAD_ARGUMENT', 'expected an AbortSignal, got {}'],
  ['define without init', () => S.define(here), 'ERR_BAD_DEFINITION', 'expected an object of keys of a supervisor, got undefined'],
  ['init with one child', () => S.init(Counter, { strategy: 'one_for_one' }), 'ERR_BAD_CHILD_SPEC', 'expected a list of children, got { init: '],
  ['init with what is no child', () => S.init([5], { strategy: 'one_for_one' }), 'ERR_BAD_CHILD_SPEC', 'expected a child, got 5'],
  ['spec without options', () => S.spec([Counter]), 'ERR_BAD_CHILD_SPEC', 'expected supervisor options, got undefined'],
  ['spec with an unknown restart type', () => S.spec([], { strategy: 'one_for_one', restart: 'often' }), 'ERR_BAD_CHILD_SPEC', "expected a restart type, got 'often'"],
  ['spec with a name that is none', () => S.spec([], { strategy: 'one_for_one', id: 'one', name: 5 }), 'ERR_BAD_ARGUMENT', 'expected a name, got 5'],
  ['childSpec with an unknown restart type', () => S.childSpec(Counter, { restart: 'often' }), 'ERR_BAD_CHILD_SPEC', "expected a restart type, got 'often'"],
  ['childSpec with changes that are none', () => S.childSpec(Counter, null), 'ERR_BAD_ARGUMENT', 'expected an object of fields of a child spec, got null'],
  ['terminateChild by what is no id', () => S.terminateChild('Dynamic', Counter), 'ERR_BAD_ARGUMENT', 'expected the id of a child, got { init: '],
  ['restartChild by nothing', () => S.restartChild('Dynamic'), 'ERR_BAD_ARGUMENT', 'expected the id of a child, got undefined'],
  ['deleteChild by nothing', () => S.deleteChild('Dynamic'), 'ERR_BAD_ARGUMENT', 'expected the id of a child, got undefined'],
  ['getChildSpec by nothing', () => S.getChildSpec('Dynamic'), 'ERR_BAD_ARGUMENT', 'expected the id of a child, got undefined'],
  ['whichChildren of nobody', () => S.whichChildren(), 'ERR_BAD_ARGUMENT', 'expected a process, got undefined'],
]

const applications: Row[] = [
  ['define of nothing', () => App.define(), 'ERR_BAD_DEFINITION', 'expected an object of keys of an application, got undefined'],
  ['define without a name', () => App.define({ start: closure }), 'ERR_BAD_DEFINITION', 'expected the name of an application, got undefined'],
  ['define without start', () => App.define({ name: 'misused' }), 'ERR_BAD_DEFINITION', 'expected a function start, got undefined'],
  ['define with an unknown key', () => app({ children: [] }), 'ERR_BAD_DEFINITION', "expected a key of an application, got 'children'"],
  ['define with a stop that is none', () => app({ stop: 'now' }), 'ERR_BAD_DEFINITION', "expected a function stop, got 'now'"],
  ['define with one application it needs', () => app({ applications: app() }), 'ERR_BAD_DEFINITION', "expected a list of applications, got { applications: []"],
  ['define with the name of one it needs', () => app({ applications: ['database'] }), 'ERR_BAD_ARGUMENT', "expected an application, got 'database'"],
  ['define with settings that are none', () => app({ env: 5 }), 'ERR_BAD_DEFINITION', 'expected an object of settings, got 5'],
  ['start by name', () => App.start('misused'), 'ERR_BAD_ARGUMENT', "expected an application, got 'misused'"],
  ['start of an unknown type', () => App.start(app(), { type: 'eternal' }), 'ERR_BAD_ARGUMENT', "expected a type of application, got 'eternal'"],
  ['start with options that are none', () => App.start(app(), null), 'ERR_BAD_ARGUMENT', 'expected an object of options, got null'],
  ['ensureAllStarted of nothing', () => App.ensureAllStarted(), 'ERR_BAD_ARGUMENT', 'expected an application, got undefined'],
  ['run with an unknown option', () => App.run(app(), { patients: 1 }), 'ERR_BAD_ARGUMENT', "expected an option, got 'patients'"],
  ['run with a patience that is none', () => App.run(app(), { patience: -1 }), 'ERR_BAD_ARGUMENT', 'expected a timeout in ms, got -1'],
  ['stop of one that does not run', () => App.stop('misused'), 'ERR_BAD_ARGUMENT', "expected an application that runs, got 'misused'"],
  ['stop of nothing', () => App.stop(), 'ERR_BAD_ARGUMENT', 'expected an application, got undefined'],
  ['getEnv of nothing', () => App.getEnv(), 'ERR_BAD_ARGUMENT', 'expected the name of a setting, got undefined'],
  ['putEnv of nobody', () => App.putEnv(undefined, 'tick', 1), 'ERR_BAD_ARGUMENT', 'expected an application, got undefined'],
  ['deleteEnv by number', () => App.deleteEnv('misused', 5), 'ERR_BAD_ARGUMENT', 'expected the name of a setting, got 5'],
]

const all = Object.entries({ Task: tasks, TaskSupervisor: taskSupervisors, Agent: agents, Registry: registries, PartitionSupervisor: partitions, Supervisor: supervisors, Application: applications })

test.each(all.flatMap(([module, rows]) => rows.map((row) => [module, ...row] as const)))('%s: %s', async (_module, _what, mistake, code, sentence) => {
  const error = (await (async () => mistake())().then(() => undefined, (thrown: unknown) => thrown)) as UsageError | undefined
  expect(error).toMatchObject({ name: 'UsageError', code })
  expect(error).toBeInstanceOf(StarfishError)
  if (code === 'ERR_NOT_CLONEABLE') expect(error!.message).toContain(sentence)
  else expect([error!.message.slice(0, sentence.length), /^expected .*, got .*; write .+/.test(error!.message)]).toEqual([sentence, true])
})

test('none of it harmed anybody', async () => {
  expect(await Registry.count('Unique')).toBe(0)
  expect(await Registry.count('Duplicate')).toBe(0)
  expect(await DynamicSupervisor.countChildren('Dynamic')).toMatchObject({ specs: 0 })
  expect(Application.startedApplications()).toEqual([])
})
