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

/** A full block is cut in half: up to here moving its keys costs less than looking after more blocks. */
const MAX_BLOCK = 512

/** Makes an empty set of sorted keys: blocks of sorted keys, in order, none of them empty. */
export function createSortedKeys(): SortedKeys {
  let blocks: string[][] = []

  /** The block that holds the key, or would: the last one that does not begin after it. */
  const placeOf = (key: string): number => Math.max(0, firstWhere(blocks, ([first = '']) => first > key) - 1)

  return {
    add: (key) => {
      const place = placeOf(key)
      const block = blocks[place]
      if (block === undefined) {
        blocks.push([key])
        return
      }
      block.splice(
        firstWhere(block, (each) => each >= key),
        0,
        key,
      )
      if (block.length > MAX_BLOCK) blocks.splice(place + 1, 0, block.splice(MAX_BLOCK / 2))
    },
    remove: (key) => {
      const place = placeOf(key)
      const block = blocks[place] ?? []
      const index = firstWhere(block, (each) => each >= key)
      if (block[index] !== key) return
      block.splice(index, 1)
      if (block.length === 0) blocks.splice(place, 1)
    },
    filter: (keep) => {
      blocks = blocks.map((block) => block.filter(keep)).filter(({ length }) => length > 0)
    },
    under: function* (prefix, after) {
      const reached = (key: string): boolean => key >= prefix && (after === undefined || key > after)
      for (const block of blocks.slice(placeOf(after === undefined || after < prefix ? prefix : after))) {
        for (const key of block.slice(firstWhere(block, reached))) {
          if (!key.startsWith(prefix)) return
          yield key
        }
      }
    },
  }
}

/** The index of the first item that has reached a bound; below it none has, from it on all have. */
function firstWhere<Item>(items: readonly Item[], reached: (item: Item) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = items[middle]
    if (item === undefined || reached(item)) high = middle
    else low = middle + 1
  }
  return low
}
