/** A map that forgets its oldest entries. */
export interface BoundedMap<Value> {
  /** The value of a key, or undefined where there is none (any more). */
  get(key: string): Value | undefined
  /** Sets a value. The oldest entry goes when the map is full. */
  set(key: string, value: Value): void
}

/**
 * Makes a map for results that can be had again, so that a stranger who sends ever new keys cannot
 * make it grow.
 *
 * @param limit - The most entries it holds.
 * @returns An empty map.
 */
export function createBoundedMap<Value>(limit: number): BoundedMap<Value> {
  const entries = new Map<string, Value>()
  return {
    get: (key) => entries.get(key),
    set(key, value) {
      entries.set(key, value)
      if (entries.size <= limit) return
      for (const oldest of entries.keys()) {
        entries.delete(oldest)
        return
      }
    },
  }
}
