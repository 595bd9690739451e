// Ways to die, as functions that run wherever the code of users runs: in a thread, a child process, a worker of a pool.

import { execSync } from 'node:child_process'
import { pbkdf2Sync } from 'node:crypto'
import { openSync } from 'node:fs'

const boom = (): never => {
  throw new Error('boom')
}

const never = new Promise<never>(() => undefined)

/** A module with one function, which loops: (module (func (export "f") (loop br 0))) */
const ENDLESS = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 9, 1, 7, 0, 3, 64, 12, 0, 11, 11])

// The types of Node leave it out.
const wasm = (globalThis as unknown as { WebAssembly: { Module: new (bytes: Uint8Array) => object; Instance: new (module: object) => { exports: { f(): void } } } }).WebAssembly

/** Each dies, or never comes back; what returns has no answer. */
export const ways = {
  throw: boom,
  'throw after an await': async () => {
    await Promise.resolve()
    boom()
  },
  'throw in a timer': () => {
    setTimeout(boom, 1)
    return never
  },
  'floating rejection': () => {
    void Promise.reject(new Error('boom'))
    return never
  },
  'process.exit(0)': () => process.exit(0),
  'process.exit(3)': () => process.exit(3),
  'stack overflow': () => {
    const deeper = (n: number): number => deeper(n + 1) + 1
    return deeper(0)
  },
  'a reply that cannot be copied': () => () => 1,
  'while (true)': () => {
    for (;;);
  },
  'microtasks without end': async () => {
    for (;;) await Promise.resolve()
  },
  'a regular expression without end': () => /^(a+)+$/.test(`${'a'.repeat(64)}b`),
  'WebAssembly without end': () => new wasm.Instance(new wasm.Module(ENDLESS)).exports.f(),
  'a handler that never answers': () => never,
  'heap: many small arrays': () => {
    for (const kept: unknown[] = []; ; ) kept.push(Array.from({ length: 100 }, () => kept.length))
  },
  'heap: one object with string keys': () => {
    const kept: Record<string, number> = {}
    for (let i = 0; ; i++) kept[`key ${i}`] = i
  },
  'heap: one Map': () => {
    for (const kept = new Map<number, number>(); ; ) kept.set(kept.size, kept.size)
  },
  'heap: one array of numbers': () => {
    for (const kept: number[] = []; ; ) kept.push(kept.length + 0.5)
  },
  'heap: a string that doubles': () => {
    const kept: string[] = []
    for (let text = 'text'; ; text += text) kept.push(text.split('').reverse().join(''))
  },
  'Buffers without end': () => {
    // The machine has other things to do: whoever has let it have so much lets it have all.
    const kept: Buffer[] = []
    while (kept.length < 2048) kept.push(Buffer.alloc(1024 * 1024, 1))
    return never
  },
  'execSync that takes its time': () => execSync('sleep 20'),
  'pbkdf2Sync without end': () => pbkdf2Sync('secret', 'salt', 2 ** 31 - 1, 64, 'sha512'),
  'SIGSEGV': () => {
    process.kill(process.pid, 'SIGSEGV')
    return never
  },
  'process.abort': () => {
    // Threads are refused that; what an addon does to the program is the same.
    process.kill(process.pid, 'SIGABRT')
    return never
  },
  'SIGKILL from outside': () => {
    process.kill(process.pid, 'SIGKILL')
    return never
  },
  'file descriptors without end': () => {
    for (;;) openSync('/dev/null', 'r')
  },
} as const satisfies Record<string, () => unknown>

export type Way = keyof typeof ways

/** Dies in that way. */
export const die = (way: Way): unknown => ways[way]()
