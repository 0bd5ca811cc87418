import { statSync } from 'node:fs'
import Libsql from 'libsql'
import { describe, expect, it } from 'vitest'
import { createSqliteStore } from '../../../src/adapters/sqlite/index.ts'
import { usePaths } from './files.ts'

const newPath = usePaths()

function countOf(file: string, table: string): number {
  const plain = new Libsql(file)
  const [[count]] = plain.prepare(`select count(*) from ${table}`).raw().all() as [[number]]
  plain.close()
  return count
}

describe('what has expired', () => {
  it('is removed while others are written, a bounded number at a time', async () => {
    let time = 0
    const file = newPath()
    const store = createSqliteStore({ file, clock: { now: () => time } })
    await store.put('kept', 'x')
    for (let index = 0; index < 1000; index++) await store.put(`old:${String(index)}`, 'x', { expiresAt: 10 })
    expect(countOf(file, 'entries')).toBe(1001)
    time = 10
    const counts: number[] = []
    for (let index = 0; index < 1000; index++) {
      await store.put('written', String(index))
      counts.push(countOf(file, 'entries'))
    }
    const steps = counts.slice(1).map((count, index) => (counts[index] ?? 0) - count)
    expect(Math.max(...steps)).toBeLessThanOrEqual(256)
    expect(countOf(file, 'entries')).toBe(2)
    expect(await store.get('kept')).toBe('x')
    await store.close()
  })

  it('stays bounded when short-lived entries come without end', async () => {
    let time = 0
    const file = newPath()
    const store = createSqliteStore({ file, clock: { now: () => time } })
    for (let index = 0; index < 5000; index++) {
      time = index
      await store.putIfAbsent(`jti:${String(index)}`, '', { expiresAt: time + 300 })
    }
    expect(countOf(file, 'entries')).toBeLessThan(600)
    await store.close()
  })

  it('goes for messages a minute after they were published', async () => {
    let time = 0
    const file = newPath()
    const store = createSqliteStore({ file, clock: { now: () => time } })
    for (let index = 0; index < 1000; index++) {
      time = index
      await store.publish('t', 'x')
    }
    expect(countOf(file, 'messages')).toBeLessThan(300)
    await store.close()
  })
})

describe('a store that is full', () => {
  it('refuses what is new, keeps what it has, and makes room of what has expired only', async () => {
    let time = 0
    const file = newPath()
    const store = createSqliteStore({ file, clock: { now: () => time }, maxBytes: 1024 * 1024 })
    const value = 'v'.repeat(10_000)
    await store.put('n', '5')
    let written = 0
    const fill = async (): Promise<void> => {
      for (;;) {
        await store.put(`old:${String(written)}`, value, { expiresAt: 10 })
        written++
      }
    }
    await expect(fill()).rejects.toMatchObject({ code: 'COMITY_STORE_FULL' })
    expect(written).toBeGreaterThan(50)
    for (const call of [
      () => store.append('log', value),
      () => store.putIfAbsent('new', value),
      () => store.compareAndSet('new', undefined, value),
      () => store.publish('t', value),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'COMITY_STORE_FULL' })
    }
    expect(await store.list('old:')).toHaveLength(written)
    expect(await store.decrement('n', 1)).toBe(4)
    expect(await store.get('new')).toBeUndefined()
    time = 10
    expect(await store.append('log', value)).toBe(1)
    expect(await store.putIfAbsent('new', value)).toBe(true)
    expect(statSync(file).size).toBeLessThanOrEqual(1024 * 1024)
    await store.close()
  })
})
