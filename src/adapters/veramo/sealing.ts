import { SecretBox } from '@veramo/kms-local'
import { VerificationError } from '../../errors/index.ts'
import type { Store } from '../../store/index.ts'
import { PREFIX } from './records.ts'

const CHECK_KEY = `${PREFIX}seal`
const CHECK_TEXT = 'comity wallet'
const SEALING_KEY_BYTES = 32

/** Seals texts with one key, and opens them again. */
export interface Seal {
  /** Gives the sealed text, in hexadecimal. */
  close(text: string): Promise<string>
  /** Gives the text; undefined when it was sealed with another key, or is not as it was. */
  open(sealed: string): Promise<string | undefined>
}

/**
 * Takes a sealing key into use for a store: the first one that is used there is the one that it must be from then on.
 *
 * @param key - 32 secret random bytes; they are copied.
 * @throws {VerificationError} `COMITY_WALLET_SEALING_KEY` when the store was sealed with another key.
 * @throws {TypeError} The key is not 32 bytes.
 */
export async function openSeal(store: Store, key: Uint8Array): Promise<Seal> {
  const seal = createSeal(key)
  if (await store.putIfAbsent(CHECK_KEY, await seal.close(CHECK_TEXT))) return seal
  const check = await store.get(CHECK_KEY)
  if (check !== undefined && (await seal.open(check)) === CHECK_TEXT) return seal
  throw new VerificationError('COMITY_WALLET_SEALING_KEY', 'the wallet was sealed with another key')
}

function createSeal(key: Uint8Array): Seal {
  if (!(key instanceof Uint8Array) || key.length !== SEALING_KEY_BYTES) {
    throw new TypeError(`options.sealingKey must be ${SEALING_KEY_BYTES} bytes`)
  }
  const box = new SecretBox(Buffer.from(key).toString('hex'))
  return {
    close: async (text) => box.encrypt(text),
    open: async (sealed) => {
      try {
        // What does not open is an empty text to SecretBox, and nothing that is sealed here is empty.
        return (await box.decrypt(sealed)) || undefined
      } catch {
        return undefined
      }
    },
  }
}
