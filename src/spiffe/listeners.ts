import type { Cancel } from '../runtime/index.ts'

/** Functions to be told of something. */
export interface Listeners {
  /** Adds one. It must not throw. */
  add(listener: () => void): Cancel
  /** Calls them all, in the order in which they were added. */
  call(): void
}

/** Makes a list of functions that is empty. */
export function createListeners(): Listeners {
  const listeners = new Set<{ readonly listener: () => void }>()
  return {
    add(listener) {
      const entry = { listener } // the same function may be added twice
      listeners.add(entry)
      return () => {
        listeners.delete(entry)
      }
    },
    call() {
      for (const { listener } of [...listeners]) listener()
    },
  }
}
