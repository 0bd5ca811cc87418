import { decodeBase64url, encodeBase64url } from '../../encoding/index.ts'
import { ComityError, VerificationError } from '../../errors/index.ts'
import type { Store } from '../../store/index.ts'
import type { SecretVault } from '../../wallet/index.ts'
import { openRecords, parseRecord } from './records.ts'
import type { Seal } from './sealing.ts'

const MAX_SECRET_BYTES = 64

/**
 * Keeps secrets sealed, as private keys are. The name is sealed with the secret: a record that was moved under another name
 * would open all the same.
 */
export function createSealedSecrets(store: Store, seal: Seal): SecretVault {
  const records = openRecords(store, 'secret')
  const get = async (name: string): Promise<Uint8Array | undefined> => {
    const sealed = await records.get(name)
    if (sealed === undefined) return undefined
    const text = await seal.open(sealed)
    if (text === undefined) throw broken()
    return readSecret(text, name)
  }
  return {
    get,
    keep: async (name, secret) => {
      const sealed = await seal.close(JSON.stringify({ name, secret: encodeBase64url(secret) }))
      if (await records.putIfAbsent(name, sealed)) return secret.slice()
      const kept = await get(name)
      // It was there a moment ago.
      if (kept === undefined) throw broken()
      return kept
    },
    destroy: async (name) => {
      await records.remove(name)
    },
  }
}

function readSecret(text: string, name: string): Uint8Array {
  try {
    const { name: sealedName, secret } = parseRecord(text)
    if (sealedName === name && typeof secret === 'string')
      return decodeBase64url(secret, { maxBytes: MAX_SECRET_BYTES })
  } catch (error) {
    // Without a cause: nothing of what was sealed may come near a log.
    if (!(error instanceof ComityError)) throw error
  }
  throw broken()
}

function broken(): VerificationError {
  return new VerificationError(
    'COMITY_WALLET_SEAL_BROKEN',
    'a sealed secret does not open, or is another one',
  )
}
