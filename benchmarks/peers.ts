// The counter in each of the other libraries, used as its documentation says, in one thread. What only one subject
// needs of a peer is in that subject.

import { setTimeout } from 'node:timers/promises'
import { wrap } from 'comlink'
import { Piscina } from 'piscina'
import { FixedThreadPool } from 'poolifier'
import { pool as workerpool } from 'workerpool'
import { fixture, startBare } from './fixtures/bare-client.js'
import type { Counter } from './fixtures/comlink-counter.js'
import { nodeEndpoint } from './fixtures/comlink-node.js'
import type { Aim, Round } from './harness.js'

export interface Peer {
  /** One call: adds one, gives the sum. */
  readonly bump: () => PromiseLike<number>
  readonly stop: () => PromiseLike<unknown>
}

/** How many tasks the pools that ask may give to their one thread at a time; more than they ever get here. */
const AT_ONCE = 1000

export const startPeer = {
  async piscina(): Promise<Peer> {
    const pool = new Piscina<number, number>({ filename: fixture('task-counter'), minThreads: 1, maxThreads: 1, concurrentTasksPerWorker: AT_ONCE })
    return { bump: () => pool.run(1), stop: () => pool.destroy() }
  },

  async tinypool(): Promise<Peer> {
    const { Tinypool } = await import('tinypool') // an ES module
    const pool = new Tinypool({ filename: fixture('task-counter'), minThreads: 1, maxThreads: 1, concurrentTasksPerWorker: AT_ONCE })
    return { bump: () => pool.run(1) as Promise<number>, stop: () => pool.destroy() }
  },

  async workerpool(): Promise<Peer> {
    const pool = workerpool(fixture('workerpool-counter'), { minWorkers: 1, maxWorkers: 1, workerType: 'thread' })
    return { bump: () => pool.exec('bump', [1]) as PromiseLike<number>, stop: () => Promise.resolve(pool.terminate()) }
  },

  async poolifier(): Promise<Peer> {
    const pool = new FixedThreadPool<number, number>(1, fixture('poolifier-counter'))
    return { bump: () => pool.execute(1, 'bump'), stop: () => Promise.race([pool.destroy(), setTimeout(1000)]) } // destroy does not always settle
  },

  async comlink(): Promise<Peer> {
    const worker = await startBare('comlink-counter')
    const counter = wrap<Counter>(nodeEndpoint(worker))
    return { bump: () => counter.bump(1), stop: () => worker.terminate() }
  },
} satisfies Record<string, () => Promise<Peer>>

export type PeerName = keyof typeof startPeer

export const PEERS = Object.keys(startPeer) as PeerName[]

/** All of them, started and answering. */
export async function startPeers(): Promise<Record<PeerName, Peer>> {
  const peers = {} as Record<PeerName, Peer>
  for (const name of PEERS) {
    peers[name] = await startPeer[name]()
    await peers[name].bump()
  }
  return peers
}

/** A round for each of them. */
export const peerRounds = (round: (name: PeerName) => Round): Record<PeerName, Round> =>
  Object.fromEntries(PEERS.map((name) => [name, round(name)])) as Record<PeerName, Round>

/** A row for each of them, without a target. */
export const peerAims = Object.fromEntries(PEERS.map((name) => [name, {}])) as Record<PeerName, Aim>

export const stopPeers = (peers: Record<PeerName, Peer>): Promise<unknown> => Promise.all(Object.values(peers).map((peer) => peer.stop()))
