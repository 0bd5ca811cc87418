import { describe, expect, it } from 'vitest'
import type { StoreUnderTest } from './contract.ts'

/** What must hold when many callers come at once. */
export function atomicityContract(under: StoreUnderTest): void {
  describe('atomicity', () => {
    it('lets one of many win putIfAbsent, with the value that stays', async () => {
      const won = await under.atOnce(40, (on, index) => on.putIfAbsent('a', String(index)))
      expect(won.filter(Boolean)).toHaveLength(1)
      expect(await under.store.get('a')).toBe(String(won.indexOf(true)))
    })

    it('gives a value once to many who take it', async () => {
      await under.store.put('a', 'ticket')
      const taken = await under.atOnce(40, (on) => on.take('a'))
      expect(taken.filter((value) => value === 'ticket')).toHaveLength(1)
      expect(taken.filter((value) => value === undefined)).toHaveLength(39)
      expect(await under.store.get('a')).toBeUndefined()
    })

    it('lets one of many win compareAndSet', async () => {
      await under.store.put('a', 'old')
      const won = await under.atOnce(40, (on, index) => on.compareAndSet('a', 'old', `new ${String(index)}`))
      expect(won.filter(Boolean)).toHaveLength(1)
      expect(await under.store.get('a')).toBe(`new ${String(won.indexOf(true))}`)
    })

    it('loses no update that is retried with compareAndSet', async () => {
      await under.store.put('a', '0')
      await under.atOnce(16, async (on) => {
        for (;;) {
          const value = await on.get('a')
          if (value === undefined) throw new Error('the value went missing')
          if (await on.compareAndSet('a', value, String(Number(value) + 1))) return
        }
      })
      expect(await under.store.get('a')).toBe('16')
    })

    it('never decrements below zero, and spends each unit once', async () => {
      await under.store.put('n', '10')
      const left = await under.atOnce(40, (on) => on.decrement('n', 3))
      expect(left.filter((value) => value !== undefined).sort()).toEqual([1, 4, 7])
      expect(await under.store.get('n')).toBe('1')
    })

    it('numbers appended entries without gaps or repetitions', async () => {
      const sequences = await under.atOnce(60, (on, index) => on.append('log', `entry ${String(index)}`))
      expect([...sequences].sort((a, b) => a - b)).toEqual(
        Array.from({ length: 60 }, (_, index) => index + 1),
      )
      const entries = await under.store.read('log')
      expect(entries.map((entry) => entry.sequence)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
      for (const [index, sequence] of sequences.entries()) {
        expect(entries[sequence - 1]?.value).toBe(`entry ${String(index)}`)
      }
    })
  })
}
