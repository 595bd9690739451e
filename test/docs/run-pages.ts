// Runs the programs of pages, one page after another, and tells its parent of each what it asserted and what it left behind.
// Nothing of a page is there for the next: not its log, its messages, its tables.
import { pathToFileURL } from 'node:url'
import { Logger, Process, Table, type Pid } from 'starfish'
import { liveProcesses } from 'starfish/internal'
import { results } from './check.js'

interface Program {
  readonly name: string
  readonly folder: string
  readonly files: readonly string[]
}

async function runPage({ name, folder, files }: Program): Promise<void> {
  process.chdir(folder) // where a page writes files, they are gone with the page
  const logger = Logger.configure({})
  for (const file of files) await import(pathToFileURL(`${folder}/${file}`).href)
  const left = liveProcesses().filter(({ pid }) => Process.isAlive(pid as Pid)).map((one) => one.name)
  await new Promise<void>((sent) => void process.send!({ name, results: results.splice(0), left }, () => sent()))
  Logger.configure(logger)
  for (const table of Table.all()) if (Table.info(table)?.owner === Process.self()) await Table.deleteTable(table)
  while (await Process.receive(() => true, { timeout: 0 }).then(() => true, () => false));
}

async function main(pages: readonly Program[]): Promise<void> {
  for (const page of pages) await runPage(page)
  process.exit()
}

void main(JSON.parse(process.argv[2]!) as never)
