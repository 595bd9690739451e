// Which of the program's Node options a worker takes over. Preloads and loaders cost each thread up to half a second
// (ts-node) and are of use only to a module that is not JavaScript yet. And which a child process gets.

import type { ThreadOptions } from '../term/definition.js'

const PRELOADS = new Set(['-r', '--require', '--import', '--loader', '--experimental-loader'])
// The path of a file: URL that ends so, whatever is asked of it behind. As text: to parse it takes each start longer than all the rest here.
const TYPESCRIPT = /^[^?#]*\.[cm]?tsx?(?:[?#]|$)/

/** True for a module that Node cannot run without a loader. */
export const isTypeScript = (url: string): boolean => TYPESCRIPT.test(url)

/**
 * The options for a thread that loads `url`: undefined means "as the program has them", which costs nothing.
 * A TypeScript module inherits all, as its loader is among them.
 */
export function inheritedExecArgv(execArgv: readonly string[], url: string): string[] | undefined {
  if (isTypeScript(url) || !hasPreload(execArgv)) return undefined
  return withValues(execArgv).filter(([option]) => !isPreload(option!) && isAllowedInWorker(option!)).flat()
}

// Each option together with its value, if that stands apart: `--conditions development`.
function withValues(execArgv: readonly string[]): string[][] {
  const groups: string[][] = []
  for (const word of execArgv) {
    if (word.startsWith('-') || groups.length === 0) groups.push([word])
    else groups.at(-1)!.push(word)
  }
  return groups
}

/** Whether something is loaded before the program itself. */
export const hasPreload = (execArgv: readonly string[]): boolean => execArgv.some(isPreload)

const isPreload = (option: string): boolean => PRELOADS.has(option.split('=', 1)[0]!)

// Options that concern the whole process make `new Worker` throw when they are listed for a thread.
const isAllowedInWorker = (option: string): boolean => {
  const name = option.split('=', 1)[0]!
  return process.allowedNodeEnvironmentFlags.has(name) && !/^--(max-|stack-|inspect|cpu-prof|heap-prof|title|secure-heap|perf-|abort-|interpreted-|jitless|huge-)/.test(name)
}

/**
 * The options for a child process that loads `url`: the program's own, without its preloads if the module is JavaScript,
 * and without what means the program itself, such as its inspector's port.
 */
export function inheritedOptions(execArgv: readonly string[], url: string): string[] {
  const keepsPreloads = isTypeScript(url)
  return withValues(execArgv).filter(([option]) => (keepsPreloads || !isPreload(option!)) && isAllowedInChild(option!)).flat()
}

// What says what to run, or what becomes of the program that runs it: a child has something of its own to run.
const OF_THE_PROGRAM = /^(-|--|-[hv]|--(inspect|cpu-prof|heap-prof|prof|title|watch|test|experimental-test|eval|print|check|interactive|input-type|run|env-file|build-snapshot|snapshot-blob|experimental-sea|completion-bash|help|version|v8-options).*|-[cepi]+)$/

const isAllowedInChild = (option: string): boolean => !OF_THE_PROGRAM.test(option.split('=', 1)[0]!)

/** The options with those that bound the memory of a whole process. */
export function nodeOptions(execArgv: readonly string[], limits: ThreadOptions['resourceLimits'] = {}): string[] {
  const { maxOldGenerationSizeMb: old, maxYoungGenerationSizeMb: young, stackSizeMb: stack } = limits
  return [
    ...execArgv,
    ...(old === undefined ? [] : [`--max-old-space-size=${Math.ceil(old)}`]),
    // V8 counts three semi-spaces as the young generation.
    ...(young === undefined ? [] : [`--max-semi-space-size=${Math.ceil(young / 3)}`]),
    ...(stack === undefined ? [] : [`--stack-size=${Math.floor(stack * 1024)}`]),
  ]
}
