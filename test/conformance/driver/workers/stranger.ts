// A process that has nothing to do with anybody: sends one exit signal on behalf of the driver, and is gone.

import { GenServer, Process, stop, type Pid, type Reason } from 'starfish'

const Stranger = GenServer.define(__filename, {
  host: 'main',
  init: ([pid, reason]: readonly [Pid, Reason]) => {
    Process.exit(pid, reason)
    return stop('shutdown')
  },
})
export default Stranger

/** Sends an exit signal that comes from nobody the receiver knows. */
export const exitFromStranger = (pid: Pid, reason: Reason): Promise<void> => GenServer.start(Stranger, [pid, reason]).then(() => undefined, () => undefined)
