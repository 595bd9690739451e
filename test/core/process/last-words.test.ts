// What a process sends in its last turn arrives before the news of its end, however it ends by itself.
import { afterAll, expect, test } from '@jest/globals'
import { Process } from 'starfish'
import { assertNoLeaks, captureLog } from '@starfish/testing'
import SpeaksAndExits from '../fixtures/speaks-and-exits.js'

afterAll(() => assertNoLeaks())

test('messages sent before process.exit arrive, and then the DOWN', async () => {
  using _log = captureLog()
  const [, ref] = await Process.spawnMonitor(SpeaksAndExits, Process.self())
  const got: unknown[] = []
  for (;;) {
    const message = await Process.receive()
    got.push(message[1] === ref ? message[3] : message[1])
    if (message[0] === 'DOWN') break
  }
  expect(got).toEqual([0, 1, 2, 3, 4, ['process_exit', 3]])
})
