#!/usr/bin/env node
// The starfish command.

import { main } from './main.js'

void main(process.argv.slice(2))
