// The ways to die in a worker for one task, as Node's documentation shows it.

import { parentPort, workerData } from 'node:worker_threads'
import { die, type Way } from '../ways.js'

void (async () => parentPort!.postMessage(workerData === 'alive' ? 'alive' : await die(workerData as Way)))()
