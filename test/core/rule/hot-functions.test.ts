// Which functions a CPU profile says took the time.
import { expect, test } from '@jest/globals'
import { hotFunctions } from '#core/rule/hot-functions'

const node = (functionName: string, url: string, lineNumber: number, hitCount?: number): object => ({ callFrame: { functionName, url, lineNumber }, hitCount })

test('the hottest first, one function once, those without a hit not at all', () => {
  const nodes = [node('(root)', '', -1), node('a', 'file:///x.js', 9, 20), node('b', 'file:///x.js', 19, 50), node('a', 'file:///x.js', 9, 10), node('', 'file:///y.js', 0, 15), node('(idle)', '', -1, 5)]
  expect(hotFunctions({ nodes } as never, 3)).toEqual([
    { function: 'b', at: 'file:///x.js:20', share: 0.5 }, { function: 'a', at: 'file:///x.js:10', share: 0.3 }, { function: '(anonymous)', at: 'file:///y.js:1', share: 0.15 },
  ])
})

test('a profile without a hit has none', () => {
  expect(hotFunctions({ nodes: [] }, 3)).toEqual([])
})
