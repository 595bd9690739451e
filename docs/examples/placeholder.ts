// Placeholder: the first example takes its place.
export {}
