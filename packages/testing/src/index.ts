// What tests of Starfish processes wait with: facts (a death, a message, a restart), never a guessed number of ms.
// Works under jest, vitest and node:test alike, since it uses none of them.

export { down, receive, expectNoMessage, restarted, sync } from './wait.js'
export { startSupervised, type Supervised } from './supervised.js'
export { virtualClock, type VirtualClock } from './virtual-clock.js'
export { gate, type Gate } from './gate.js'
export { cleanup } from './cleanup.js'
export { crash, crashOn, type Crash } from './crash.js'
export { assertNoLeaks } from './leaks.js'
export { captureLog, type CapturedLog } from './log.js'
