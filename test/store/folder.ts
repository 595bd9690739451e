// A folder of one test file, gone with it; and the drivers that this Node has.
import { afterAll } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DriverName } from '@starfish/store'
import { drivers } from '#store/drivers'

export const available = (['sqlite', 'level'] as const).filter((name) => drivers[name].available())

let made: string | undefined
let count = 0

/** A path where nothing is. */
export function freshFile(name: DriverName | 'file' = 'file'): string {
  made ??= mkdtempSync(join(tmpdir(), 'starfish-store-'))
  return join(made, `${name}-${++count}.db`)
}

/** Call it after what ends the processes that have the files open. */
export const removeFolder = (): void => {
  if (made !== undefined) rmSync(made, { recursive: true, force: true })
}
afterAll(removeFolder)
