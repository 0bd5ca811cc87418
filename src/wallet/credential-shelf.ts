import { isJsonObject } from '../encoding/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'
import type { Store } from '../store/index.ts'
import { notOurs, readHeldCredential, readReleaseRule } from './held-credential.ts'
import { invalidRecord, parseRecord } from './manifest.ts'
import { createShelf } from './shelf.ts'
import {
  MAX_WALLET_CREDENTIALS,
  type AddCredentialOptions,
  type HeldCredential,
  type Wallet,
} from './wallet.ts'

/** Makes the part of a wallet that holds credentials. */
export function createCredentialShelf(
  store: Store,
  dids: () => Promise<readonly string[]>,
): Pick<Wallet, 'credentials' | 'addCredential' | 'removeCredential'> {
  const shelf = createShelf<HeldCredential>(store, {
    listKey: 'wallet/credentials',
    itemPrefix: 'wallet/credential/',
    what: 'credentials',
    most: MAX_WALLET_CREDENTIALS,
    write: toBody,
    read: async (text) => readBody(text),
  })
  return {
    credentials: async (did) => shelf.list((subject) => subject === did),
    addCredential: async (token, options: AddCredentialOptions | undefined) => {
      const held = readHeldCredential(token, readReleaseRule(options?.release))
      if (!(await dids()).includes(held.subject)) throw notOurs()
      await shelf.add(held)
      return held
    },
    removeCredential: async (digest) => shelf.remove(digest),
  }
}

function toBody({ token, release }: HeldCredential): string {
  const text = JSON.stringify({ token, release })
  checkWritten(() => readBody(text))
  return text
}

/**
 * Refuses what reads otherwise than it was written.
 *
 * @param readAgain - Reads the text that is to be kept.
 * @throws {VerificationError} `COMITY_DEMAND_INVALID` when it does not read.
 */
export function checkWritten(readAgain: () => unknown): void {
  try {
    readAgain()
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    // Nothing but a text that no JSON can hold, such as half a surrogate pair in a value of the demand.
    throw new VerificationError('COMITY_DEMAND_INVALID', 'the release rule cannot be written as JSON', {
      cause,
    })
  }
}

function readBody(text: string): HeldCredential {
  const value = parseRecord(text)
  if (!isJsonObject(value) || typeof value['token'] !== 'string') throw invalidRecord()
  try {
    return readHeldCredential(value['token'], readReleaseRule(value['release']))
  } catch (cause) {
    throw invalidRecord(cause)
  }
}
