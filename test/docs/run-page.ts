// Runs the programs of one page, one after another, and tells its parent what they asserted and what they left behind.
import { pathToFileURL } from 'node:url'
import { Process, type Pid } from 'starfish'
import { liveProcesses } from 'starfish/internal'
import { results } from './check.js'

async function main(files: readonly string[]): Promise<void> {
  for (const file of files) await import(pathToFileURL(file).href)
  process.send!({ results, left: liveProcesses().filter(({ pid }) => Process.isAlive(pid as Pid)).map(({ name }) => name) }, () => process.exit())
}

void main(process.argv.slice(2))
