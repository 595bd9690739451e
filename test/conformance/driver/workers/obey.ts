// What scripted processes without a server have in common: they do what the driver says, one thing after another, and
// give a sign of life when asked for one.

import { Process, type Message, type Pid } from 'starfish'
import type { Result } from '../scenario.js'

/** What the driver sends: something to do, or the question whether all before it has been handled. */
type Order<C> = readonly ['command', number, C] | readonly ['ping', number]

const isOrder = (message: readonly unknown[]): boolean => message[0] === 'command' || message[0] === 'ping'

export interface Obedience<C> {
  readonly driver: Pid
  readonly perform: (command: C) => Result | Promise<Result>
  /** The answer to what is answered before it is done. */
  readonly early?: (command: C) => Result | undefined
  /** Takes all other messages; without it they stay in the mailbox. */
  readonly other?: (message: Message) => void
}

export async function obey<C>({ driver, perform, early, other }: Obedience<C>): Promise<never> {
  const answer = (...message: unknown[]): void => void Process.send(driver, message as unknown as Message)
  for (;;) {
    const message = await Process.receive<Message>(other ? undefined : isOrder)
    if (!isOrder(message as unknown as unknown[])) {
      other!(message)
      continue
    }
    const [kind, number, command] = message as unknown as Order<C>
    if (kind === 'ping') {
      answer('answer', number)
      continue
    }
    const first = early?.(command)
    if (first) answer('answer', number, first)
    const result = await perform(command)
    if (!first) answer('answer', number, result)
  }
}
