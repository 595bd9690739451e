// The books of the dispatcher: a file leaves them with a result only.
import { expect, test } from '@jest/globals'
import { deadline } from '#demo/dispatcher'
import { LAST_FAILURE, Ledger } from '#demo/ledger'

const digest = { bytes: 3, sha256: 'abc', gzip: 2 }

const ledgerOf = (...paths: string[]): Ledger => {
  const ledger = new Ledger()
  for (const path of paths) ledger.add({ path, bytes: 3 })
  return ledger
}

test('files are handed out in the order they were found, each once', () => {
  const ledger = ledgerOf('a', 'b')
  expect([ledger.take()?.path, ledger.take()?.path, ledger.take()]).toEqual(['a', 'b', undefined])
  expect([ledger.waits, ledger.working, ledger.left]).toEqual([0, 2, 2])
  ledger.add({ path: 'c', bytes: 3 })
  expect(ledger.take()?.path).toBe('c')
})

test('a file that failed is handed out again, before all others', () => {
  const ledger = ledgerOf('a', 'b')
  ledger.failed(ledger.take()!)
  expect(ledger.take()).toMatchObject({ path: 'a', failures: 1 })
  expect(ledger.handedOutAgain).toBe(1)
  expect(ledger.take()?.path).toBe('b')
})

test('a file put back has not failed', () => {
  const ledger = ledgerOf('a')
  ledger.putBack(ledger.take()!)
  expect([ledger.waits, ledger.working, ledger.left]).toEqual([1, 0, 1])
  expect(ledger.take()?.failures).toBe(0)
})

test('a second result for a path changes nothing', () => {
  const ledger = ledgerOf('a')
  const job = ledger.take()!
  ledger.done(job, digest)
  ledger.done(job, { error: 'EIO' })
  expect([...ledger.results]).toEqual([['a', digest]])
  expect([ledger.doneBytes, ledger.gzipBytes, ledger.left]).toEqual([3, 2, 0])
})

test('a file that cannot be read has a result: why', () => {
  const ledger = ledgerOf('a')
  ledger.done(ledger.take()!, { error: 'EACCES' })
  expect(ledger.unreadable).toEqual(['a (EACCES)'])
  expect(ledger.left).toBe(0)
})

test('a file that everybody dies of is given up, and counts as lost', () => {
  const ledger = ledgerOf('poison')
  for (let i = 0; i < LAST_FAILURE; i++) ledger.failed(ledger.take()!)
  expect(ledger.take()).toBeUndefined()
  expect(ledger.givenUp).toHaveLength(1)
  expect([ledger.waits, ledger.working, ledger.left]).toEqual([0, 0, 0])
})

test.each([
  [0, 0, 1000],
  [9_999_999, 2, 1000],
  [25_000_000, 0, 3000],
  [0, 3, 2000],
  [0, 6, 16_000],
  [25_000_000, 19, 600_000],
])('a file of %d bytes that failed %d times has %d ms', (bytes, failures, ms) => {
  expect(deadline({ bytes, failures })).toBe(ms)
})
