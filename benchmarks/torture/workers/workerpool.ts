// The ways to die as a function of workerpool.

import { worker } from 'workerpool'
import { die, type Way } from '../ways.js'

worker({ run: (way: Way | 'alive'): unknown => (way === 'alive' ? way : die(way)) })
