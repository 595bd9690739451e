// The stores there are.

import { existsSync, mkdirSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { StarfishError } from 'starfish'
import { chooseDriver, type Driver, type DriverModule, type DriverName } from './driver.js'
import { failed } from './failure.js'
import * as level from './level.js'
import * as sqlite from './sqlite.js'

export const drivers: Readonly<Record<DriverName, DriverModule>> = { sqlite, level }

/** How long a writer waits for the one before it, whose thread may be about to end, in ms. */
const PATIENCE = 2000

/** Opens a file with the store it is for. Rejects with ERR_NO_STORE, ERR_FILE_IN_USE, ERR_FILE_DAMAGED or ERR_STORE_FAILED. */
export async function openDriver(file: string, wanted?: DriverName, patience = PATIENCE): Promise<Driver> {
  try {
    return await drivers[chooseDriver(file, wanted, drivers)].open(realPath(file), patience)
  } catch (error) {
    throw error instanceof StarfishError ? error : failed(file, error)
  }
}

// A file has one writer, whichever links lead to it: its lock is found by its path.
function realPath(file: string): string {
  makeFolder(dirname(file))
  try {
    return realpathSync(file)
  } catch {
    return join(realpathSync(dirname(file)), basename(file))
  }
}

// Not by `recursive`, which tries for ever where a folder cannot be made although the one above is there, as in /proc (Node 20 to 24).
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  try {
    mkdirSync(folder)
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error // another was faster
  }
}
