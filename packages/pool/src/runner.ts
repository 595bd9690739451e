// What each thread of a pool runs: the file that Piscina loads there. Finds the task, runs it, and sees to it that
// whatever it returns, throws, or dies of arrives on the other side as what it is.

import { parentPort } from 'node:worker_threads'
import { type DefinitionRef, encodeTerm, importDefinition, importPoolModule, joinPool, uncloneablePath } from 'starfish/internal'
import { UsageError } from 'starfish'
import type { Answer, LastWord, Module, Work } from './wire.js'

type Task = (argument: unknown, context?: unknown) => unknown

export default async function serve(work: Work): Promise<unknown> {
  try {
    if (work.kind === 'boot') {
      own = await load(work.module)
      return { kind: 'ok', value: undefined } satisfies Answer
    }
    const { place } = work
    const task = place.kind === 'own' ? own.get(place.task) : await definedAt(place.definition)
    if (task === undefined) return { kind: 'unknown', known: [...own.keys()] } satisfies Answer
    return answer(await task(work.argument, place.kind === 'task' ? contextOf(place.self) : undefined))
  } catch (thrown) {
    return { kind: 'error', thrown: encodeTerm(thrown) } satisfies Answer
  }
}

// ---- finding

/** The pool's own tasks. */
let own = new Map<string, Task>()

async function load(module: Module): Promise<Map<string, Task>> {
  joinPool(module.typescript)
  if ('url' in module) return functionsOf(await importPoolModule(module.url))
  const { tasks } = (await importDefinition(module.definition)) as unknown as { readonly tasks: Record<string, Task> }
  return new Map(Object.entries(tasks))
}

/** The function of a task that is not the pool's own. */
async function definedAt(definition: DefinitionRef): Promise<Task> {
  return ((await importDefinition(definition)) as unknown as { readonly run: Task }).run
}

// A CommonJS module seen through import() has its exports under `default`, once or twice.
const layersOf = (loaded: unknown): unknown[] => {
  const inner = (loaded as { default?: unknown } | null)?.default
  return [loaded, inner, (inner as { default?: unknown } | null | undefined)?.default]
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

function functionsOf(loaded: unknown): Map<string, Task> {
  const known = new Map<string, Task>()
  const add = (name: string, value: unknown): void => void (typeof value === 'function' && !known.has(name) && known.set(name, value as Task))
  for (const layer of layersOf(loaded)) {
    add('default', layer) // module.exports = function
    if (isObject(layer) || typeof layer === 'function') for (const [name, value] of Object.entries(layer)) add(name, value)
  }
  return known
}

/** A task of a TaskSupervisor knows its process. That it is told to stop it does not hear: its thread is ended. */
const contextOf = (self: string): object => ({ self, signal: new AbortController().signal })

// ---- answering

const TRANSFER = Symbol.for('starfish.transfer')
const TRANSFERABLE = Symbol.for('Piscina.transferable')
const VALUE = Symbol.for('Piscina.valueOf')

/** What was returned, as what Piscina posts. A result that cannot be copied is an error here, not the end of the thread. */
function answer(result: unknown): unknown {
  const [value, moved] = unwrap(result)
  const path = moved === undefined ? uncloneablePath(value, 'result') : undefined
  if (path !== undefined) throw new UsageError('ERR_NOT_CLONEABLE', `expected a result that can be copied, got one where ${path}; write data: what cannot be copied stays in its thread`)
  if (moved === undefined) return { kind: 'ok', value } satisfies Answer
  const answered: Answer = { kind: 'ok', value, moved }
  return Object.defineProperty({ [TRANSFERABLE]: moved, [VALUE]: answered }, movableMark(), { value: true })
}

function unwrap(result: unknown): [value: unknown, moved?: readonly unknown[]] {
  if (!isObject(result)) return [result]
  if (TRANSFER in result) return [result['value'], (result as never)[TRANSFER]]
  const isMoved = Object.getOwnPropertySymbols(result).some(({ description }) => description === 'Piscina.kMovable')
  if (isMoved && TRANSFERABLE in result && VALUE in result) return [result[VALUE as never], [result[TRANSFERABLE as never]].flat()]
  return [result]
}

// The mark of Piscina.move is not exported. It is the symbol that it puts on what it is given.
let mark: symbol | undefined
function movableMark(): symbol {
  if (mark !== undefined) return mark
  const { move } = require('piscina') as typeof import('piscina')
  return (mark = Object.getOwnPropertySymbols(move(new ArrayBuffer(0))).find(({ description }) => description === 'Piscina.kMovable')!)
}

// ---- last words: what Node keeps to itself, or tells without the error's own fields

const say = (reason: unknown): void => parentPort?.postMessage({ $starfishPool: encodeTerm(reason) } satisfies LastWord)

process.on('uncaughtExceptionMonitor', (error, origin) => say([origin === 'unhandledRejection' ? 'unhandled_rejection' : 'uncaught_exception', error]))
process.on('exit', (code) => say(['process_exit', code]))
