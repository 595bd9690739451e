// What processes write comes out, whatever they die of; with their name before each line when asked.
import { expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { GenServer, type ThreadOptions } from 'starfish'
import Speaker from '../fixtures/output-program.js'

const program = join(__dirname, '../fixtures/output-program.js')

const run = (ending: string, thread: ThreadOptions): Promise<{ stdout: string; stderr: string }> => promisify(execFile)(process.execPath, [program, ending, JSON.stringify(thread)])

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '')
const five = (what: string): string[] => [1, 2, 3, 4, 5].map((i) => `${what} ${i}`)

test.each(['throw', 'exit', 'spin', 'stop'])('all of it is there after a death by %s', async (ending) => {
  const { stdout, stderr } = await run(ending, {})
  expect(lines(stdout)).toEqual([...five('line'), 'ünfinished line'])
  expect(lines(stderr)).toEqual(five('error'))
})

test('each stream by itself has names before its lines, or is discarded', async () => {
  const { stdout, stderr } = await run('spin', { stdout: 'prefix', stderr: true })
  expect(lines(stdout)).toEqual([...five('line'), 'ünfinished line'].map((line) => `[Speaker] ${line}`))
  expect(stdout.endsWith('\n')).toBe(true)
  expect(stderr).toBe('')
})

test('anything else is refused', async () => {
  await expect(GenServer.start(Speaker, undefined, { thread: { stdout: 'inherit' } as never })).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
})
