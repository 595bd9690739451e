// A module that means what the configuration says that this project's configuration extends: fields without a value are none.
import { GenServer, ok, reply } from 'starfish'

class Row {
  label?: string
}

export = GenServer.define(__filename, {
  init: () => ok(new Row()),
  handleCall: { keys: (row) => reply(Object.keys(row), row) },
})
