// node load.js --seconds 10: renders the READMEs of node_modules, as many clients at once, while threads and the pool are
// killed and some requests would take for ever. Says what came of each request; none may be without an answer.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Worker } from 'node:worker_threads'
import { Application, GenServer, Logger, Process } from 'starfish'
import * as Pool from '@starfish/pool'
import Renderer from './renderer.js'
import Service from './service.js'
import Web from './web.js'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    clients: { type: 'string', default: '16' },
    'kill-every': { type: 'string', default: '1000' },
    documents: { type: 'string', default: 'node_modules' },
  },
})
const [seconds, clients, killEvery] = [Number(values.seconds), Number(values.clients), Number(values['kill-every'])] as [number, number, number]

const documents = readdirSync(values.documents, { recursive: true, encoding: 'utf8' })
  .filter((file) => /(^|[\\/])README\.md$/i.test(file))
  .sort()
  .map((file) => readFileSync(join(values.documents, file), 'utf8'))
  .filter((text) => text.length > 500)
if (documents.length === 0) throw new Error(`there are no README.md in ${values.documents}`)

const workers = new Set<Worker>()
process.on('worker', (worker) => {
  workers.add(worker)
  worker.once('exit', () => workers.delete(worker))
})

Logger.configure({ level: 'silent' }) // each kill would be told
Application.putEnv('markdown_service', 'port', 0)
Application.putEnv('markdown_service', 'deadline', 3000)
await Application.start(Service)
const origin = `http://127.0.0.1:${await GenServer.call(Web, 'port')}`

// ---- the clients

const statuses = new Map<number, number>()
const times: number[] = []
const pages = new Map<number, string>()
let unanswered = 0
let different = 0
let next = 0
const end = performance.now() + seconds * 1000

async function request(markdown: string, query = ''): Promise<Response & { readonly html: string }> {
  const begun = performance.now()
  const response = await fetch(`${origin}/render${query}`, { method: 'POST', headers: { 'content-type': 'text/markdown' }, body: markdown, signal: AbortSignal.timeout(10_000) })
  const html = await response.text()
  statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
  if (response.status === 200) times.push(performance.now() - begun)
  return Object.assign(response, { html })
}

async function client(): Promise<void> {
  while (performance.now() < end) {
    const number = next++
    const at = number % documents.length
    try {
      if (number % 100 === 99) {
        await request(`a line of ${'a'.repeat(40)}b`, `?mark=${encodeURIComponent('(a+)+$')}`) // takes years
        continue
      }
      const { status, html } = await request(documents[at]!)
      if (status === 503) await new Promise((resolve) => setTimeout(resolve, 50))
      if (status !== 200) continue
      const digest = createHash('sha256').update(html).digest('hex')
      if ((pages.get(at) ?? digest) !== digest) different++
      pages.set(at, digest)
    } catch (error) {
      unanswered++
      console.error('no answer:', error)
    }
  }
}

// ---- the killer

// Strikes only when a page has come since the last strike: killing nothing but threads that still load shows nothing.
const kills = { thread: 0, pool: 0 }
let turn = 0
let pagesBefore = -1
const killer = setInterval(() => {
  if (times.length === pagesBefore) return
  pagesBefore = times.length
  const pool = Process.whereis(Renderer)
  if (++turn % 10 === 0) {
    if (pool === undefined) return
    Process.exit(pool, 'kill')
    kills.pool++
    return
  }
  const all = [...workers]
  const victim = all[turn % all.length]
  if (victim === undefined) return
  void victim.terminate()
  kills.thread++
}, killEvery)

await Promise.all(Array.from({ length: clients }, client))
clearInterval(killer)
const healthy = await becomesHealthy()
const { runTime, waitTime } = await Pool.info(Renderer)
await Application.stopAll()

/** The last kill may be only a moment ago. */
async function becomesHealthy(): Promise<boolean> {
  const patience = performance.now() + 10_000
  while (performance.now() < patience) {
    if ((await fetch(`${origin}/healthz`)).status === 200) return true
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return false
}

// ---- the report

const sorted = times.sort((a, b) => a - b)
const percentile = (p: number): string => `${(sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? 0).toFixed(0)} ms`
const asked = [...statuses.values()].reduce((sum, count) => sum + count, unanswered)
console.log(`
 documents   ${documents.length}, ${pages.size} of them rendered
 requests    ${asked} in ${seconds} s, ${clients} at once
 answers     ${[...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`).join('  ')}
 pages       p50 ${percentile(50)}  p90 ${percentile(90)}  p99 ${percentile(99)}  max ${percentile(100)}
 in the pool run p50 ${runTime.p50.toFixed(1)} ms  p99 ${runTime.p99.toFixed(1)} ms, wait p50 ${waitTime.p50.toFixed(1)} ms  p99 ${waitTime.p99.toFixed(1)} ms, since its last start
 killed      ${kills.thread} threads, ${kills.pool} times the pool
 unanswered  ${unanswered}
 different   ${different} pages, compared with the first of the same document
 healthy     ${healthy}
`)
process.exitCode = unanswered === 0 && different === 0 && healthy ? 0 : 1
