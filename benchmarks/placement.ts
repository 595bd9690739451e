// Where the threads of this program run. A round trip between two threads takes about 20 µs on one core and, where an
// idle core has to wake up for it, two or three times that; left alone, the kernel chooses, for each pair of threads
// anew, and what one would measure is its choice. So single round trips are measured in both places.

import { execFileSync } from 'node:child_process'

const pid = String(process.pid)
const taskset = (...args: readonly string[]): string => execFileSync('taskset', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

/** The cores this program may use; none where `taskset` cannot tell. */
function cores(): string[] {
  try {
    const list = /: *([\d,-]+)/.exec(taskset('-cp', pid))?.[1] ?? ''
    return list.split(',').flatMap((part) => {
      const [first, last = first] = part.split('-').map(Number) as [number, number?]
      return Array.from({ length: last! - first + 1 }, (_, i) => String(first + i))
    })
  } catch {
    return []
  }
}

const all = cores()
const [one, other] = all

export interface Place {
  readonly name: string
  /** Moves the threads that exist now. */
  readonly move: () => void
}

/** The places to measure single round trips in, most telling first; one without a name where we cannot choose. */
export const places: readonly Place[] =
  one === undefined || other === undefined
    ? [{ name: '', move: () => undefined }]
    : [
        { name: ', one core', move: () => void taskset('-a', '-cp', one, pid) },
        {
          name: ', two cores',
          move() {
            taskset('-a', '-cp', other, pid)
            taskset('-cp', one, pid) // the main thread
          },
        },
      ]

/** Lets the threads run wherever the kernel likes. */
export const anywhere = (): void => {
  if (all.length > 0) taskset('-a', '-cp', all.join(','), pid)
}
