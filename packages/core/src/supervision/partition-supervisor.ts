// PartitionSupervisor: the same child several times, and a key that always leads to the same one of them: for a server
// that has become a bottleneck. Semantics: Elixir's PartitionSupervisor.

import { availableParallelism } from 'node:os'
import { partitionOf } from '../rule/partition.js'
import { canonical, checkKey } from '../term/key.js'
import { misuse } from '../term/errors.js'
import type { Reason } from '../term/reason.js'
import type { Strategy } from '../term/child-spec.js'
import type { ProcessId } from '../term/pid.js'
import type { Via } from '../term/via.js'
import { checkName, remember, type Definition } from '../process/definition.js'
import { here } from '../process/here.js'
import { HELD_NAME } from '../process/names.js'
import { stop as stopServer } from '../behaviour/stop.js'
import { hostedServer, launch } from '../behaviour/hosted.js'
import type { Started } from '../behaviour/types.js'
import { type Child, type ChildSpec, fullSpec } from './child-spec.js'
import type { BackoffOptions } from './backoff.js'
import { fullOptions } from './options.js'
import { ask, type ChildCounts } from './requests.js'
import type { ChildInfo } from './supervisor.js'
import { callbacks, type Plan } from './supervisor-server.js'

export interface PartitionSupervisorOptions {
  /** The name that keys are routed by. */
  readonly name: string
  /** What runs in each partition. It registers no name of its own. */
  readonly child: Child
  /** How many; the number of cores by default. */
  readonly partitions?: number
  /** Makes the argument of each partition's child from the one in `child` and the number of the partition. */
  readonly withArguments?: (argument: any, partition: number) => unknown
  /** `'one_for_one'` by default. */
  readonly strategy?: Strategy
  readonly maxRestarts?: number
  readonly maxSeconds?: number
  /** As of a `Supervisor`. */
  readonly backoff?: BackoffOptions
}

interface PartitionPlan extends Plan {
  readonly name: string
}

const KEYS = ['name', 'child', 'partitions', 'withArguments', 'strategy', 'maxRestarts', 'maxSeconds', 'backoff']

function planOf(options: PartitionSupervisorOptions): PartitionPlan {
  if (typeof options !== 'object' || options === null) misuse('ERR_BAD_CHILD_SPEC', 'options', options, "{ name: 'Counters', child: [Counter, 0] }")
  for (const key of Object.keys(options)) if (!KEYS.includes(key)) misuse('ERR_BAD_CHILD_SPEC', 'a PartitionSupervisor option', key, `one of ${KEYS.join(', ')}`)
  const { name, child, partitions = availableParallelism(), withArguments = (argument: unknown) => argument, strategy = 'one_for_one', ...rest } = options
  checkName(name)
  if (!Number.isInteger(partitions) || partitions < 1) misuse('ERR_BAD_CHILD_SPEC', 'partitions to be a whole number from 1', partitions, 'partitions: 4')
  if (typeof withArguments !== 'function') misuse('ERR_BAD_CHILD_SPEC', 'a function withArguments', withArguments, 'withArguments: (argument, partition) => [argument, partition]')
  const { start, ...fields } = fullSpec(child)
  if (typeof start === 'function') misuse('ERR_BAD_CHILD_SPEC', 'a child started by definition', start, 'child: [definition, argument]')
  if (fields.significant) misuse('ERR_BAD_CHILD_SPEC', 'a child that is not significant: partitions have no autoShutdown', true, 'significant: false')
  const children = Array.from({ length: partitions }, (_, partition) => ({
    ...fields,
    id: partition,
    start: [start[0], withArguments(start[1], partition), { ...start[2], name: via(name, partition) }] as const,
  }))
  return { name, children, options: fullOptions({ strategy, ...rest }) }
}

const base = callbacks((plan) => plan as PartitionPlan)

const plainPartitionSupervisor: Definition = remember(
  hostedServer(`${__filename}#plainPartitionSupervisor`, 'PartitionSupervisor', {
    ...base,
    init: (plan: unknown) => {
      openDirectory(plan as PartitionPlan, here.self.id)
      return base.init(plan)
    },
  }, { supervisor: true }),
)

// Which child is which partition, the main thread knows by the names that they are started under.
function openDirectory({ name, children }: PartitionPlan, keeper: ProcessId): void {
  const texts = children.map(({ id }) => `partition ${canonical(name)} ${id}`)
  const textOf = (key: unknown): string => texts[partitionOf(key, texts.length)]!
  here.directories.set(`partition ${name}`, {
    keeper,
    textOf,
    whereis(key) {
      const id = here.vias.lookup(textOf(key))
      return id !== undefined && id !== HELD_NAME && here.table.isAlive(id) && here.table.parent(id) === keeper ? id : undefined
    },
    claim(key, owner) {
      here.vias.entered(textOf(key), owner)
      return undefined
    },
    forChildren: true,
  })
}

/**
 * Starts the partitions, linked to the calling process.
 *
 * @throws ERR_BAD_CHILD_SPEC, ERR_START as `Supervisor.startLink`
 * @example
 * await using counters = await PartitionSupervisor.startLink({ name: 'Counters', child: [Counter, 0] })
 * GenServer.cast(PartitionSupervisor.via('Counters', user), 'inc')
 */
export async function startLink(options: PartitionSupervisorOptions): Promise<Started> {
  const plan = planOf(options)
  return (await launch(plainPartitionSupervisor, plan, plan.name)) as Started
}

/** The partitions as a child of another supervisor. */
export function spec(options: PartitionSupervisorOptions): ChildSpec {
  const plan = planOf(options)
  return { id: plan.name, start: [plainPartitionSupervisor, plan, { name: plan.name }], type: 'supervisor' }
}

/** The child that a key leads to, usable wherever a name is. */
export function via(name: string, key: unknown): Via {
  checkName(name)
  checkKey(key)
  return { via: 'partition', name, key }
}

/** How many partitions there are. Rejects with a CallError `'noproc'` when the name is unknown. */
export const partitions = async (name: string): Promise<number> => (await countChildren(name)).specs

/** The children; their ids are the numbers of the partitions. */
export const whichChildren = async (name: string): Promise<ChildInfo[]> => (await ask(name, 'whichChildren', 'PartitionSupervisor.whichChildren')) as ChildInfo[]

export const countChildren = async (name: string): Promise<ChildCounts> => (await ask(name, 'countChildren', 'PartitionSupervisor.countChildren')) as ChildCounts

/** As `GenServer.stop`. */
export const stop = (name: string, reason: Reason = 'normal', timeout = Infinity): Promise<void> => stopServer(name, reason, timeout)
