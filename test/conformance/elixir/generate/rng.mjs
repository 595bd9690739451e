// mulberry32, so that scenarios are the same everywhere
export function rng(seed) {
  let a = seed >>> 0
  const next = () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = a
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const r = {
    next,
    int: (n) => Math.floor(next() * n),
    range: (lo, hi) => lo + Math.floor(next() * (hi - lo + 1)),
    chance: (p) => next() < p,
    pick: (xs) => xs[Math.floor(next() * xs.length)],
    // weighted: [[w, v], ...]
    w: (xs) => {
      let t = 0
      for (const [w] of xs) t += w
      let x = next() * t
      for (const [w, v] of xs) {
        if ((x -= w) < 0) return v
      }
      return xs[xs.length - 1][1]
    },
  }
  return r
}

