// What happened in a run of the three counters, read from a log of ours or from one recorded on Elixir, and the parts
// of it that do not depend on the clock.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

export interface Event {
  /** `One`, `Two`, `Three`, or `Supervisor`. */
  readonly who: string
  /** `starting`, `started`, `state 3`, `report` (of its own end); of the supervisor: `restart One`, `give up One`, `exited`. */
  readonly what: string
}

/** An event of each line that holds one. */
const read = (lines: readonly string[], patterns: readonly [RegExp, (match: RegExpExecArray) => Event][]): Event[] =>
  lines.flatMap((line) => {
    for (const [pattern, event] of patterns) {
      const match = pattern.exec(line)
      if (match) return [event(match)]
    }
    return []
  })

const said = ([, who, what]: RegExpExecArray): Event => ({ who: who!, what: what! })
const supervisor = (what: string): Event => ({ who: 'Supervisor', what })

/** Reads a log of Elixir's, from `test/examples/recorded`. Its logger does not say whose report it writes, only in which process. */
export function recorded(name: string): Event[] {
  const lines = readFileSync(resolve(__dirname, '../../examples/recorded', `${name}.txt`), 'utf8').split('\n')
  const owners = new Map(lines.flatMap((line) => {
    const match = /Counter\.(\w+): state.*\[in (\S+)\]/.exec(line)
    return match ? [[match[2]!, match[1]!]] : []
  }))
  return read(lines, [
    [/ Counter\.(\w+): (starting|started|state \d+) /, said],
    [/ LOGGER: GenServer terminating report .*\[in (\S+)\]/, ([, pid]) => ({ who: owners.get(pid!)!, what: 'report' })],
    [/ SUPERVISOR: child_terminated offender=Counter\.(\w+)/, ([, who]) => supervisor(`restart ${who}`)],
    [/ SUPERVISOR: shutdown offender=Counter\.(\w+)/, ([, who]) => supervisor(`give up ${who}`)],
    [/ ROOT: supervisor exited/, () => supervisor('exited')],
  ])
}

/** Reads a log of `docs/examples/strategies.ts`. */
export const observed = (lines: readonly string[]): Event[] =>
  read(lines, [
    [/^Counter\.(One|Two|Three): "(starting|started)"/, said],
    [/^Counter\.(One|Two|Three): "working and my (state) is (\d+)"/, ([, who, word, count]) => ({ who: who!, what: `${word} ${count}` })],
    [/\[error\] GenServer Counter\.(\w+) .* terminating$/, ([, who]) => ({ who: who!, what: 'report' })],
    [/\[error\] Child Counter\.(\w+) of Supervisor .* terminated$/, ([, who]) => supervisor(`restart ${who}`)],
    [/\[error\] Child Counter\.(\w+) of Supervisor .* caused shutdown$/, ([, who]) => supervisor(`give up ${who}`)],
    [/^Counter\.Supervisor: "exited/, () => supervisor('exited')],
  ])

const write = ({ who, what }: Event): string => `${who}: ${what}`

/** All that happens in a row: starts with the first state of each, ends, restarts. Left out are the ticks, which go on beside it. */
export function inOrder(events: readonly Event[]): string[] {
  const fresh = new Set<string>()
  return events.flatMap((event) => {
    if (event.what === 'starting') fresh.add(event.who)
    return event.what.startsWith('state') && !fresh.delete(event.who) ? [] : [write(event)]
  })
}

/** The first start of each, whatever happens beside it. */
export const opening = (events: readonly Event[]): string[] => inOrder(events.filter(({ what }) => /^(start|state)/.test(what))).slice(0, 9)

/** For each restart, who failed and what the supervisor did about it; the last one, perhaps unfinished, left out. */
export function restarts(events: readonly Event[]): { failed: string; answer: string[] }[] {
  const found: { failed: string; answer: string[] }[] = []
  for (const event of events) {
    if (event.what.startsWith('restart ')) found.push({ failed: event.what.replace('restart ', ''), answer: [] })
    else if (event.what === 'starting' || event.what === 'started') found.at(-1)?.answer.push(write(event))
  }
  return found.slice(0, -1)
}

/** The lives of one counter, each from its start to its end: the states it printed, and its report if it failed. */
export function lives(events: readonly Event[], who: string): string[][] {
  const found: string[][] = []
  for (const event of events) {
    if (event.who === 'Supervisor' && event.what === `restart ${who}`) found.at(-1)!.push(event.what)
    if (event.who !== who || event.what === 'started') continue
    if (event.what === 'starting') found.push([])
    else found.at(-1)!.push(event.what)
  }
  return found
}
