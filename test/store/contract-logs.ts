import { describe, expect, it } from 'vitest'
import { MAX_KEY_LENGTH, MAX_PAGE } from '../../src/store/index.ts'
import type { StoreUnderTest } from './contract.ts'

/** What logs, topics and argument checks must do. */
export function logsContract(under: StoreUnderTest): void {
  describe('append and read', () => {
    it('reads a log from its start or from after an entry, page by page', async () => {
      for (const value of ['a', 'b', 'c']) await under.store.append('log', value)
      await under.store.append('log:other', 'x')
      expect(await under.store.read('log')).toEqual([
        { sequence: 1, value: 'a' },
        { sequence: 2, value: 'b' },
        { sequence: 3, value: 'c' },
      ])
      expect(await under.store.read('log', { after: 1, limit: 1 })).toEqual([{ sequence: 2, value: 'b' }])
      expect(await under.store.read('log', { after: 3 })).toEqual([])
      expect(await under.store.read('nothing')).toEqual([])
    })

    it('keeps logs and keys apart', async () => {
      await under.store.append('a', 'logged')
      expect(await under.store.get('a')).toBeUndefined()
      await under.store.put('b', 'put')
      expect(await under.store.read('b')).toEqual([])
      expect((await under.store.list('')).map((entry) => entry.key)).toEqual(['b'])
    })
  })

  describe('publish and subscribe', () => {
    const settled = (values: readonly string[], count: number) =>
      expect.poll(() => values.length, { timeout: 5000 }).toBe(count)

    it('hands each value to all subscribers of the topic, in order', async () => {
      const [first, second, other]: [string[], string[], string[]] = [[], [], []]
      await under.handle(0).subscribe('t', (value) => first.push(value))
      await under.handle(1).subscribe('t', (value) => second.push(value))
      await under.handle(0).subscribe('t2', (value) => other.push(value))
      const sent = Array.from({ length: 20 }, (_, index) => String(index))
      for (const value of sent) await under.store.publish('t', value)
      await settled(first, 20)
      await settled(second, 20)
      expect(first).toEqual(sent)
      expect(second).toEqual(sent)
      expect(other).toEqual([])
    })

    it('keeps nothing for later subscribers, and nothing comes after the end', async () => {
      const seen: string[] = []
      await under.store.publish('t', 'before')
      const end = await under.store.subscribe('t', (value) => seen.push(value))
      await under.store.publish('t', 'during')
      await settled(seen, 1)
      end()
      end()
      await under.store.publish('t', 'after')
      const later: string[] = []
      await under.store.subscribe('t', (value) => later.push(value))
      await under.store.publish('t', 'last')
      await settled(later, 1)
      expect(seen).toEqual(['during'])
    })

    it('calls nobody after the end, not even with what is on its way', async () => {
      const [seen, others]: [string[], string[]] = [[], []]
      const end = await under.store.subscribe('t', (value) => seen.push(value))
      await under.store.subscribe('t', (value) => others.push(value))
      const published = under.store.publish('t', 'a')
      end()
      await published
      await settled(others, 1)
      expect(seen).toEqual([])
    })

    it('is not disturbed by a subscriber that throws', async () => {
      const seen: string[] = []
      await under.store.subscribe('t', () => {
        throw new Error('on purpose')
      })
      await under.store.subscribe('t', (value) => seen.push(value))
      await under.store.publish('t', 'a')
      await under.store.publish('t', 'b')
      await settled(seen, 2)
      expect(seen).toEqual(['a', 'b'])
    })

    it('keeps the order when a subscriber publishes', async () => {
      const seen: string[] = []
      await under.store.subscribe('t', (value) => {
        if (value === 'a') void under.store.publish('t', 'b')
      })
      await under.store.subscribe('t', (value) => seen.push(value))
      await under.store.publish('t', 'a')
      await settled(seen, 2)
      expect(seen).toEqual(['a', 'b'])
    })
  })

  describe('arguments', () => {
    const badKeys = ['', 'ä', 'a\n', '\0', 'x'.repeat(MAX_KEY_LENGTH + 1)]
    it.each(badKeys)('refuses the key %j everywhere', async (key) => {
      const calls = [
        () => under.store.get(key),
        () => under.store.put(key, 'x'),
        () => under.store.putIfAbsent(key, 'x'),
        () => under.store.take(key),
        () => under.store.compareAndSet(key, undefined, 'x'),
        () => under.store.decrement(key, 1),
        () => under.store.append(key, 'x'),
        () => under.store.read(key),
        () => under.store.publish(key, 'x'),
        () => under.store.subscribe(key, () => undefined),
      ]
      for (const call of calls) await expect(call()).rejects.toBeInstanceOf(TypeError)
    })

    it.each(['\ud800', 'a\0b'])('refuses the value %j everywhere', async (value) => {
      const calls = [
        () => under.store.put('a', value),
        () => under.store.putIfAbsent('a', value),
        () => under.store.compareAndSet('a', undefined, value),
        () => under.store.append('a', value),
        () => under.store.publish('a', value),
      ]
      for (const call of calls) await expect(call()).rejects.toBeInstanceOf(TypeError)
      expect(await under.store.get('a')).toBeUndefined()
    })

    it('refuses numbers out of range', async () => {
      await under.store.put('n', '5')
      const calls = [
        () => under.store.put('a', 'x', { expiresAt: NaN }),
        () => under.store.put('a', 'x', { expiresAt: Infinity }),
        () => under.store.decrement('n', 0),
        () => under.store.decrement('n', -1),
        () => under.store.decrement('n', 0.5),
        () => under.store.list('', { limit: 0 }),
        () => under.store.list('', { limit: MAX_PAGE + 1 }),
        () => under.store.list('ä'),
        () => under.store.read('log', { after: -1 }),
        () => under.store.read('log', { limit: 1.5 }),
      ]
      for (const call of calls) await expect(call()).rejects.toBeInstanceOf(TypeError)
      expect(await under.store.get('n')).toBe('5')
    })
  })
}
