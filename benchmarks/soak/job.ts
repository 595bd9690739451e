// The task of the soak: succeeds, or fails as it is told.

import { Task } from 'starfish'

export type Fate = 'succeed' | 'throw' | 'exit' | 'hang'

export const job = Task.define(`${__filename}#job`, (fate: Fate) => {
  if (fate === 'throw') throw new Error('as told')
  if (fate === 'exit') process.exit(1)
  while (fate === 'hang');
  return fate
})
