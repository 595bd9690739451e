// The families of scenarios that Starfish runs. A family is one file.

import { clearMailbox } from '../log.js'
import type { Family, Place, Scenario, ScenarioLog } from '../scenario.js'
import { family as gs } from './gs.js'
import { family as proc } from './proc.js'
import { family as reg } from './reg.js'
import { family as sup } from './sup.js'
import { family as task } from './task.js'

export const families: Readonly<Record<string, Family>> = { sup, gs, proc, reg, task }

/** The log of a scenario, or what Starfish lacks to run it. */
export async function runScenario(scenario: Scenario, host: Place): Promise<ScenarioLog | string> {
  const family = families[scenario.family]
  if (family === undefined) return `the family ${scenario.family}`
  const missing = family.missing(scenario)
  if (missing !== undefined) return missing
  await clearMailbox()
  return family.run(scenario, host)
}
