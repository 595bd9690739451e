// The URL of a file and its path. To go from one to the other Node's parser of URLs has to be loaded, which takes a new thread
// longer than a small module: so the main thread tells it of the file it is for, and every thread remembers the last.

import { isAbsolute } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

interface Place {
  readonly url: string
  readonly path: string
}

/** What was asked for last by its URL, which may have a query. */
let byUrl: Place = { url: '', path: '' }
/** What was asked for last by its path. */
let byPath = byUrl

export function pathOf(url: string): string {
  if (url !== byUrl.url) byUrl = { url, path: fileURLToPath(url) }
  return byUrl.path
}

/** Undefined for what is no absolute path. */
export function urlOf(path: string): string | undefined {
  if (path !== byPath.path) {
    if (!isAbsolute(path)) return undefined
    byPath = { url: pathToFileURL(path).href, path }
  }
  return byPath.url
}

/** From now on both are known of a file; `url` is what `urlOf` gave for it in another thread. */
export function notePlace(url: string, path: string): void {
  byUrl = byPath = { url, path }
}
