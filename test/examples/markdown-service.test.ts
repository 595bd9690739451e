// The Markdown service answers every request: rendered, refused, too late, while its threads are killed, and while it stops.
import { afterAll, expect, test } from '@jest/globals'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { linesOf, stopAll } from './run.js'

const main = resolve(__dirname, '../../../docs/examples/dist/markdown-service/main.js')
let service: ChildProcess | undefined

afterAll(() => {
  stopAll()
  service?.kill('SIGKILL')
})

test('renders, ends a runaway by its deadline, tells how it is, and finishes what it has begun when it is told to stop', async () => {
  service = spawn(process.execPath, [main], { env: { ...process.env, PORT: '0', DEADLINE: '1500' }, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(service, 'exit')
  const [line] = (await once(createInterface({ input: service.stdout! }), 'line')) as [string]
  const origin = line.slice(line.indexOf('http'))
  const render = (body: string, query = '') => fetch(`${origin}/render${query}`, { method: 'POST', headers: { 'content-type': 'text/markdown' }, body })

  const page = await render('# Title\n\n```js\nlet a = 1\n```\n', '?mark=Ti')
  expect([page.status, await page.text()]).toEqual([200, '<h1><mark>Ti</mark>tle</h1>\n<pre><code class="hljs language-js"><span class="hljs-keyword">let</span> a = <span class="hljs-number">1</span></code></pre>\n'])
  expect((await render('text', '?mark=(')).status).toBe(400)
  expect(await (await fetch(`${origin}/healthz`)).json()).toMatchObject({ ok: true, children: { Renderer: expect.stringMatching(/^#PID/), Web: expect.stringMatching(/^#PID/) }, threads: 2 })

  // It is in hand when the signal comes: the server has read it, as it has answered what came after it.
  const runaway = render(`${'a'.repeat(40)}b`, `?mark=${encodeURIComponent('(a+)+$')}`)
  await running(origin)
  service.kill('SIGTERM')
  expect((await runaway).status).toBe(504)
  expect(await ended).toEqual([0, null])
})

/** Waits until a task is in the pool's hands. */
async function running(origin: string): Promise<void> {
  for (;;) {
    const { threads, idle } = (await (await fetch(`${origin}/healthz`)).json()) as { threads: number; idle: number }
    if (idle < threads) return
  }
}

test('under load, with threads and the pool killed, no request is without an answer', async () => {
  const lines = await linesOf('markdown-service/load', ['--seconds', '3', '--clients', '4', '--kill-every', '300'])
  const told = (word: string): string => lines.find((line) => line.trim().startsWith(word)) ?? lines.join('\n')
  expect(told('answers')).toMatch(/\b200: [1-9]/)
  expect(told('killed')).toMatch(/[1-9]\d* threads/)
  expect(told('unanswered')).toMatch(/unanswered +0$/)
  expect(told('different')).toMatch(/different +0 /)
  expect(told('healthy')).toMatch(/true$/)
})
