import type { AbstractPrivateKeyStore, ManagedPrivateKey } from '@veramo/key-manager'
import { ComityError, VerificationError } from '../../errors/index.ts'
import { randomId } from '../../runtime/index.ts'
import type { Store } from '../../store/index.ts'
import type { MembersOf } from './members-of.ts'
import { openRecords, parseRecord, unknown } from './records.ts'
import type { Seal } from './sealing.ts'

/**
 * Keeps private keys sealed. The alias is sealed with the key: SecretBox has no associated data, and a record that was
 * moved under another alias would open all the same.
 */
export function createPrivateKeyStore(store: Store, seal: Seal): MembersOf<AbstractPrivateKeyStore> {
  const records = openRecords(store, 'private-key')
  const open = async (sealed: string): Promise<ManagedPrivateKey> => {
    const text = await seal.open(sealed)
    if (text === undefined) throw broken()
    return readKey(text)
  }
  const getKey = async ({ alias }: { alias: string }): Promise<ManagedPrivateKey> => {
    const sealed = await records.get(alias)
    if (sealed === undefined) throw unknown('private key')
    const key = await open(sealed)
    if (key.alias !== alias) throw broken()
    return key
  }
  return {
    getKey,
    importKey: async ({ alias = randomId(), type, privateKeyHex }) => {
      const sealed = await seal.close(JSON.stringify({ alias, type, privateKeyHex }))
      if (!(await records.putIfAbsent(alias, sealed))) {
        const before = await getKey({ alias })
        if (before.privateKeyHex !== privateKeyHex || before.type !== type)
          throw new TypeError('another private key has this alias')
      }
      return { alias, type, privateKeyHex }
    },
    deleteKey: async ({ alias }) => records.remove(alias),
    listKeys: async () => Promise.all((await records.all()).map(open)),
  }
}

function readKey(text: string): ManagedPrivateKey {
  try {
    const { alias, type, privateKeyHex } = parseRecord(text)
    if (typeof alias === 'string' && typeof type === 'string' && typeof privateKeyHex === 'string')
      return { alias, type, privateKeyHex }
  } catch (error) {
    // Without a cause: nothing of what was sealed may come near a log.
    if (!(error instanceof ComityError)) throw error
  }
  throw broken()
}

function broken(): VerificationError {
  return new VerificationError(
    'COMITY_WALLET_SEAL_BROKEN',
    'a sealed private key does not open, or is another one',
  )
}
