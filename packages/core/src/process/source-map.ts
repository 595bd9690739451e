// Turns positions of compiled files in a stack into those of the source. Reads the maps only when an error is
// printed: Node's own --enable-source-maps reads them for each module that is loaded, in every thread.

import { existsSync, readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const maps = new Map<string, { map: SourceMap; dir: string } | undefined>()
const MOST_MAPS = 500

export function mapStack(stack: string): string {
  return stack.replace(/((?:file:\/\/)?\/[^\s():]+|[A-Za-z]:\\[^\s():]+):(\d+):(\d+)/g, (place, file: string, line: string, column: string) => {
    try {
      return mapPlace(file, Number(line), Number(column)) ?? place
    } catch {
      return place // a report is never lost over a bad map
    }
  })
}

function mapPlace(file: string, line: number, column: number): string | undefined {
  const path = file.startsWith('file://') ? fileURLToPath(file) : file
  const found = mapOf(path)
  if (!found) return undefined
  const entry = found.map.findEntry(line - 1, column - 1)
  if (!('originalSource' in entry) || entry.originalSource === undefined) return undefined
  const source = entry.originalSource.startsWith('file://') ? fileURLToPath(entry.originalSource) : resolve(found.dir, entry.originalSource)
  return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
}

function mapOf(path: string): { map: SourceMap; dir: string } | undefined {
  if (maps.has(path)) return maps.get(path)
  if (maps.size >= MOST_MAPS) maps.clear()
  const found = readMap(path)
  maps.set(path, found)
  return found
}

function readMap(path: string): { map: SourceMap; dir: string } | undefined {
  if (!/\.[cm]?js$/.test(path) || !existsSync(path)) return undefined
  const url = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(readFileSync(path, 'utf8'))?.[1]
  if (url === undefined) return undefined
  const inline = /^data:application\/json;(?:charset=[^;]*;)?base64,(.*)$/.exec(url)
  const file = inline ? path : fileURLToPath(new URL(url, pathToFileURL(path)))
  const json = inline ? Buffer.from(inline[1]!, 'base64').toString('utf8') : readFileSync(file, 'utf8')
  return { map: new SourceMap(JSON.parse(json) as SourceMapPayload), dir: dirname(file) }
}
