import type { IKey, ManagedKeyInfo } from '@veramo/core'
import type { AbstractKeyStore } from '@veramo/key-manager'
import type { JsonObject } from '../../encoding/index.ts'
import type { Store } from '../../store/index.ts'
import type { MembersOf } from './members-of.ts'
import { invalidRecord, openRecords, parseRecord, unknown } from './records.ts'

/** Keeps the public part of the agent's keys. */
export function createKeyStore(store: Store): MembersOf<AbstractKeyStore> {
  const records = openRecords(store, 'key')
  return {
    importKey: async (key) => {
      if (key.kid === undefined) throw new TypeError('the key must have a kid')
      await records.put(key.kid, JSON.stringify(toPublicKey(key)))
      return true
    },
    getKey: async ({ kid }) => {
      const text = await records.get(kid)
      if (text === undefined) throw unknown('key')
      return readKey(parseRecord(text))
    },
    deleteKey: async ({ kid }) => records.remove(kid),
    listKeys: async (): Promise<ManagedKeyInfo[]> =>
      (await records.all()).map((text) => readKey(parseRecord(text))),
  }
}

/** What may be stored of a key in the clear. */
export function toPublicKey({ kid, kms, type, publicKeyHex, meta }: Partial<IKey>): Partial<IKey> {
  return {
    ...(kid !== undefined && { kid }),
    ...(kms !== undefined && { kms }),
    ...(type !== undefined && { type }),
    ...(publicKeyHex !== undefined && { publicKeyHex }),
    ...(meta !== undefined && { meta }),
  }
}

/**
 * Reads a key back, as an object that Veramo may change.
 *
 * @throws {VerificationError} `COMITY_WALLET_RECORD_INVALID` when it is none.
 */
export function readKey(record: JsonObject): IKey {
  const { kid, kms, type, publicKeyHex, meta } = structuredClone(record) as unknown as Partial<IKey>
  const texts: readonly unknown[] = [kid, kms, type, publicKeyHex]
  if (!texts.every((text) => typeof text === 'string')) throw invalidRecord()
  return { kid, kms, type, publicKeyHex, ...(meta !== undefined && { meta }) } as IKey
}
