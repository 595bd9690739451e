// The first file of every child process: loads what every thread runs and boots it. Stands outside of it, as starter.ts does.

import { createRequire } from 'node:module'

type Load = ((id: 'process/boot-forked.js') => typeof import('./process/boot-forked.js')) & { add(chunk: unknown): void }

const loadFile = createRequire(__filename)
const load = loadFile('./entry.js') as Load
load.add(loadFile('./kernel.js'))
const [number, library] = process.argv.splice(2) as [string, string]
load('process/boot-forked.js').bootForked(Number(number), library === '' ? undefined : library)
