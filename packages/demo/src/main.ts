// The demo in this repository: `npm start`, which walks its node_modules.

import { join } from 'node:path'
import { main } from './index.js'

const directory = join(__dirname, '..', '..', '..', 'node_modules')

void main(process.argv.slice(2), { usage: 'npm start --', directory, directoryIs: "this repository's node_modules" })
