import { createSqliteStore } from '../../../src/adapters/sqlite/index.ts'
import { createVeramoWallet } from '../../../src/adapters/veramo/index.ts'
import { randomBytes } from '../../../src/runtime/index.ts'
import { createMemoryStore, type Store } from '../../../src/store/index.ts'
import { walletContract } from '../../wallet/contract.ts'
import { usePaths } from '../sqlite/files.ts'

const algorithms = ['Ed25519', 'EdDSA', 'ES256'] as const
const newPath = usePaths()

walletContract('Veramo, on the memory store', {
  make: (clock) => createVeramoWallet({ store: createMemoryStore(), sealingKey: randomBytes(32), clock }),
  algorithms,
  makeHome: async () => {
    const store = createMemoryStore()
    const sealingKey = randomBytes(32)
    return {
      store,
      open: (clock) => createVeramoWallet({ store, sealingKey, clock }),
      close: () => store.close(),
    }
  },
})

walletContract('Veramo, on SQLite', {
  make: (clock) =>
    createVeramoWallet({ store: createSqliteStore({ file: newPath() }), sealingKey: randomBytes(32), clock }),
  algorithms,
  makeHome: async () => {
    const file = newPath()
    const sealingKey = randomBytes(32)
    // A connection for each wallet, as each process has its own.
    const stores: Store[] = []
    const connect = (): Store => {
      const store = createSqliteStore({ file })
      stores.push(store)
      return store
    }
    return {
      store: connect(),
      open: (clock) => createVeramoWallet({ store: connect(), sealingKey, clock }),
      close: async () => {
        for (const store of stores) await store.close()
      },
    }
  },
})
