// Where a CPU profile says that the time went. Pure.

/** A profile as V8 gives it, as far as it matters. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly hitCount?: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
}

export interface HotFunction {
  readonly function: string
  /** `file.js:12`; empty for what is no JavaScript. */
  readonly at: string
  /** Its part of the time, 0 to 1, without what it called. */
  readonly share: number
}

/** The functions that took the most time themselves, the hottest first. */
export function hotFunctions({ nodes }: CpuProfile, most: number): HotFunction[] {
  const hits = new Map<string, { function: string; at: string; count: number }>()
  let all = 0
  for (const { hitCount = 0, callFrame } of nodes) {
    if (hitCount === 0) continue
    const at = callFrame.url === '' ? '' : `${callFrame.url}:${callFrame.lineNumber + 1}`
    const key = `${callFrame.functionName} ${at}`
    const found = hits.get(key) ?? { function: callFrame.functionName || '(anonymous)', at, count: 0 }
    found.count += hitCount
    all += hitCount
    hits.set(key, found)
  }
  return [...hits.values()].sort((a, b) => b.count - a.count).slice(0, most).map(({ function: name, at, count }) => ({ function: name, at, share: count / all }))
}
