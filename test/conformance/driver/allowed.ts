// Where Starfish's logs differ from the recorded ones and are right to: an entry for each place, each with its reason.

export interface Allowed {
  readonly id: string
  readonly where: string
  readonly why: string
  /** It depends on the machine whether the logs differ. */
  readonly sometimes?: true
}

/** How the reference driver spells what has another name outside of Elixir; the spelling is undone before comparing. */
export const SPELLINGS: readonly { readonly recorded: RegExp; readonly plain: string; readonly why: string }[] = [
  {
    recorded: /\{(\w+),\{sys,\{replace_state,#Function<[^>]*>\},\[srv\]\}\}/g,
    plain: 'replace_state:$1',
    why: 'The exit of sys:replace_state names the function it was given, an Elixir closure with its place in the source.',
  },
  {
    recorded: /\{(\w+),\{Elixir\.Task\.Supervised,stream,\[\d+\]\}\}/g,
    plain: 'async_stream:$1',
    why: 'The exit of a stream names a module of Elixir that is not for others; here it names Task.asyncStream.',
  },
]

const LATE_EXIT =
  'OTP 25 tells the supervisor of a failed init before the process is gone, and here the end of the supervisor overtook it. ' +
  'From OTP 26 on, and in Starfish, the process is gone first: it ends with its own reason.'

const REFUSED_AT_ONCE =
  'A child spec that is never valid is refused where it is written, with ERR_BAD_CHILD_SPEC, before a supervisor is asked.'

export const ALLOWED: readonly Allowed[] = [
  { id: 'sup-1000-16', where: 'step 2 ex', why: LATE_EXIT },
  { id: 'sup-1000-141', where: 'step 0 ex', why: LATE_EXIT },
  { id: 'sup-4711-157', where: 'step 1 ex', why: LATE_EXIT },
  { id: 'cur-auto-bad-combination', where: 'step 2 r', why: REFUSED_AT_ONCE },
  { id: 'cur-auto-bad-combination-permanent', where: 'step 1 r', why: REFUSED_AT_ONCE },
]
