import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StoreUnderTest } from './contract.ts'

/** What the keyed primitives must do. */
export function entriesContract(under: StoreUnderTest): void {
  const { start } = under
  describe('get and put', () => {
    it('gives back what was put, and undefined for what was not', async () => {
      await under.store.put('a', 'one')
      expect(await under.store.get('a')).toBe('one')
      expect(await under.store.get('b')).toBeUndefined()
      await under.store.put('a', 'two')
      expect(await under.store.get('a')).toBe('two')
    })

    it('keeps any text as it is, the empty one too', async () => {
      const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'))
      await fc.assert(
        fc.asyncProperty(text, async (value) => {
          await under.store.put('text', value)
          expect(await under.store.get('text')).toBe(value)
        }),
        { numRuns: 50 },
      )
    })

    it('does not take names of object members for keys', async () => {
      for (const key of ['__proto__', 'constructor', 'toString']) {
        expect(await under.store.get(key)).toBeUndefined()
        expect(await under.store.read(key)).toEqual([])
        expect(await under.store.putIfAbsent(key, 'x')).toBe(true)
        expect(await under.store.take(key)).toBe('x')
      }
    })
  })

  describe('expiry', () => {
    it('ends an entry for every method at its second, and not before', async () => {
      await under.store.put('n:a', '5', { expiresAt: start + 10 })
      under.time = start + 9.9
      expect(await under.store.get('n:a')).toBe('5')
      expect(await under.store.putIfAbsent('n:a', 'x')).toBe(false)
      expect(await under.store.list('n:')).toEqual([{ key: 'n:a', value: '5' }])
      under.time = start + 10
      expect(await under.store.get('n:a')).toBeUndefined()
      expect(await under.store.list('n:')).toEqual([])
      expect(await under.store.decrement('n:a', 1)).toBeUndefined()
      expect(await under.store.take('n:a')).toBeUndefined()
      expect(await under.store.compareAndSet('n:a', '5', '6')).toBe(false)
      expect(await under.store.putIfAbsent('n:a', 'x')).toBe(true)
      expect(await under.store.get('n:a')).toBe('x')
    })

    it('takes an expired entry as absent in compareAndSet', async () => {
      await under.store.put('a', '1', { expiresAt: start + 1 })
      under.time = start + 1
      expect(await under.store.compareAndSet('a', undefined, '2')).toBe(true)
      expect(await under.store.get('a')).toBe('2')
    })

    it('is replaced by a later put, and dropped by one without it', async () => {
      await under.store.put('a', '1', { expiresAt: start + 1 })
      await under.store.put('a', '2', { expiresAt: start + 5 })
      await under.store.put('b', '1', { expiresAt: start + 1 })
      await under.store.put('b', '2')
      await under.store.put('c', '1', { expiresAt: start + 1 })
      await under.store.compareAndSet('c', '1', '2')
      under.time = start + 4
      expect([await under.store.get('a'), await under.store.get('b'), await under.store.get('c')]).toEqual([
        '2',
        '2',
        '2',
      ])
      under.time = start + 6
      expect([await under.store.get('a'), await under.store.get('b'), await under.store.get('c')]).toEqual([
        undefined,
        '2',
        '2',
      ])
    })

    it('stays with a counter that is decremented', async () => {
      await under.store.put('n', '5', { expiresAt: start + 10 })
      expect(await under.store.decrement('n', 2)).toBe(3)
      under.time = start + 10
      expect(await under.store.get('n')).toBeUndefined()
    })

    it('removes what is put with an expiry in the past', async () => {
      await under.store.put('a', '1')
      await under.store.put('a', '2', { expiresAt: start })
      expect(await under.store.get('a')).toBeUndefined()
      expect(await under.store.putIfAbsent('b', '1', { expiresAt: start - 1 })).toBe(true)
      expect(await under.store.get('b')).toBeUndefined()
    })
  })

  describe('compareAndSet', () => {
    it('creates, replaces and removes, and only where the expected value is there', async () => {
      expect(await under.store.compareAndSet('a', 'x', 'y')).toBe(false)
      expect(await under.store.compareAndSet('a', undefined, 'x')).toBe(true)
      expect(await under.store.compareAndSet('a', undefined, 'y')).toBe(false)
      expect(await under.store.compareAndSet('a', 'x', 'y')).toBe(true)
      expect(await under.store.compareAndSet('a', 'x', undefined)).toBe(false)
      expect(await under.store.get('a')).toBe('y')
      expect(await under.store.compareAndSet('a', 'y', undefined)).toBe(true)
      expect(await under.store.get('a')).toBeUndefined()
    })
  })

  describe('decrement', () => {
    it('leaves an absent key absent, and one with too little as it is', async () => {
      expect(await under.store.decrement('n', 1)).toBeUndefined()
      await under.store.put('n', '2')
      expect(await under.store.decrement('n', 3)).toBeUndefined()
      expect(await under.store.decrement('n', 2)).toBe(0)
      expect(await under.store.decrement('n', 1)).toBeUndefined()
      expect(await under.store.get('n')).toBe('0')
    })

    it.each(['', '-1', '1.5', '01', '1e3', ' 1', 'NaN', '9007199254740992'])(
      'refuses %j as a counter',
      async (value) => {
        await under.store.put('n', value)
        await expect(under.store.decrement('n', 1)).rejects.toBeInstanceOf(TypeError)
        expect(await under.store.get('n')).toBe(value)
      },
    )
  })

  describe('list', () => {
    it('returns the entries under the prefix in the order of their keys, page by page', async () => {
      const keys = ['p:', 'p:A', 'p:a', 'p:a:1', 'p:b', 'p:~']
      for (const key of [...keys].reverse()) await under.store.put(key, `value of ${key}`)
      await under.store.put('o:z', 'x')
      await under.store.put('q', 'x')
      expect((await under.store.list('p:')).map((entry) => entry.key)).toEqual(keys)
      expect(await under.store.list('p:a:')).toEqual([{ key: 'p:a:1', value: 'value of p:a:1' }])
      const paged: string[] = []
      for (let after: string | undefined; ; after = paged.at(-1)) {
        const page = await under.store.list('p:', { limit: 2, ...(after === undefined ? {} : { after }) })
        paged.push(...page.map((entry) => entry.key))
        if (page.length < 2) break
      }
      expect(paged).toEqual(keys)
      expect(await under.store.list('p:', { after: 'p:~' })).toEqual([])
      expect(await under.store.list('p:', { after: 'a', limit: 1 })).toHaveLength(1)
      expect(await under.store.list('p:', { after: 'z' })).toEqual([])
      expect(await under.store.list('')).toHaveLength(8)
    })

    it('agrees with a plain sorted model for any keys', async () => {
      const key = fc.string({ unit: fc.constantFrom('a', 'b', 'B', ':', '%', '_', '~', '*'), maxLength: 4 })
      await fc.assert(
        fc.asyncProperty(fc.array(key, { maxLength: 12 }), key, key, async (added, prefix, after) => {
          const model = new Set<string>()
          for (const each of added) {
            const whole = `k${each}`
            model.add(whole)
            await under.store.put(whole, each)
          }
          const expected = [...model]
            .sort()
            .filter((each) => each.startsWith(`k${prefix}`) && each > `k${after}`)
          const listed = await under.store.list(`k${prefix}`, { after: `k${after}` })
          expect(listed.map((entry) => entry.key)).toEqual(expected)
          for (const each of model) await under.store.take(each)
        }),
        { numRuns: 60 },
      )
    })
  })
}
