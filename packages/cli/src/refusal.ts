// A command that cannot be obeyed, and why.
export class Refusal extends Error {
  override name = 'Refusal'
}
