// What there is to measure: each is a file of this folder.

export const SUBJECTS = ['call', 'in-flight', 'busy-main', 'cast', 'fairness', 'mailbox', 'overload', 'start', 'memory', 'restart', 'standby', 'one-for-all', 'transfer', 'tables', 'durable', 'pool', 'size'] as const
