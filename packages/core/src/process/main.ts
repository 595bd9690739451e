// Run when a thread that nobody booted for a process first uses the runtime: there, this copy of the library decides.
// Until then a program has only loaded what it takes to define servers.

import { Arbiter } from './arbiter.js'
import { here } from './here.js'

if (here.role === undefined) here.role = new Arbiter()
