import type { ComityErrorCode } from '../../../src/errors/index.ts'
import { createMemoryStore } from '../../../src/store/index.ts'

/** For each code of the area, a call of its public functions that fails with exactly that code. */
export const store = {
  COMITY_STORE_FULL: async () => {
    const full = createMemoryStore({ maxEntries: 1 })
    await full.put('a', '')
    await full.put('b', '')
  },
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
