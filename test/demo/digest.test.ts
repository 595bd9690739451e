// What is walked, what a file comes to, and what all files come to.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { digestAll, digestFile, type Digest } from '#demo/digest'
import { compare, secondPass } from '#demo/verify'
import { take, walk } from '#demo/walk'

const BIG = randomBytes(2_500_000)
const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'starfish-digest-'))
  mkdirSync(join(root, 'b', 'inner'), { recursive: true })
  writeFileSync(join(root, 'b', 'inner', 'file'), 'inner')
  writeFileSync(join(root, 'b', 'z'), 'z')
  writeFileSync(join(root, 'a'), 'aaaa')
  writeFileSync(join(root, 'c'), '')
  writeFileSync(join(root, 'big'), BIG)
  symlinkSync('a', join(root, 'link'))
  symlinkSync('.', join(root, 'loop'))
  execFileSync('mkfifo', [join(root, 'pipe')])
})
afterAll(() => rmSync(root, { recursive: true }))

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

test('a walk gives every file, in order, and tells what it passes over', async () => {
  const skipped: string[] = []
  const files = await all(walk(root, (path, why) => void skipped.push(`${path} ${why}`)))
  expect(files).toEqual([
    { path: 'a', bytes: 4 }, { path: 'b/inner/file', bytes: 5 }, { path: 'b/z', bytes: 1 }, { path: 'big', bytes: BIG.length }, { path: 'c', bytes: 0 },
  ])
  expect(skipped).toEqual(['link symlink', 'loop symlink', 'pipe special'])
})

test('a directory that cannot be read is told, and no more', async () => {
  const skipped: string[] = []
  expect(await all(walk(join(root, 'gone'), (path, why) => void skipped.push(`${path} ${why}`)))).toEqual([])
  expect(skipped).toEqual(['. ENOENT'])
})

test('the first few', async () => {
  expect((await all(take(walk(root), 2))).map(({ path }) => path)).toEqual(['a', 'b/inner/file'])
  expect(await all(take(walk(root), 0))).toEqual([])
})

test('a file comes to its size, its SHA-256 and its size gzipped', async () => {
  expect(await digestFile(join(root, 'a'))).toEqual({ bytes: 4, sha256: sha256('aaaa'), gzip: gzipSync('aaaa').length })
  expect(await digestFile(join(root, 'c'))).toEqual({ bytes: 0, sha256: sha256(''), gzip: gzipSync('').length })
})

test('a big file is streamed and comes to the same', async () => {
  const digest = (await digestFile(join(root, 'big'))) as Extract<Digest, { gzip: number }>
  expect(digest).toMatchObject({ bytes: BIG.length, sha256: sha256(BIG) })
  expect(Math.abs(digest.gzip - gzipSync(BIG).length)).toBeLessThan(1000)
})

test.each([['gone', 'ENOENT'], ['link', 'ELOOP'], ['pipe', 'special'], ['b', 'special']])('what is no file has the reason for a result: %s %s', async (path, error) => {
  expect(await digestFile(join(root, path))).toEqual({ error })
})

const one: Digest = { bytes: 1, sha256: 'x', gzip: 2 }

test('the digest of all does not depend on their order, but on everything else', () => {
  const digest = digestAll(new Map<string, Digest>([['a', one], ['b', { error: 'EIO' }]]))
  expect(digest).toBe(sha256('["a",1,"x",2]\n["b","EIO"]\n'))
  expect(digestAll(new Map<string, Digest>([['b', { error: 'EIO' }], ['a', one]]))).toBe(digest)
  expect(digestAll(new Map([['a', one]]))).not.toBe(digest)
})

test('a comparison names what differs, and what only one of the two has', () => {
  const first = new Map<string, Digest>([['same', one], ['other', one], ['lost', one]])
  const second = new Map<string, Digest>([['same', one], ['other', { ...one, bytes: 2 }], ['extra', one]])
  expect(compare(first, second)).toMatchObject({ equal: false, different: ['extra', 'lost', 'other'] })
  expect(compare(first, new Map([...first].reverse()))).toMatchObject({ equal: true, different: [] })
})

test('the second pass digests each path, and ends when it is told to', async () => {
  let checked = 0
  const results = await secondPass(root, ['a', 'gone'], new AbortController().signal, () => checked++)
  expect(results).toEqual(new Map<string, Digest>([['a', await digestFile(join(root, 'a'))], ['gone', { error: 'ENOENT' }]]))
  expect(checked).toBe(2)
  expect(await secondPass(root, ['a'], AbortSignal.abort(), () => checked++)).toBeUndefined()
})
