// Options that are misspelt are refused instead of ignored.

import type { ErrorCode } from '../term/error-table.js'
import { misuse } from '../term/errors.js'

/** Refuses a key that means nothing: an option that is misspelt would be ignored for ever. */
export function checkKeys(options: unknown, known: readonly string[], what: string, code: ErrorCode = 'ERR_BAD_ARGUMENT'): void {
  if (typeof options !== 'object' || options === null) misuse(code, `an object of ${what.replace(/(?= of )|$/, 's')}`, options, `{ ${known[0]}: ... }`)
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) misuse(code, `${/^[aeiou]/i.test(what) ? 'an' : 'a'} ${what}`, key, `one of ${known.join(', ')}`)
  }
}
