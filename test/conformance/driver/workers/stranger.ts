// A process that has nothing to do with anybody: sends exit signals on behalf of the driver.

import { GenServer, ok, Process, reply, type Pid, type Reason } from 'starfish'

export default GenServer.define(__filename, {
  host: 'main',
  init: () => ok(undefined),
  handleCall: {
    exit: (state, [pid, reason]: readonly [Pid, Reason]) => {
      Process.exit(pid, reason)
      return reply('ok', state)
    },
  },
})
