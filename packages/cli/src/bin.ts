#!/usr/bin/env node
// The starfish command.
export {}
