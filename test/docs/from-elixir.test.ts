// docs/from-elixir.md names every function that a program can call, and none that is not there.
import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import * as starfish from 'starfish'

const page = readFileSync(resolve(__dirname, '../../../docs/from-elixir.md'), 'utf8')
const tables = page.slice(page.indexOf('## Functions'), page.indexOf('## The same'))

const modules = Object.entries(starfish).filter(([name, value]) => typeof value === 'object' && name !== 'ERRORS') as [string, object][]

test('every function of every module is in its tables, and nothing else', () => {
  const functions = modules.flatMap(([module, members]) => Object.keys(members).map((name) => `${module}.${name}`))
  const named = [...tables.split('\n').filter((line) => line.startsWith('|')).map((line) => line.split(' | ').slice(1).join(' | ')).join('\n').matchAll(/`([A-Z]\w+\.\w+)/g)].map(([, name]) => name!)
  expect([...new Set(named)].toSorted()).toEqual(functions.toSorted())
})
