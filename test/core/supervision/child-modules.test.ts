// Modules as children: `import * as Counter`, with a definition as default and a startLink.
import { afterAll, expect, test } from '@jest/globals'
import { Process } from 'starfish'
import { assertNoLeaks, captureLog, restarted, startSupervised } from '@starfish/testing'
import * as ModuleWithStart from '../fixtures/module-with-start.js'

afterAll(() => assertNoLeaks())

test('a module that also exports start is a module, and reports name its startLink', async () => {
  using log = captureLog()
  await using tree = await startSupervised([ModuleWithStart])
  const before = Process.whereis('ModuleWithStart')!
  Process.exit(before, 'kill')
  await restarted(tree, 'ModuleWithStart', before)
  expect(log.events).toContainEqual(expect.objectContaining({
    context: 'child_terminated', offender: expect.objectContaining({ id: 'ModuleWithStart', name: 'ModuleWithStart.startLink' }),
  }))
})
