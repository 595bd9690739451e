// Child processes as seen from outside of the program: what they write, what they are written in, and that they end with it.
import { expect, test } from '@jest/globals'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'

const fixture = (name: string): string => join(__dirname, '../fixtures', name)
const run = (...args: string[]): Promise<{ stdout: string; stderr: string }> => promisify(execFile)(process.execPath, args, { timeout: 20_000 })

/** Settles when there is no such process. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    await setTimeout(5) // the system tells nobody but its parent
  }
}

test.each(['waits', 'exits'] as const)('a child in a loop ends with a program that %s', async (ending) => {
  const program = spawn(process.execPath, [fixture('apart-program.js'), ending], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(program, 'exit')
  const [line] = (await once(program.stdout, 'data')) as [Buffer]
  const child = Number(line.toString())
  expect(child).toBeGreaterThan(0)
  if (ending === 'waits') program.kill('SIGKILL')
  await ended
  await gone(child)
})

test('a program that has no files left is told so at its first starts and at a later one, and goes on', async () => {
  const { stdout } = await promisify(execFile)('sh', ['-c', 'ulimit -n 100; exec "$0" "$@"', process.execPath, fixture('apart-program.js'), 'no files'], { timeout: 20_000 })
  expect(stdout).toBe('StartError EMFILE,StartError EMFILE,StartError EMFILE 0')
})

test.each(['throw', 'exit', 'spin', 'stop'])('what it wrote is there after a death by %s, with its name', async (ending) => {
  const { stdout, stderr } = await run(fixture('output-program.js'), ending, JSON.stringify({ stdout: 'prefix', stderr: true }), 'process')
  expect(stdout).toBe(['line 1', 'line 2', 'line 3', 'line 4', 'line 5', 'ünfinished line'].map((line) => `[Speaker] ${line}\n`).join(''))
  expect(stderr).toBe('')
})

test('an ES module with an await at its top has as many lives as any, and nothing is printed beside', async () => {
  expect(await run(fixture('module-program.mjs'), 'process')).toEqual({ stdout: '77777', stderr: '' })
})
