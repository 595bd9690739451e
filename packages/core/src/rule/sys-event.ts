// How the events of a server read: the words of gen_server.erl, print_event/3.

import type { SysEvent } from '../term/sys-event.js'

export function formatEvent(event: SysEvent): string {
  switch (event.kind) {
    case 'in':
      return `got ${event.type === 'info' ? '' : `${event.type} `}${event.message}${event.from === undefined ? '' : ` from ${event.from}`}`
    case 'continue':
      return `got continue ${event.message}`
    case 'out':
      return `sent ${event.reply} to ${event.to}, new state ${event.state}`
    case 'noreply':
      return `new state ${event.state}`
  }
}
