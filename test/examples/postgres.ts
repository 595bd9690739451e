// A real PostgreSQL for one test: the one of Debian's package, with a folder and a port of its own on the loopback.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Where the server's programs are, or undefined: then nothing can be tested. */
export function postgresPrograms(): string | undefined {
  try {
    const [newest] = readdirSync('/usr/lib/postgresql').toSorted((a, b) => Number(b) - Number(a))
    const folder = join('/usr/lib/postgresql', newest!, 'bin')
    return readdirSync(folder).includes('initdb') ? folder : undefined
  } catch {
    return undefined
  }
}

/** The server refuses to run as root: then it runs as the user that the package made. */
function user(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

export class Postgres {
  private running: ChildProcess | undefined

  private constructor(private readonly programs: string, private readonly folder: string, readonly port: number) {}

  /** Makes a database and starts its server. */
  static async create(programs: string): Promise<Postgres> {
    const folder = mkdtempSync(join(tmpdir(), 'starfish-postgres-'))
    const { uid, gid } = user()
    if (uid !== undefined) chownSync(folder, uid, gid!)
    execFileSync(join(programs, 'initdb'), ['-D', folder, '-U', 'starfish', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'], { ...user(), cwd: folder, stdio: 'ignore' })
    const postgres = new Postgres(programs, folder, await freePort())
    await postgres.start()
    return postgres
  }

  get url(): string {
    return `postgres://starfish@127.0.0.1:${this.port}/postgres`
  }

  async start(): Promise<void> {
    const options = ['-D', this.folder, '-p', String(this.port), '-c', 'listen_addresses=127.0.0.1', '-k', this.folder, '-F']
    this.running = spawn(join(this.programs, 'postgres'), options, { ...user(), cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] })
    const said: string[] = []
    const lines = createInterface({ input: this.running.stderr! })
    await new Promise<void>((ready, failed) => {
      lines.on('line', (line) => (said.push(line), line.includes('ready to accept connections') && ready()))
      this.running!.once('exit', () => failed(new Error(`PostgreSQL ended at its start:\n${said.join('\n')}`)))
    })
  }

  /** Ends the server as a crash would: connections break, what was committed is there. */
  async stop(): Promise<void> {
    const { running } = this
    if (running === undefined) return
    this.running = undefined
    const ended = once(running, 'exit')
    running.kill('SIGQUIT')
    await ended
  }

  async remove(): Promise<void> {
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
