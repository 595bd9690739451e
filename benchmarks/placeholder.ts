// Placeholder: the first benchmark takes its place.
export {}
