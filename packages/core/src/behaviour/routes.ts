// Which handler takes a message, found once for each tag.

import { UsageError } from '../term/errors.js'
import { formatTerm } from '../term/format.js'
import { tagOf } from '../term/message.js'
import { Work } from '../process/work.js'

export type Callback = (...args: unknown[]) => unknown
type Handlers = Readonly<Record<string, Callback>> | Callback | undefined

export interface AllHandlers {
  readonly handleCall?: Handlers
  readonly handleCast?: Handlers
  readonly handleInfo?: Handlers
  readonly handleContinue?: Handlers
}

export type LetterKind = 'call' | 'cast' | 'info' | 'continue'

export const HANDLERS = { call: 'handleCall', cast: 'handleCast', info: 'handleInfo', continue: 'handleContinue' } as const

export class Route extends Work {
  /** With `takesWhole`, the one handler of all messages gets them whole. */
  constructor(readonly kind: LetterKind, readonly tag: string | undefined, readonly handler: Callback | undefined, readonly takesWhole: boolean) {
    super(tag === undefined ? kind : `${kind} ${tag}`)
  }
}

/** So many tags of one kind are known. */
const MOST = 1000

export class Routes {
  private readonly known: Record<LetterKind, Map<string | undefined, Route>> = { call: new Map(), cast: new Map(), info: new Map(), continue: new Map() }
  /** What was found last: most messages are like the one before. */
  private last: Route | undefined

  constructor(private readonly all: AllHandlers) {}

  find(kind: LetterKind, tag: string | undefined): Route {
    const { last } = this
    if (last !== undefined && last.tag === tag && last.kind === kind) return last
    return (this.last = this.known[kind].get(tag) ?? this.make(kind, tag))
  }

  /** Handlers known to be quick have become slow. */
  doubt(): void {
    for (const routes of Object.values(this.known)) for (const { pace } of routes.values()) pace.doubt()
  }

  private make(kind: LetterKind, tag: string | undefined): Route {
    const handlers = this.all[HANDLERS[kind]]
    const takesWhole = typeof handlers === 'function'
    const handler = takesWhole ? handlers : tag !== undefined && handlers !== undefined && Object.hasOwn(handlers, tag) ? handlers[tag] : undefined
    const route = new Route(kind, tag, handler, takesWhole)
    // Tags come from outside: those nobody handles are not kept.
    if (handler !== undefined && this.known[kind].size < MOST) this.known[kind].set(tag, route)
    return route
  }
}

/** What a server ends with that was asked for what it does not do. */
export function noHandler(all: AllHandlers, kind: LetterKind, message: unknown, name: string): UsageError {
  const handlers = all[HANDLERS[kind]]
  const known = typeof handlers === 'object' ? Object.keys(handlers) : []
  return new UsageError('ERR_NO_HANDLER', `expected a ${kind} that ${name} handles (${known.join(', ') || 'it handles none'}), got ${formatTerm(message)}; write ${tagOf(message) ?? 'tag'}: (state${Array.isArray(message) ? ', payload' : ''}) => ... in ${HANDLERS[kind]}`)
}
