// Kills somebody every so often, whatever they are at.
import { type Pid, Process } from 'starfish'
import { random } from './generate.js'

export interface Monkey extends Disposable {
  readonly kills: number
}

/** `every` and `calmAfter` in ms; `every: 0` kills nobody. */
export function monkey(victims: () => readonly (Pid | undefined)[], every: number, calmAfter: number, seed: number): Monkey {
  const next = random(seed)
  let kills = 0
  const strike = (): void => {
    const alive = victims().filter((pid) => pid !== undefined)
    const victim = alive[Math.floor(alive.length * next())]
    if (victim === undefined) return
    Process.exit(victim, 'kill')
    kills++
  }
  const timer = every > 0 ? setInterval(strike, every) : undefined
  const calm = setTimeout(() => clearInterval(timer), calmAfter)
  return {
    get kills() {
      return kills
    },
    [Symbol.dispose]() {
      clearInterval(timer)
      clearTimeout(calm)
    },
  }
}
