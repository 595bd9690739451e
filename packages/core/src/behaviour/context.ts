// What callbacks are told of their surroundings: one object for all messages but calls, one for each call.

import type { From } from '../term/from.js'
import { formatPid, type Pid } from '../term/pid.js'
import type { LocalProcess } from '../process/local-process.js'
import type { Letter } from '../process/mailbox.js'
import type { CallContext, Context, InitContext } from './types.js'

class PlainContext implements Context {
  constructor(protected readonly process: LocalProcess) {}

  get self(): Pid {
    return this.process.pid
  }

  get signal(): AbortSignal {
    return this.process.signal
  }
}

class FirstContext extends PlainContext implements InitContext {
  constructor(process: LocalProcess, readonly recovered: unknown) {
    super(process)
  }
}

class LetterContext extends PlainContext implements CallContext {
  constructor(process: LocalProcess, private readonly letter: Letter) {
    super(process)
  }

  get from(): From {
    return { pid: formatPid(this.letter.from), tag: this.letter.tag as number }
  }
}

export class Contexts {
  readonly plain: Context

  constructor(private readonly process: LocalProcess) {
    this.plain = new PlainContext(process)
  }

  /** With what was recovered for init. */
  ofInit(recovered: unknown): InitContext {
    return new FirstContext(this.process, recovered)
  }

  ofCall(letter: Letter): CallContext {
    return new LetterContext(this.process, letter)
  }
}
