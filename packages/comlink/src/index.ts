// @starfish/comlink: objects and classes as supervised processes, called through Comlink. What Comlink marks values with
// (`proxy`, `transfer`) has to come from the copy that reads the marks, so it is exported from here as well.

export { define, type DefineOptions, type ExposedDefinition } from './define.js'
export { endpoint, wrap, type WrapOptions } from './wrap.js'
export { createEndpoint, finalizer, proxy, releaseProxy, transfer, transferHandlers } from 'comlink'
export type { ProxyMarked, ProxyOrClone, Remote, RemoteObject, TransferHandler } from 'comlink'
