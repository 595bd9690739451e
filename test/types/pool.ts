// What the compiler must refuse of a pool, and what it must know: compiled with the tests, never run.

import { Task } from 'starfish'
import * as Pool from '@starfish/pool'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_: Same<A, B>): void => undefined

export const Work = Pool.define(`${__filename}#Work`, {
  tasks: {
    none: () => 1,
    one: (text: string) => text.length,
    maybe: (by?: number) => `${by}`,
    later: async ({ a }: { a: number }) => [a],
    moved: (length: number) => Task.transfer(new Uint8Array(length), []),
  },
})

export async function runs(): Promise<void> {
  const none = await Pool.run(Work, 'none')
  same<typeof none, number>(true)
  const one = await Pool.run(Work, ['one', 'text'], { timeout: 5 })
  same<typeof one, number>(true)
  const maybe = [await Pool.run(Work, 'maybe'), await Pool.run(Work, ['maybe', 1])]
  same<typeof maybe, string[]>(true)
  const later = await Pool.run(Work, ['later', { a: 1 }])
  same<typeof later, number[]>(true)
  const moved = await Pool.run(Work, ['moved', 1])
  same<typeof moved, Uint8Array<ArrayBuffer>>(true)
  const started = await Pool.startLink(Work, { maxThreads: 2 })
  const again = await Pool.run(started, 'none')
  same<typeof again, number>(true)
  const byName = await Pool.run<boolean>('Work', ['anything', 1])
  same<typeof byName, boolean>(true)
  // @ts-expect-error there is no such task
  await Pool.run(Work, 'absent')
  // @ts-expect-error it takes an argument
  await Pool.run(Work, 'one')
  // @ts-expect-error it takes another one
  await Pool.run(Work, ['one', 1])
  // @ts-expect-error it takes none
  await Pool.run(Work, ['none', 1])
  // @ts-expect-error there is no such option
  await Pool.run(Work, 'none', { timeOut: 1 })
  // @ts-expect-error nor here
  await Pool.startLink(Work, { threads: 2 })
}
