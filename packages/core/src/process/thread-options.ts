// Checks how a thread is to be made, where it is written: each number has its unit, and what means nothing is refused.

import type { HeapLimits, Host, ThreadOptions } from '../term/definition.js'
import { misuse } from '../term/errors.js'
import { checkKeys } from './keys.js'

const OPTIONS = ['resourceLimits', 'heap', 'env', 'execArgv', 'stdout', 'stderr']
const RESOURCES = ['maxOldGenerationSizeMb', 'maxYoungGenerationSizeMb', 'codeRangeSizeMb', 'stackSizeMb']

/** Below this V8 may abort the whole program instead of the thread. */
const LEAST_MB = 16
const LEAST_STACK_MB = 0.5
/** Whoever writes more has written bytes. */
const MOST_MB = 1024 * 1024

export function checkThread(thread: unknown): asserts thread is ThreadOptions {
  checkKeys(thread, OPTIONS, 'thread option')
  const { resourceLimits, heap, env, execArgv } = thread as ThreadOptions
  for (const stream of ['stdout', 'stderr'] as const) {
    const how = (thread as ThreadOptions)[stream]
    if (how !== undefined && typeof how !== 'boolean' && how !== 'prefix') misuse('ERR_BAD_ARGUMENT', `a ${stream}`, how, "'prefix' to have the process's name before each line, or true to discard it")
  }
  if (env !== undefined && (typeof env !== 'object' || env === null)) misuse('ERR_BAD_ARGUMENT', 'an environment, words by name', env, "env: { ...process.env, LOG: '1' }")
  if (execArgv !== undefined && !(Array.isArray(execArgv) && execArgv.every((option) => typeof option === 'string'))) misuse('ERR_BAD_ARGUMENT', 'a list of Node options', execArgv, "execArgv: ['--stack-trace-limit=50']")
  if (resourceLimits !== undefined) checkResources(resourceLimits)
  if (heap !== undefined) checkHeap(heap, resourceLimits?.maxOldGenerationSizeMb)
}

/** A process of the operating system uses so much of it before it does anything. */
const LEAST_PROCESS_MB = 96

/** Refuses what a child process cannot have. */
export function checkCanIsolate(host: Host, thread: ThreadOptions | undefined): void {
  if (host === 'main') misuse('ERR_BAD_ARGUMENT', "host: 'thread' beside isolation: 'process'", "host: 'main'", "no host, or no isolation")
  if (thread?.resourceLimits?.codeRangeSizeMb !== undefined) misuse('ERR_BAD_ARGUMENT', "a resource limit that isolation: 'process' has", 'codeRangeSizeMb', 'maxOldGenerationSizeMb')
  for (const [name, mb] of Object.entries(thread?.heap ?? {}) as [string, number | undefined][]) if (mb !== undefined) checkMb(`heap.${name}`, mb, LEAST_PROCESS_MB, ", which an idle child process may use")
}

function checkResources(limits: NonNullable<ThreadOptions['resourceLimits']>): void {
  checkKeys(limits, RESOURCES, 'resource limit')
  for (const [name, mb] of Object.entries(limits) as [string, unknown][]) checkMb(name, mb, 0, '')
  const { maxOldGenerationSizeMb: heap, stackSizeMb: stack } = limits
  if (stack !== undefined) checkMb('stackSizeMb', stack, LEAST_STACK_MB, ': below it Node ends the whole program as the thread starts')
  if (heap !== undefined) checkMb('maxOldGenerationSizeMb', heap, LEAST_MB, ': below it V8 may abort the whole program')
}

function checkHeap(limits: HeapLimits, abortsAt: number | undefined): void {
  checkKeys(limits, ['soft', 'hard'], 'heap limit')
  const { soft, hard } = limits
  if (soft === undefined && hard === undefined) misuse('ERR_BAD_ARGUMENT', 'a soft or a hard heap limit', limits, 'heap: { hard: 256 }')
  for (const [name, mb] of Object.entries(limits) as [string, unknown][]) if (mb !== undefined) checkMb(`heap.${name}`, mb, LEAST_MB, ', which an idle thread may use')
  if (soft !== undefined && hard !== undefined && soft >= hard) misuse('ERR_BAD_ARGUMENT', `heap.soft below heap.hard, ${hard} MB`, soft, `heap: { soft: ${Math.round(hard * 0.8)}, hard: ${hard} }`)
  if (hard !== undefined && abortsAt !== undefined && hard >= abortsAt) {
    misuse('ERR_BAD_ARGUMENT', `heap.hard below maxOldGenerationSizeMb, ${abortsAt} MB, where V8 may abort the whole program`, hard, `maxOldGenerationSizeMb: ${hard * 2}, or leave it out`)
  }
}

function checkMb(name: string, mb: unknown, least: number, why: string): void {
  if (typeof mb !== 'number' || !(mb > 0)) misuse('ERR_BAD_ARGUMENT', `${name} in MB`, mb, 'a positive number')
  if (mb > MOST_MB) misuse('ERR_BAD_ARGUMENT', `${name} in MB, not in bytes`, mb, String(Math.max(1, Math.round(mb / MOST_MB))))
  if (mb < least) misuse('ERR_BAD_ARGUMENT', `${name} of at least ${least} MB${why}`, mb, String(least))
}
