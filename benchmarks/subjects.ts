// What there is to measure: each is a file of this folder, and answers a question.

const QUESTIONS = {
  call: 'How long does one call take, from the main thread to a worker and from worker to worker?',
  'in-flight': 'How many calls get through one server when 1,000 are under way?',
  'busy-main': 'What do calls from worker to worker take while the main thread computes for a second?',
  cast: 'How many casts does one sender get through, until the last one is handled?',
  fairness: 'How late are the timers and the I/O of a server, at most, that gets more messages than it can handle?',
  mailbox: 'What does a call take by a server in whose mailbox 100,000 messages wait?',
  overload: 'How much does a program grow whose sender outruns a slow server?',
  start: 'How long until one process answers, and until 200 supervised children are ready?',
  memory: 'What does each of 200 children weigh?',
  restart: 'How long from a crash to the first reply of the next incarnation, with a warm spare and without?',
  standby: 'The same for a child with `standby: true`, whose module takes 200 ms to import?',
  'one-for-all': 'How long from the kill of one of ten to replies from all?',
  transfer: 'What does a call cost that moves 8 MB to a worker and back?',
  tables: 'What do a lookup, an addition and a new row in a table take, beside a `Map`, a call and ETS?',
  durable: 'What do a change and a lookup in a durable table take, beside a call and beside the disk?',
  pool: 'What does the supervision of a pool cost, beside the piscina that runs its threads?',
  size: 'How much does a program load that requires the main entry, and how much once a supervised server answers?',
}

export const SUBJECTS = Object.keys(QUESTIONS) as readonly (keyof typeof QUESTIONS)[]

export const questionOf = (subject: string): string => QUESTIONS[subject as keyof typeof QUESTIONS]
