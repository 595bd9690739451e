// The ways to die as a task function of poolifier, in a ThreadWorker.

import { ThreadWorker } from 'poolifier'
import { die, type Way } from '../ways.js'

export default new ThreadWorker<Way | 'alive', unknown>((way) => (way === 'alive' ? way : die(way!)))
