// From an ES module: import and require give one copy, and the face names every export.
import * as imported from 'starfish'
import { createRequire } from 'node:module'

const required = createRequire(import.meta.url)('starfish')

console.log(Object.keys(required).every((name) => imported[name] === required[name]))
