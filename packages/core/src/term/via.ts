// Names that somebody else keeps: `{ via: 'registry', name, key }` wherever a name may stand (Elixir's via tuples).

import { canonical } from './key.js'

/** A name kept by a directory: made with `Registry.via` or `PartitionSupervisor.via`. Plain data. */
export interface Via {
  readonly via: 'registry' | 'partition'
  /** The name of the registry or the partition supervisor. */
  readonly name: string
  readonly key: unknown
  /** For registries: stored beside the key at the start. */
  readonly value?: unknown
}

export const isVia = (value: unknown): value is Via =>
  typeof value === 'object' && value !== null && typeof (value as Via).via === 'string' && typeof (value as Via).name === 'string' && 'key' in value

/** For reports: what a via name reads like. */
export const viaLabel = ({ name, key }: Via): string => `${name}[${typeof key === 'string' ? key : canonical(key)}]`
