// The command line as data. Every value is checked here and says what it should have been; nothing else reads argv.

import { parseArgs } from 'node:util'

/** What a worker runs in: a thread, or a child process of the operating system. */
export type Isolation = 'thread' | 'process'

export interface Options {
  /** What to walk; undefined: the default of the program. */
  readonly directory: string | undefined
  readonly workers: number
  readonly isolation: Isolation
  /** Ms between two kills. */
  readonly every: number
  /** How long files are handed out, in seconds. */
  readonly seconds: number
  /** How many files are taken at most. */
  readonly files: number
  readonly plain: boolean
  readonly chaos: boolean
  /** Undefined: when the tree is small. */
  readonly verify: boolean | undefined
  readonly seed: number
  readonly json: boolean
  readonly help: boolean
}

/** What the options fall back to where the machine or chance decides. */
export interface Surroundings {
  readonly cores: number
  readonly seed: number
}

/** A command line that cannot be obeyed. */
export class OptionError extends Error {
  override name = 'OptionError'
}

export const help = ({ usage, directoryIs }: { readonly usage: string; readonly directoryIs: string }): string => `Usage: ${usage} [options] [directory]

Computes the SHA-256 and the gzip size of every file in a directory (by default ${directoryIs})
in supervised workers, while a chaos monkey kills them one after the other. In the end nothing is lost.

  --workers N      workers (default: one per core, at least 2)
  --isolation HOW  thread (default), or process: in child processes, which also die in ways no thread survives
  --every MS       a kill every so many ms (default: 300, of child processes 1000)
  --seconds N      hands out files for at most so long (default: 20)
  --files N        takes the first N files only
  --seed N         repeats the order of victims that a run with this seed drew
  --no-chaos       kills nobody
  --verify         compares with a plain single-threaded pass (default: up to 256 MB)
  --no-verify      does not
  --plain          lines instead of the live view (default when the output is not a terminal)
  --json           the final report as JSON, and nothing else on standard output
  --help           this text

Exit code: 0 when nothing was lost, 1 when something went wrong, 2 for a wrong command line, 130 after Ctrl-C.
`

/** Ms between two kills when nothing is said: a child process takes longer to come back. */
const EVERY: Record<Isolation, number> = { thread: 300, process: 1000 }

/** Reads a command line (without node and the program). Throws an OptionError. */
export function parseOptions(args: readonly string[], surroundings: Surroundings): Options {
  const { values, positionals } = parse(args)
  if (positionals.length > 1) throw new OptionError(`expected one directory, got ${positionals.join(', ')}`)
  if (positionals[0] === '') throw new OptionError('expected a directory, got an empty name')
  const { isolation = 'thread' } = values
  if (isolation !== 'thread' && isolation !== 'process') throw new OptionError(`expected --isolation to be thread or process, got ${JSON.stringify(isolation)}`)
  return {
    directory: positionals[0],
    workers: whole('workers', values.workers, 1, 256) ?? Math.max(2, surroundings.cores),
    isolation,
    every: whole('every', values.every, 10, 3_600_000) ?? EVERY[isolation],
    seconds: positive('seconds', values.seconds, 86_400) ?? 20,
    files: whole('files', values.files, 1, Number.MAX_SAFE_INTEGER) ?? Infinity,
    plain: values.plain ?? false,
    chaos: values.chaos ?? true,
    verify: values.verify,
    seed: whole('seed', values.seed, 0, 0xffff_ffff) ?? surroundings.seed,
    json: values.json ?? false,
    help: values.help ?? false,
  }
}

function parse(args: readonly string[]) {
  const [text, flag] = [{ type: 'string' }, { type: 'boolean' }] as const
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      allowNegative: true,
      options: {
        workers: text, isolation: text, every: text, seconds: text, files: text, seed: text,
        plain: flag, chaos: flag, verify: flag, json: flag, help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new OptionError((error as Error).message)
  }
}

function whole(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d+$/.test(text) ? Number(text) : NaN
  if (value >= least && value <= most) return value
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`
  throw new OptionError(`expected --${name} to be a whole number ${range}, got ${JSON.stringify(text)}`)
}

function positive(name: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN
  if (value > 0 && value <= most) return value
  throw new OptionError(`expected --${name} to be a number above 0, up to ${most}, got ${JSON.stringify(text)}`)
}
