/** A map that holds so much and no more: what was used the longest ago goes first. */
export interface LruMap<Value> {
  /** The value of a key, which becomes the one used last; undefined where there is none (any more). */
  get(key: string): Value | undefined
  /** The value of a key, without using it. */
  peek(key: string): Value | undefined
  /** Sets a value and makes it the one used last. A value that is too heavy by itself is not held. */
  set(key: string, value: Value): void
  /** Removes a key. */
  delete(key: string): void
  /** The keys, the one used longest ago first. Keys may be removed meanwhile. */
  keys(): Iterable<string>
}

/** How much a map holds. */
export interface LruMapBounds<Value> {
  /** The most entries. Without it only weight counts. */
  readonly maxEntries?: number
  /** The most that all values may weigh together. Without it only their number counts. */
  readonly maxWeight?: number
  /** What a value weighs, the same each time. Defaults to nothing. */
  readonly weigh?: (value: Value) => number
}

/**
 * Makes a map for what can be had again, so that a stranger who sends ever new keys cannot make it grow.
 *
 * @param bounds - See {@link LruMapBounds}.
 * @returns An empty map.
 */
export function createLruMap<Value>(bounds: LruMapBounds<Value>): LruMap<Value> {
  const { maxEntries = Infinity, maxWeight = Infinity, weigh = () => 0 } = bounds
  const entries = new Map<string, Value>()
  let weight = 0

  function remove(key: string): void {
    const value = entries.get(key)
    if (value === undefined) return
    entries.delete(key)
    weight -= weigh(value)
  }

  return {
    get(key) {
      const value = entries.get(key)
      if (value === undefined) return undefined
      entries.delete(key)
      entries.set(key, value)
      return value
    },
    peek: (key) => entries.get(key),
    set(key, value) {
      remove(key)
      entries.set(key, value)
      weight += weigh(value)
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries && weight <= maxWeight) return
        remove(oldest)
      }
    },
    delete: remove,
    keys: () => entries.keys(),
  }
}
