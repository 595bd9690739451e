// The application: its processes, in the order in which they start, and who is started again with whom.
import { Application, Supervisor } from 'starfish'
import Counter from './counter.js'

export default Application.define({
  name: '{{name}}',
  start: () =>
    Supervisor.startLink(
      [
        [Counter, 0],
      ],
      { strategy: 'one_for_one', name: '{{name}}.Supervisor' },
    ),
})
