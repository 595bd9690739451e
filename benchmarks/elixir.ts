// The same subject on Elixir, when it is installed: the .exs file beside the .ts file, as a program that runs a round
// whenever it is told to, so that it takes its turn among the others.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Round } from './harness.js'

/** "Elixir 1.14.0 (compiled with Erlang/OTP 25)", or undefined where there is none. */
export const elixirVersion = (): string | undefined => /^Elixir .*$/m.exec(spawnSync('elixir', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[0]

export class Elixir {
  private readonly answers: AsyncIterator<string>

  private constructor(private readonly program: ChildProcess) {
    this.answers = createInterface({ input: program.stdout! })[Symbol.asyncIterator]()
  }

  /** Starts the twin of a subject; undefined where there is no Elixir. */
  static async start(subject: string): Promise<Elixir | undefined> {
    const program = spawn('elixir', [join(__dirname, `../${subject}.exs`)], { stdio: ['pipe', 'pipe', 'inherit'] })
    const there = await Promise.race([once(program, 'spawn').then(() => true), once(program, 'error').then(() => false)])
    return there ? new Elixir(program) : undefined
  }

  /** Runs one round of this name; its samples come back in the unit of the subject. */
  round(name: string, count: number): Round {
    return async () => {
      this.program.stdin!.write(`${name} ${count}\n`)
      const { value, done } = await this.answers.next()
      if (done) throw new Error(`the Elixir program ended in the round ${name}`)
      return value.split(' ').map(Number)
    }
  }

  /** Ends the program. */
  async stop(): Promise<void> {
    this.program.stdin!.end()
    await once(this.program, 'exit')
  }
}
