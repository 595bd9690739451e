// The agent of the soak.

import { Agent, Process } from 'starfish'

export default Agent.define(__filename, {
  init: () => ({ changes: 0 }),
  get: { whoAreYou: () => Process.self() },
  update: {
    change: (store) => ({ changes: store.changes + 1 }),
    throw: (store) => {
      if (store.changes >= 0) throw new Error('as told')
      return store
    },
    exit: () => process.exit(1),
  },
})
