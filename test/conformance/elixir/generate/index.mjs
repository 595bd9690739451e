// Random scenarios of each family. What comes out depends on the seed and the number alone.
import { gen as gs } from './gs.mjs'
import { gen as proc } from './proc.mjs'
import { gen as reg } from './reg.mjs'
import { gen as sup } from './sup.mjs'
import { gen as task } from './task.mjs'

export const generators = { sup, gs, proc, reg, task }

export const generate = (family, seed, count) => Array.from({ length: count }, (_, i) => generators[family](seed, i))
