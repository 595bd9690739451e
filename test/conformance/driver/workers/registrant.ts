// The process of the family `reg`: enters itself into the registry and changes what it has there, as the driver says.

import { Process, Registry, type Pid } from 'starfish'
import type { Result } from '../scenario.js'
import { obey } from './obey.js'
import { record } from './record.js'

export interface RegistrantArgument {
  readonly name: string
  readonly registry: string
  readonly driver: Pid
}

/** A step of a scenario that is for the process itself to do. */
export interface Entering {
  readonly op: string
  readonly k: string
  readonly v: number
  readonly add: number
}

export default Process.define(__filename, ({ name, registry, driver }: RegistrantArgument) => {
  record('enroll', name, name, 'registrant', 'driver')
  return obey<Entering>({ driver, perform: (step) => perform(registry, step), other: () => undefined })
})

async function perform(registry: string, { op, k, v, add }: Entering): Promise<Result> {
  switch (op) {
    case 'register':
      return Registry.register(registry, k, v).then(() => ['ok'], refusal)
    case 'unregister':
      await Registry.unregister(registry, k)
      return ['ok']
    case 'unregister_match':
      await Registry.unregisterMatch(registry, k, v)
      return ['ok']
    case 'update_value':
      return Registry.updateValue<number>(registry, k, (value) => value + add).then((values) => (values ? ['ok', ...values] : ['error']), refusal)
    default:
      throw new Error(`unknown operation ${op}`)
  }
}

/** What Elixir returns or raises where Starfish rejects with a code. */
export function refusal(error: { code?: string; pid?: Pid }): Result {
  switch (error.code) {
    case 'ERR_ALREADY_REGISTERED':
      return ['error', `already_registered:${error.pid!}`]
    case 'ERR_BAD_ARGUMENT':
    case 'ERR_NOT_ALIVE':
      return ['raise', 'ArgumentError']
    default:
      throw error
  }
}
