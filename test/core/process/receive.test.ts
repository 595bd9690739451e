// Waiting for a message by hand.
import { expect, test } from '@jest/globals'
import { Process } from 'starfish'

test('receive refuses what is no function, instead of waiting for ever', async () => {
  await expect(Process.receive({ timeout: 0 } as never)).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
})
