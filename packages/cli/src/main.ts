// The command line: what may be said, and what it means. A command that cannot be obeyed says why and ends with code 2.

import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { createProject } from './new.js'
import { Refusal } from './refusal.js'
import { runFile } from './run.js'

const { version } = require('../package.json') as { version: string }

/** What the program ends with when the command line is wrong. */
const WRONG_USE = 2

/** Obeys a command line, without node and the program. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    await commandLine().parseAsync(args, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : WRONG_USE // it has said why
    else if (error instanceof Refusal) fail(error.message)
    else throw error
  }
}

function fail(message: string): void {
  process.stderr.write(`starfish: ${message}\n`)
  process.exitCode = WRONG_USE
}

function commandLine(): Command {
  const program = new Command('starfish')
    .description('Supervised processes for Node.js: new projects, running applications, the demo.')
    .version(version)
    .exitOverride()
  program
    .command('new')
    .description('make a project with a supervised counter that installs, starts and passes its own test')
    .argument('<name>', 'its folder, whose last part is its name')
    .option('--ts', 'in TypeScript (default)')
    .option('--js', 'in JavaScript')
    .action(async (folder: string, { ts, js }: { ts?: true; js?: true }) => {
      if (ts && js) throw new Refusal('expected --ts or --js, got both')
      process.stdout.write(await createProject(folder, js ? 'js' : 'ts', version))
    })
  program
    .command('run')
    .description('run the application that a module exports; SIGINT and SIGTERM shut it down')
    .argument('<file>', 'the module, a JavaScript file as a rule')
    .option('--export <name>', 'which export it is (default: the default export, or the only application)')
    .option('--patience <ms>', 'how long a shutdown may take before it is cut short', wholeNumber)
    .action((file: string, options: { export?: string; patience?: number }) => runFile(file, options))
  program
    .command('demo')
    .description('hash every file of a directory in workers that keep being killed; starfish demo --help says more')
    .argument('[words...]', 'the directory, and options of the demo')
    .allowUnknownOption()
    .helpOption(false)
    .action((words: string[]) => demo(words))
  return program
}

// Loaded when it is asked for: the other commands start no runtime of their own.
async function demo(words: readonly string[]): Promise<void> {
  const { main: runDemo } = await import('@starfish/demo')
  await runDemo(words, { usage: 'starfish demo', directory: process.cwd(), directoryIs: 'this one' })
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a whole number of ms')
  return Number(text)
}
