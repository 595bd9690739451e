// Loads what is native on the main thread, which stays: when the last thread that uses an addon is killed, Node unloads its
// code, and LevelDB's own threads, still in it, take the program along.

import { GenServer, ignore } from 'starfish'
import { drivers } from './drivers.js'

const Anchor = GenServer.define(__filename, {
  host: 'main',
  init: () => {
    drivers.level.available()
    return ignore()
  },
})
export default Anchor

/** From any thread. */
export const anchor = async (): Promise<void> => void (await GenServer.start(Anchor, undefined))
