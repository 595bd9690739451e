// Comlink's messages as they pass through an endpoint: what it asks, what it answers, and an answer of our own making.

import type { MessagePort } from 'node:worker_threads'

/** A request of a Comlink proxy. */
export interface Request {
  readonly id: string
  readonly type: 'GET' | 'SET' | 'APPLY' | 'CONSTRUCT' | 'ENDPOINT' | 'RELEASE'
  readonly argumentList?: readonly WireValue[]
  readonly value?: WireValue
}

/** A value on its way: as it is, or as a transfer handler wrote it. */
export interface WireValue {
  readonly id?: string
  readonly type: 'RAW' | 'HANDLER'
  readonly name?: string
  readonly value: unknown
}

export type Answer = WireValue & { readonly id: string }

/** What a client posts into the mailbox: which of its wraps speaks, and Comlink's request. */
export type Letter = readonly [connection: string, request: Request]

/** The answer to request `id` that makes Comlink reject its promise with `error` itself. */
export const rejection = (id: string, error: unknown): Answer => ({ id, type: 'HANDLER', name: 'throw', value: { isError: false, value: error } })

export const resolution = (id: string): Answer => ({ id, type: 'RAW', value: true })

export const isThrow = (answer: WireValue): boolean => answer.type === 'HANDLER' && answer.name === 'throw'

type ProxyValue = WireValue & { readonly value: MessagePort }

/** A marked object (`proxy(...)`): the other thread gets a port to it. */
export const isProxy = (value: WireValue | undefined): value is ProxyValue => value?.type === 'HANDLER' && value.name === 'proxy'

/** The request with its marked objects as `change` gives them. */
export function mapProxies(request: Request, change: (port: MessagePort) => WireValue): Request {
  const map = (value: WireValue): WireValue => (isProxy(value) ? change(value.value) : value)
  return {
    ...request,
    ...(request.argumentList ? { argumentList: request.argumentList.map(map) } : {}),
    ...(request.value ? { value: map(request.value) } : {}),
  }
}
