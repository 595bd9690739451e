// The whole program is killed while it writes, again and again: the file opens, and all that was acknowledged is there.
import { afterAll, expect, test } from '@jest/globals'
import { assertNoLeaks } from '@starfish/testing'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { openDriver } from '#store/drivers'
import { packKey } from '#store/key'
import { unpackValue } from '#store/value'
import { available, freshFile } from './folder.js'

afterAll(() => assertNoLeaks())

const ROUNDS = 3

/** The last number that the program has written when it is killed, some lines after it began. */
async function killedWhileWriting(file: string, driver: string, first: number, lines: number): Promise<number> {
  const child = spawn(process.execPath, ['--no-warnings', resolve(__dirname, 'fixtures/writing-program.js'), file, driver, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  let last = first - 1
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line.split(' ')[1])
    if (--lines === 0) child.kill('SIGKILL')
  }
  expect((await ended)[1]).toBe('SIGKILL')
  return last
}

test.each(available)('%s', async (name) => {
  const file = freshFile(name)
  let first = 0
  for (let round = 0; round < ROUNDS; round++) {
    const last = await killedWhileWriting(file, name, first, 4 + round * 4)
    expect(last).toBeGreaterThan(first)
    const driver = await openDriver(file)
    const torn = (i: number): boolean => {
      const found = driver.get(packKey(i))
      return found === undefined || (unpackValue(found) as string).length !== i % 997
    }
    expect(Array.from({ length: last - first + 1 }, (_, i) => first + i).filter(torn)).toEqual([])
    expect(unpackValue(driver.get(packKey('count'))!)).toBeGreaterThanOrEqual(last + 1)
    expect(await driver.range({ limit: 1e6 })).toHaveLength(driver.size())
    // Also what was written and not yet acknowledged may be there: all of a batch or nothing.
    first = unpackValue(driver.get(packKey('count'))!) as number
    await driver.close()
  }
}, 60_000)

// Linux lets the limit of a running program be lifted.
const onLinux = process.platform === 'linux' ? test : test.skip

onLinux.each(available)('%s: the disk is full for a while: that is told, what was acknowledged before and after is there, and the size is right', async (name) => {
  const file = freshFile(name)
  const program = resolve(__dirname, 'fixtures/full-program.js')
  // 512 KB for each file, as a shell counts.
  const { stdout } = spawnSync('/bin/sh', ['-c', 'ulimit -S -f 1024; exec "$0" --no-warnings "$@"', process.execPath, program, file, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  const { written, codes, torn } = JSON.parse(stdout) as { written: number[]; codes: unknown[]; torn: number }
  expect({ codes, torn }).toEqual({ codes: ['ERR_STORE_FAILED'], torn: 0 })
  expect(written.length).toBeGreaterThan(150)
  const driver = await openDriver(file)
  expect(written.filter((i) => driver.get(packKey(i)) === undefined)).toEqual([])
  expect(await driver.range({ limit: 1e6 })).toHaveLength(driver.size())
  await driver.close()
}, 30_000)
