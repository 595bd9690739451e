// The command line of the demo.
import { expect, test } from '@jest/globals'
import { help, parseOptions } from '#demo/options'

const parse = (...args: string[]) => parseOptions(args, { cores: 8, seed: 7 })

test('nothing said: as many workers as cores, chaos, verification when the tree is small', () => {
  expect(parse()).toEqual({
    directory: undefined, workers: 8, isolation: 'thread', every: 300, seconds: 20, files: Infinity,
    plain: false, chaos: true, verify: undefined, seed: 7, json: false, help: false,
  })
})

test('one core still gives two workers', () => {
  expect(parseOptions([], { cores: 1, seed: 0 }).workers).toBe(2)
})

test('everything said', () => {
  const args = ['src', '--workers', '3', '--every=50', '--seconds', '2.5', '--files', '10', '--seed', '0', '--plain', '--no-chaos', '--no-verify', '--json']
  expect(parse(...args)).toEqual({
    directory: 'src', workers: 3, isolation: 'thread', every: 50, seconds: 2.5, files: 10,
    plain: true, chaos: false, verify: false, seed: 0, json: true, help: false,
  })
  expect(parse('--verify').verify).toBe(true)
  expect(parse('--isolation', 'process')).toMatchObject({ isolation: 'process', every: 1000 })
  expect(parse('-h').help).toBe(true)
})

test.each([
  [['--workers', '0'], 'expected --workers to be a whole number from 1 to 256, got "0"'],
  [['--workers', '2.5'], 'expected --workers to be a whole number from 1 to 256, got "2.5"'],
  [['--workers', 'many'], 'expected --workers to be a whole number from 1 to 256, got "many"'],
  [['--every', '9'], 'expected --every to be a whole number from 10 to 3600000, got "9"'],
  [['--every='], 'expected --every to be a whole number from 10 to 3600000, got ""'],
  [['--seconds', '0'], 'expected --seconds to be a number above 0, up to 86400, got "0"'],
  [['--seconds', '1e9'], 'expected --seconds to be a number above 0, up to 86400, got "1e9"'],
  [['--files', '0'], 'expected --files to be a whole number from 1, got "0"'],
  [['--seed', '4294967296'], 'expected --seed to be a whole number from 0 to 4294967295, got "4294967296"'],
  [['--isolation', 'fork'], 'expected --isolation to be thread or process, got "fork"'],
  [['a', 'b'], 'expected one directory, got a, b'],
  [[''], 'expected a directory, got an empty name'],
])('%j is refused', (args, message) => {
  expect(() => parse(...args)).toThrow(message)
})

test.each([['--wrokers', '2'], ['--workers'], ['--plain=yes']])('%j is refused by name', (...args) => {
  expect(() => parse(...args)).toThrow(args[0]!.split('=')[0])
})

test('the help names every option', () => {
  for (const name of Object.keys(parse())) if (name !== 'directory') expect(help({ usage: 'starfish demo', directoryIs: 'this one' })).toMatch(new RegExp(`  --(no-)?${name} `))
})
