// What travels through a channel: a flat array of runs. A run is kind, to, from, and the number of its entries, then
// tag and body of each. Flat, because a structured clone of one long array is far cheaper than of many short ones;
// in runs, because in bulk most entries differ in tag and body only.

/** Kind, to, from, count. */
export const RUN_HEAD = 4
/** Tag, body. */
export const ENTRY = 2

export const Kind = {
  // Letters: they go into the mailbox of the process `to`, sent by the process `from`.
  cast: 1, //      body: the message
  call: 2, //      tag: the number of the call; body: the message
  info: 3, //      body: the message
  system: 4, //    tag: the number of the call; body: the request
  exit: 5, //      an exit signal; tag: 1 when it came through a link; body: the reason, encoded
  down: 6, //      tag: the monitor's ref; body: [pid or name, the reason encoded]
  task: 7, //      the answer of a task; tag: its ref; body: the value
  alias: 8, //     a message to an alias; tag: the alias; body: the message
  // Answers: they go to the pending call `tag` of this thread.
  reply: 10, //    body: the value
  failure: 11, //  body: an error, encoded
  // What a thread tells the main thread of the processes it hosts, or asks it.
  started: 20, //  body: ['ok'] | ['ignore'] | ['failed', reason]
  ended: 21, //    body: the reason, encoded
  signal: 22, //   the exit signal `body` from `from` to `to`, for the main thread to judge
  link: 23,
  unlink: 24,
  monitor: 25, //  tag: ref; body: the name it was asked for by, if any
  demonitor: 26, // tag: ref
  spawn: 27, //    a call: body: SpawnRequest
  register: 28, // a call: body: name
  unregister: 29, // a call: body: name
  awaitName: 30, // a call: body: name; answered when the name is registered or given up
  connect: 31, //  tag: the other thread; body: a port to it
  report: 32, //   body: a log event
  release: 33, //  names held for children of `from`: they do not come back
  code: 34, //     what V8 has made of the kernel; body: shared memory
  whereisVia: 35, // a call: body: a via name
  forward: 36, //  a letter by a via name; tag: its kind; body: [via, the message]
  // What the main thread tells a thread.
  boot: 40, //     body: BootOrder: become the process `to`
  died: 41, //     the process `to` is no more; body: its reason, encoded
  gone: 42, //     the thread `tag` is no more, its port can be closed
} as const
export type Kind = (typeof Kind)[keyof typeof Kind]

/** Whether an entry surely becomes a letter in the mailbox of `to`. */
export const isLetter = (kind: number): boolean => kind <= Kind.system
