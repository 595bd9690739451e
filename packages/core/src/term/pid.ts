// A pid names one process for ever: a slot of the process table and the generation that lived in it.
// Users hold the text form, which survives every clone, compares with === and serves as a Map key;
// the runtime computes with the number form.

declare const pidBrand: unique symbol

/** The identity of one process. Text such as `#PID<0.3.1>`: comparable with `===`, sendable in any message. */
export type Pid = string & { readonly [pidBrand]: 'pid' }

/** The number form of a pid: `generation * SLOTS + slot`. Never leaves the runtime. */
export type ProcessId = number

/** How many processes can be alive at once. A power of two, so that small ids stay small integers. */
export const SLOTS = 65_536

export const processId = (slot: number, generation: number): ProcessId => generation * SLOTS + slot
export const slotOf = (id: ProcessId): number => id & (SLOTS - 1)
export const generationOf = (id: ProcessId): number => Math.floor(id / SLOTS)

const PATTERN = /^#PID<0\.(\d{1,5})\.(\d{1,10})>$/

export const formatPid = (id: ProcessId): Pid => `#PID<0.${slotOf(id)}.${generationOf(id)}>` as Pid

// A program talks to few pids often: reading one anew costs ten times as much as finding it.
const parsed = new Map<string, ProcessId>()

/** The number form of a pid's text, or undefined when the text is not a pid. */
export function parsePid(text: string): ProcessId | undefined {
  const known = parsed.get(text)
  if (known !== undefined) return known
  const found = PATTERN.exec(text)
  if (!found) return undefined
  const id = processId(Number(found[1]), Number(found[2]))
  if (parsed.size >= 1000) parsed.clear()
  parsed.set(text, id)
  return id
}

/** Whether a value is a pid, whatever has become of its process. */
export const isPid = (value: unknown): value is Pid => typeof value === 'string' && PATTERN.test(value)
