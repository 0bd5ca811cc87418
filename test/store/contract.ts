import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../../src/store/index.ts'
import { atomicityContract } from './contract-atomicity.ts'
import { entriesContract } from './contract-entries.ts'
import { logsContract } from './contract-logs.ts'

/**
 * Opens a store that is empty and expires its entries by the given clock. More than one handle onto the same data
 * (two connections, two processes) makes the concurrent cases run across them.
 */
export type MakeStore = (options: { clock: { now(): number } }) => Promise<readonly [Store, ...Store[]]>

/** What the parts of the contract work on; a fresh store for each case. */
export interface StoreUnderTest {
  /** The time at which each case starts, in seconds. */
  readonly start: number
  /** The time now, to be set by the case. */
  time: number
  /** The first handle. */
  readonly store: Store
  /** One handle after another, as far as there are several. */
  handle(index: number): Store
  /** Calls the work so many times at once, across the handles. */
  atOnce<Result>(count: number, work: (on: Store, index: number) => Promise<Result>): Promise<Result[]>
}

/** What every implementation of {@link Store} must do. Call it at the top of a test file. */
export function storeContract(name: string, makeStore: MakeStore): void {
  describe(`store contract: ${name}`, () => {
    let handles: readonly Store[] = []
    const start = 1_800_000_000
    const under: StoreUnderTest = {
      start,
      time: start,
      get store() {
        return under.handle(0)
      },
      handle: (index) => handles[index % handles.length]!,
      atOnce: (count, work) =>
        Promise.all(Array.from({ length: count }, (_, index) => work(under.handle(index), index))),
    }

    beforeEach(async () => {
      under.time = start
      handles = await makeStore({ clock: { now: () => under.time } })
    })
    afterEach(async () => {
      for (const each of handles) await each.close()
    })

    entriesContract(under)
    atomicityContract(under)
    logsContract(under)

    it('refuses everything after it was closed, and closes twice without harm', async () => {
      for (const each of handles) await each.close()
      await under.store.close()
      await expect(under.store.get('a')).rejects.toBeInstanceOf(TypeError)
      await expect(under.store.append('log', 'x')).rejects.toBeInstanceOf(TypeError)
    })
  })
}
