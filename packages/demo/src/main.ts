// The demo: a supervision tree you can break and watch grow back.
export {}
