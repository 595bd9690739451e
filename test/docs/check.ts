// What `// =>` and `// throws` in a page become: each notes what it got, in the program that runs the page.
import { format, inspect } from 'node:util'

export interface Result {
  /** The line in the page. */
  readonly line: number
  /** What the page says when it is right, else what came. */
  readonly got: string
}

export const results: Result[] = []

/** `…` in a page stands for anything. */
function note(line: number, expected: string, got: string): void {
  const parts = expected.split('…')
  let at = parts.length === 1 ? 0 : got.indexOf(parts[0]!)
  const fits = parts.length === 1 ? got === expected : got.startsWith(parts[0]!) && got.endsWith(parts.at(-1)!) && parts.every((part) => (at = got.indexOf(part, at)) >= 0)
  results.push({ line, got: fits ? expected : got })
}

/** `console.log(...) // => text`: what it prints. */
export const prints = (line: number, expected: string) => (...args: unknown[]): void => note(line, expected, format(...args))

/** `expression // => value`, and `const name = expression // => value`. */
export function is<T>(line: number, expected: string, value: T): T {
  note(line, expected, inspect(value, { breakLength: Infinity, depth: 6 }))
  return value
}

/** `statement // throws CODE`: the code of the error, or its message. */
export async function throws(line: number, expected: string, run: () => Promise<void>): Promise<void> {
  try {
    await run()
    note(line, expected, 'nothing')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    note(line, expected, code ?? message)
  }
}
