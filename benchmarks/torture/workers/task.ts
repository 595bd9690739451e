// The ways to die as a task of piscina and tinypool.

import { die, type Way } from '../ways.js'

export default (way: Way | 'alive'): unknown => (way === 'alive' ? way : die(way))
