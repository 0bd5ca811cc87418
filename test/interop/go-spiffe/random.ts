/** A stream of chance that is the same in each run. */
export interface Chance {
  /** 0 to below `limit`, whole. */
  below(limit: number): number
  /** True in so many of 100 times. */
  percent(share: number): boolean
  /** One of a list. */
  pick<T>(list: readonly T[]): T
  /** So many bytes. */
  bytes(length: number): Uint8Array
  /** The list in another order. */
  shuffle<T>(list: readonly T[]): T[]
}

/** Makes one (Mulberry32): good enough to choose cases with, and for nothing else. */
export function createChance(seed: number): Chance {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    below,
    percent: (share) => next() * 100 < share,
    pick: (list) => list[below(list.length)]!,
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
    shuffle(list) {
      const order = list.map((value) => ({ value, at: next() }))
      return order.sort((left, right) => left.at - right.at).map(({ value }) => value)
    },
  }
}
