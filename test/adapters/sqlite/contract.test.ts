import { createSqliteStore } from '../../../src/adapters/sqlite/index.ts'
import { storeContract } from '../../store/contract.ts'
import { usePaths } from './files.ts'

const newPath = usePaths()

storeContract('sqlite, one connection', ({ clock }) =>
  Promise.resolve([createSqliteStore({ file: newPath(), clock })]),
)

storeContract('sqlite, three connections to one file', ({ clock }) => {
  const file = newPath()
  const open = () => createSqliteStore({ file, clock })
  return Promise.resolve([open(), open(), open()])
})

storeContract('sqlite that survives power loss', ({ clock }) =>
  Promise.resolve([createSqliteStore({ file: newPath(), clock, durability: 'power-loss' })]),
)
