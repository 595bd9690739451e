// Runs a compiled example as a program of its own, and reads what it writes while it runs: stdout and stderr through
// one pipe, so that the order of the lines is the order of the writes.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'

const examples = resolve(__dirname, '../../../docs/examples/dist')
const running = new Set<ChildProcess>()

/** The lines of an example up to the first for which `until` holds, or to its end. It is gone afterwards. */
export async function linesOf(example: string, args: readonly string[], until: (line: string) => boolean = () => false, env: Record<string, string> = {}): Promise<string[]> {
  const child = spawn('/bin/sh', ['-c', 'exec "$0" "$@" 2>&1', process.execPath, resolve(examples, `${example}.js`), ...args], { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, ...env } })
  running.add(child)
  const ended = once(child, 'close')
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (until(line)) break
  }
  stop(child)
  await ended
  return lines
}

function stop(child: ChildProcess): void {
  child.kill('SIGKILL')
  child.stdout?.destroy()
  running.delete(child)
}

/** Ends what a failed test has left running. */
export const stopAll = (): void => running.forEach(stop)
