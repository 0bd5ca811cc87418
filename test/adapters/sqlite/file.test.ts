import {
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import Libsql from 'libsql'
import { describe, expect, it } from 'vitest'
import { createSqliteStore, type SqliteStoreOptions } from '../../../src/adapters/sqlite/index.ts'
import { openDatabase } from '../../../src/adapters/sqlite/database.ts'
import { applySettings } from '../../../src/adapters/sqlite/settings.ts'
import { usePaths } from './files.ts'

const newPath = usePaths()
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

/** What opening a file fails with. */
function refusal(file: string, options: Partial<SqliteStoreOptions> = {}): unknown {
  try {
    createSqliteStore({ file, ...options })
  } catch (error) {
    return error
  }
  return undefined
}

/**
 * A store of many pages that nobody has open, all of it in the file itself and nothing in a log. It is a copy:
 * connections that were closed keep their handles until garbage is collected.
 */
async function closedStore(): Promise<string> {
  const file = newPath()
  const store = createSqliteStore({ file })
  for (let index = 0; index < 200; index++) await store.put(`key:${String(index)}`, 'value '.repeat(300))
  await store.close()
  const plain = new Libsql(file)
  plain.pragma('wal_checkpoint(truncate)')
  plain.close()
  const copy = newPath()
  copyFileSync(file, copy)
  return copy
}

describe('the file of a store', () => {
  it('keeps everything from one opening to the next', async () => {
    const file = newPath()
    const clock = { now: () => 1000 }
    const first = createSqliteStore({ file, clock })
    await first.put('a', '1')
    await first.put('b', '2', { expiresAt: 2000 })
    await first.append('log', 'x')
    await first.close()
    const second = createSqliteStore({ file, clock: { now: () => 1999 } })
    expect(await second.list('')).toHaveLength(2)
    expect(await second.append('log', 'y')).toBe(2)
    const third = createSqliteStore({ file, clock: { now: () => 2000 } })
    expect(await third.list('')).toEqual([{ key: 'a', value: '1' }])
    await second.close()
    await third.close()
  })

  it('is for its owner only, with all that stands beside it', async () => {
    const file = newPath()
    const store = createSqliteStore({ file })
    await store.put('a', '1')
    for (const suffix of ['', '-wal', '-shm', '-notify']) expect(modeOf(file + suffix)).toBe('600')
    await store.close()
    chmodSync(file, 0o644)
    chmodSync(`${file}-wal`, 0o644)
    const again = createSqliteStore({ file })
    await again.put('b', '1')
    for (const suffix of ['', '-wal', '-shm', '-notify']) expect(modeOf(file + suffix)).toBe('600')
    await again.close()
  })

  it('waits for the disk as it is told to', () => {
    const synchronous = (durability?: 'process' | 'power-loss') => {
      const file = newPath()
      const database = openDatabase(file)
      applySettings(database, file, durability === undefined ? {} : { durability })
      return ['journal_mode', 'synchronous', 'busy_timeout'].map((name) => {
        return database.prepare(`pragma ${name}`).row()?.[0]
      })
    }
    expect(synchronous()).toEqual(['wal', 1, 5000])
    expect(synchronous('process')).toEqual(['wal', 1, 5000])
    expect(synchronous('power-loss')).toEqual(['wal', 2, 5000])
  })

  it('says that it cannot be used where it cannot', async () => {
    const file = newPath()
    expect(refusal(join(dirname(file), 'missing/store.db'))).toMatchObject({
      code: 'COMITY_STORE_UNAVAILABLE',
      details: { sqlite: 'ENOENT' },
    })
    expect(refusal(dirname(file))).toMatchObject({ code: 'COMITY_STORE_UNAVAILABLE' })
    const store = createSqliteStore({ file, busyTimeoutMs: 50 })
    const other = new Libsql(file)
    other.exec('begin immediate')
    await expect(store.put('a', '1')).rejects.toMatchObject({
      code: 'COMITY_STORE_UNAVAILABLE',
      details: { sqlite: 'SQLITE_BUSY' },
    })
    await expect(store.decrement('a', 1)).rejects.toMatchObject({ code: 'COMITY_STORE_UNAVAILABLE' })
    expect(await store.get('a')).toBeUndefined()
    other.exec('rollback')
    await store.put('a', '1')
    expect(await store.decrement('a', 1)).toBe(0)
    other.close()
    await store.close()
  })

  it.each([
    { file: '' },
    { file: ':memory:' },
    { file: 'a\0b' },
    { file: 7 as unknown as string },
    { durability: 'full' as 'process' },
    { maxBytes: 1000 },
    { maxBytes: 2 ** 50 },
    { busyTimeoutMs: 0 },
    { busyTimeoutMs: 1.5 },
  ])('refuses the options %j', (options) => {
    const file = newPath()
    expect(refusal(file, options)).toBeInstanceOf(TypeError)
    expect(existsSync(file)).toBe(false)
  })

  it('takes a path for a path, even one that libsql would take for a server', () => {
    expect(refusal('http://127.0.0.1:9/store')).toMatchObject({
      code: 'COMITY_STORE_UNAVAILABLE',
      details: { sqlite: 'ENOENT' },
    })
  })
})

describe('a file that is refused', () => {
  it('is left as it is when it is no database', () => {
    for (const text of ['not a database at all\n'.repeat(500), 'x'.repeat(600), 'x']) {
      const file = newPath()
      writeFileSync(file, text, { mode: 0o644 })
      expect(refusal(file)).toMatchObject({ code: 'COMITY_STORE_FOREIGN' })
      expect(readFileSync(file, 'utf8')).toBe(text)
      expect(modeOf(file)).toBe('644')
    }
  })

  it('is left as it is when it belongs to another program', () => {
    for (const statement of [
      'create table users (name text)',
      'pragma user_version = 1',
      'pragma application_id = 5',
    ]) {
      const file = newPath()
      const foreign = new Libsql(file)
      foreign.exec(`${statement};`)
      foreign.close()
      const before = readFileSync(file)
      expect(refusal(file)).toMatchObject({ code: 'COMITY_STORE_FOREIGN' })
      expect(readFileSync(file).equals(before)).toBe(true)
      expect(existsSync(`${file}-notify`)).toBe(false)
    }
  })

  it('may be of a newer version', async () => {
    const file = await closedStore()
    const plain = new Libsql(file)
    plain.pragma('user_version = 2')
    plain.close()
    expect(refusal(file)).toMatchObject({
      code: 'COMITY_STORE_VERSION',
      details: { version: 2, supported: 1 },
    })
  })

  it('may lack a table', async () => {
    const file = await closedStore()
    const plain = new Libsql(file)
    plain.exec('drop table log_entries')
    plain.close()
    expect(refusal(file)).toMatchObject({ code: 'COMITY_STORE_CORRUPT' })
  })

  it('may be cut off', async () => {
    const file = await closedStore()
    truncateSync(file, 3 * 4096)
    expect(refusal(file)).toMatchObject({ code: 'COMITY_STORE_CORRUPT' })
  })

  it('may be damaged inside, which shows where it is read', async () => {
    const file = await closedStore()
    const bytes = readFileSync(file)
    bytes.fill(0xa5, 4 * 4096)
    writeFileSync(file, bytes)
    const work = async (): Promise<void> => {
      const store = createSqliteStore({ file })
      try {
        for (let index = 0; index < 200; index++) await store.get(`key:${String(index)}`)
      } finally {
        await store.close()
      }
    }
    await expect(work()).rejects.toMatchObject({ code: 'COMITY_STORE_CORRUPT' })
  })
})
