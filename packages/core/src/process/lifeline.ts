// A child process must not outlive the program, even if it is in a loop when that ends. A small thread of its own watches a
// pipe of which the program holds the other end: when that is closed, by whatever end, the child process is killed.

import { Worker } from 'node:worker_threads'

/** The file descriptor of the pipe. */
export const LIFELINE = 4

const WATCH = `
const { Socket } = require('node:net')
const line = new Socket({ fd: ${LIFELINE} })
line.on('error', () => undefined).on('close', () => process.kill(process.pid, 'SIGKILL')).resume()
`

export function watchLifeline(): void {
  new Worker(WATCH, { eval: true, execArgv: [], env: {}, name: 'starfish lifeline', resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 } }).unref()
}
