// How long things took: a histogram that any process can be shown.

import { createHistogram } from 'node:perf_hooks'

/** In ms. All are 0 when nothing has been counted. */
export interface Times {
  readonly count: number
  readonly min: number
  readonly mean: number
  readonly max: number
  readonly stddev: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
}

export class Histogram {
  private readonly micros = createHistogram()

  record(ms: number): void {
    this.micros.record(Math.max(1, Math.round(ms * 1000)))
  }

  reset(): void {
    this.micros.reset()
  }

  get times(): Times {
    const { micros } = this
    const { count } = micros
    const ms = (value: number): number => (count === 0 ? 0 : value / 1000)
    return {
      count, min: ms(micros.min), mean: ms(micros.mean), max: ms(micros.max), stddev: ms(micros.stddev),
      p50: ms(micros.percentile(50)), p90: ms(micros.percentile(90)), p99: ms(micros.percentile(99)), p999: ms(micros.percentile(99.9)),
    }
  }
}
