// What tests wait with: facts (a death, a message, a restart), never a guessed number of milliseconds.
export {}
