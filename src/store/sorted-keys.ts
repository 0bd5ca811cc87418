/** Keys in ascending order (by code unit), without repetitions. */
export interface SortedKeys {
  /** Adds a key that is not there yet. */
  add(key: string): void
  /** Removes a key, where it is there. */
  remove(key: string): void
  /** Keeps only the keys for which `keep` answers true. */
  filter(keep: (key: string) => boolean): void
  /** The keys that start with the prefix and come after `after`, in order. */
  under(prefix: string, after?: string): Iterable<string>
}

/** Makes an empty set of sorted keys: binary search over an array, whose moves are cheap up to some 100,000 keys. */
export function createSortedKeys(): SortedKeys {
  let keys: string[] = []
  return {
    add: (key) => {
      keys.splice(
        firstWhere(keys, (each) => each >= key),
        0,
        key,
      )
    },
    remove: (key) => {
      const index = firstWhere(keys, (each) => each >= key)
      if (keys[index] === key) keys.splice(index, 1)
    },
    filter: (keep) => {
      keys = keys.filter(keep)
    },
    under: function* (prefix, after) {
      let index = firstWhere(keys, (key) => key >= prefix && (after === undefined || key > after))
      for (let key = keys[index]; key?.startsWith(prefix) === true; key = keys[++index]) yield key
    },
  }
}

/** The index of the first key that has reached a bound; below it none has, from it on all have. */
function firstWhere(keys: readonly string[], reached: (key: string) => boolean): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const key = keys[middle]
    if (key === undefined || reached(key)) high = middle
    else low = middle + 1
  }
  return low
}
