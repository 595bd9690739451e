// Which of the program's Node options a worker takes over. Preloads and loaders cost each thread up to half a second
// (ts-node) and are of use only to a module that is not JavaScript yet.

const PRELOADS = new Set(['-r', '--require', '--import', '--loader', '--experimental-loader'])
const TYPESCRIPT = /\.[cm]?tsx?$/

/** True for a module that Node cannot run without a loader. */
export const isTypeScript = (url: string): boolean => TYPESCRIPT.test(new URL(url).pathname)

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
