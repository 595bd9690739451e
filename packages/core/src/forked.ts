// The first file of every child process: loads the kernel and boots it. Stands outside of the kernel, as starter.ts does.

import { createRequire } from 'node:module'

const load = createRequire(__filename)('./kernel.js') as (id: 'process/boot-forked.js') => typeof import('./process/boot-forked.js')
const [number, library] = process.argv.splice(2) as [string, string]
load('process/boot-forked.js').bootForked(Number(number), library === '' ? undefined : library)
