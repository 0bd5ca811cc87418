import { describe, expect, it } from 'vitest'
import { createMemoryStore, type Store } from '../../src/store/index.ts'
import { storeContract } from './contract.ts'

storeContract('memory', ({ clock }) => Promise.resolve([createMemoryStore({ clock })]))

describe('the bounds of a memory store', () => {
  it('refuses new entries when it is full, and keeps what it has', async () => {
    const store = createMemoryStore({ maxEntries: 2 })
    await store.put('a', '1')
    await store.put('b', '1')
    for (const call of [
      () => store.put('c', '1'),
      () => store.putIfAbsent('c', '1'),
      () => store.compareAndSet('c', undefined, '1'),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'COMITY_STORE_FULL', details: { maxEntries: 2 } })
    }
    expect(await store.get('a')).toBe('1')
    await store.put('a', '2')
    expect(await store.putIfAbsent('b', 'x')).toBe(false)
    await store.take('b')
    await store.put('c', '1')
    expect(await store.list('')).toEqual([
      { key: 'a', value: '2' },
      { key: 'c', value: '1' },
    ])
  })

  it('makes room of expired entries only', async () => {
    let time = 0
    const store = createMemoryStore({ clock: { now: () => time }, maxEntries: 3 })
    await store.put('a', '1', { expiresAt: 5 })
    await store.put('b', '1', { expiresAt: 20 })
    await store.put('c', '1')
    await expect(store.put('d', '1')).rejects.toMatchObject({ code: 'COMITY_STORE_FULL' })
    time = 5
    await store.put('d', '1')
    expect((await store.list('')).map((entry) => entry.key)).toEqual(['b', 'c', 'd'])
    await expect(store.put('e', '1')).rejects.toMatchObject({ code: 'COMITY_STORE_FULL' })
    time = 20
    await store.put('e', '1')
  })

  it('lists a key once that was swept out and put again', async () => {
    let time = 0
    const store = createMemoryStore({ clock: { now: () => time }, maxEntries: 2 })
    await store.put('a', '1', { expiresAt: 5 })
    await store.put('b', '1', { expiresAt: 5 })
    time = 5
    await store.put('c', '1')
    await store.put('a', '2')
    expect((await store.list('')).map((entry) => entry.key)).toEqual(['a', 'c'])
  })

  it('forgets expired entries as it grows, so that short-lived ones never fill it', async () => {
    let time = 0
    const store = createMemoryStore({ clock: { now: () => time }, maxEntries: 3000 })
    for (let index = 0; index < 20_000; index++) {
      time = index
      await store.put(`jti:${String(index)}`, '', { expiresAt: time + 500 })
    }
    expect(await store.list('', { limit: 1000 })).toHaveLength(500)
  })

  it('bounds its logs too', async () => {
    const store = createMemoryStore({ maxLogEntries: 2 })
    await store.append('a', '1')
    await store.append('b', '1')
    await expect(store.append('a', '2')).rejects.toMatchObject({ code: 'COMITY_STORE_FULL' })
    expect(await store.read('a')).toEqual([{ sequence: 1, value: '1' }])
  })

  it.each([0, -1, 1.5, NaN, Infinity])('is not made with a bound of %d', (bound) => {
    expect(() => createMemoryStore({ maxEntries: bound })).toThrow(TypeError)
    expect(() => createMemoryStore({ maxLogEntries: bound })).toThrow(TypeError)
  })
})

describe('the contract itself', () => {
  // A positive control: without atomicity the concurrent cases of the contract must fail.
  const awaited = async (): Promise<void> => {
    await Promise.resolve()
  }
  const withRace = (store: Store): Store => ({
    ...store,
    putIfAbsent: async (key, value) => {
      const there = await store.get(key)
      await awaited()
      if (there !== undefined) return false
      await store.put(key, value)
      return true
    },
    take: async (key) => {
      const value = await store.get(key)
      await awaited()
      await store.take(key)
      return value
    },
  })

  it('would notice a store that reads and writes in two steps', async () => {
    const store = withRace(createMemoryStore())
    const won = await Promise.all(Array.from({ length: 40 }, (_, i) => store.putIfAbsent('a', String(i))))
    expect(won.filter(Boolean).length).toBeGreaterThan(1)
    const taken = await Promise.all(Array.from({ length: 40 }, () => store.take('a')))
    expect(taken.filter((value) => value !== undefined).length).toBeGreaterThan(1)
  })
})
