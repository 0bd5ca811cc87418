import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Libsql from 'libsql'
import { createSqliteStore } from '../../../src/adapters/sqlite/index.ts'
import type { ComityErrorCode } from '../../../src/errors/index.ts'
import { createMemoryStore } from '../../../src/store/index.ts'

/** Opens a file that something else made before. */
async function open(make: (path: string) => unknown): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'comity-provoke-'))
  const file = join(folder, 'store.db')
  try {
    await make(file)
    await createSqliteStore({ file }).close()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Makes a store and changes it behind its back. */
async function change(file: string, statement: string): Promise<void> {
  await createSqliteStore({ file }).close()
  const plain = new Libsql(file)
  plain.exec(statement)
  plain.close()
}

/** For each code of the area, a call of its public functions that fails with exactly that code. */
export const store = {
  COMITY_STORE_FULL: async () => {
    const full = createMemoryStore({ maxEntries: 1 })
    await full.put('a', '')
    await full.put('b', '')
  },
  COMITY_STORE_FOREIGN: () =>
    open((file) => {
      writeFileSync(file, 'text')
    }),
  COMITY_STORE_CORRUPT: () => open((file) => change(file, 'drop table entries')),
  COMITY_STORE_VERSION: () => open((file) => change(file, 'pragma user_version = 99')),
  COMITY_STORE_UNAVAILABLE: () =>
    createSqliteStore({ file: join(tmpdir(), 'comity-no-such-folder/store.db') }),
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
