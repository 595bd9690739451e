// What goes wrong in a store, in the words of the one table of errors.

import { StarfishError } from 'starfish'

export const inUse = (file: string, cause?: unknown): StarfishError =>
  new StarfishError('ERR_FILE_IN_USE', `${file} is open already, in this program or another: a durable table has one writer`, { cause })

export const damaged = (file: string, why: string, cause?: unknown): StarfishError =>
  new StarfishError('ERR_FILE_DAMAGED', `${file} cannot be read as a durable table: ${why}; put it aside and restore a copy`, { cause })

export const failed = (file: string, cause: unknown): StarfishError =>
  new StarfishError('ERR_STORE_FAILED', `${file}: ${(cause as Error).message}`, { cause })
