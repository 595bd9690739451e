import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { Application } from 'starfish'
import { captureLog, cleanup, crash, restarted, startSupervised } from '@starfish/testing'
import application from '../src/application.js'
import Counter, { getCount, increment } from '../src/counter.js'

afterEach(cleanup)

test('counts', async () => {
  await startSupervised([[Counter, 40]])
  increment()
  increment()
  assert.equal(await getCount(), 42)
})

test('begins again when it has crashed', async () => {
  captureLog()
  const tree = await startSupervised([[Counter, 0]])
  increment()
  await restarted(tree, 'Counter', await crash(Counter))
  assert.equal(await getCount(), 0)
})

test('the application starts and stops', async () => {
  await Application.start(application)
  assert.equal(await getCount(), 0)
  await Application.stop(application)
})
