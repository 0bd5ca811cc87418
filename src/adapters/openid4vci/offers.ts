import { isCredentialType, type CredentialType } from '../../credentials/index.ts'
import { parseDid } from '../../did/index.ts'
import {
  encodeBase64url,
  encodeUtf8,
  equalBytes,
  isJsonObject,
  parseJsonObject,
  type JsonObject,
} from '../../encoding/index.ts'
import { randomBytes, sha256, type Clock } from '../../runtime/index.ts'
import type { Store } from '../../store/index.ts'
import { ISSUED_FORMATS, type IssuedFormat } from './metadata.ts'

const CODE_BYTES = 32
const TX_CODE_DIGITS = 8
const TX_CODE_TRIES = 5
const MAX_OFFER_SECONDS = 86_400
const MAX_RECORD_BYTES = 65_536

/** What is offered to whom. */
export interface OfferOptions {
  /** The DID of the agent that the credential is about. Only who shows its key gets it. */
  readonly subject: string
  /** What kind of credential. */
  readonly type: CredentialType
  /** How it is secured. `dc+sd-jwt` is bound to the key that the holder proves to have. Defaults to `vc+jwt`. */
  readonly format?: IssuedFormat
  /** What it says, by the schema of its type. */
  readonly claims: JsonObject
  /** Seconds that the credential is valid for, from when it is issued. */
  readonly lifetimeSeconds: number
  /** Seconds that the offer stands, 1 to 86400. Defaults to 600. */
  readonly expiresIn?: number
  /** Whether a code of eight digits is needed besides, to be told to the wallet's owner by another way. */
  readonly withTransactionCode?: boolean
}

/** An offer on record. */
export interface OfferRecord extends Pick<OfferOptions, 'subject' | 'type' | 'claims' | 'lifetimeSeconds'> {
  /** How the credential is to be secured. */
  readonly format: IssuedFormat
  /** SHA-256 of the transaction code, base64url. */
  readonly txCode?: string
  /** How often a wrong one may still be given. */
  readonly tries: number
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

/** Why a code is no good. `wrong-tx-code` and `tx-code-missing` leave the offer standing. */
export type RedeemFailure = 'unknown' | 'tx-code-missing' | 'tx-code-unexpected' | 'wrong-tx-code'

/** Keeps offers until they are taken up. Codes are kept as hashes: who reads the store cannot take up an offer. */
export interface Offers {
  create(options: OfferOptions): Promise<{ readonly code: string; readonly txCode?: string }>
  /** Whether there is an offer with this code. */
  has(code: string): Promise<boolean>
  /** Takes an offer out of the store, once. */
  redeem(code: string, txCode: string | undefined): Promise<OfferRecord | RedeemFailure>
}

/** Opens the offers in a store. */
export function createOffers(store: Store, clock: Clock): Offers {
  return {
    create: async (options) => {
      const record = recordFrom(options, clock.now())
      const code = encodeBase64url(randomBytes(CODE_BYTES))
      const txCode = options.withTransactionCode === true ? randomDigits(TX_CODE_DIGITS) : undefined
      const stored = { ...record, ...(txCode !== undefined && { txCode: hashOf(txCode) }) }
      await store.put(keyOf(code), JSON.stringify(stored), { expiresAt: record.expiresAt })
      return { code, ...(txCode !== undefined && { txCode }) }
    },
    has: async (code) => (await store.get(keyOf(code))) !== undefined,
    redeem: async (code, txCode) => redeem(store, code, txCode),
  }
}

async function redeem(
  store: Store,
  code: string,
  txCode: string | undefined,
): Promise<OfferRecord | RedeemFailure> {
  // Taken first: of two that come at once, one gets it. What turns out to be wrong is put back.
  const text = await store.take(keyOf(code))
  if (text === undefined) return 'unknown'
  const record = readOffer(text)
  const failure = judgeTxCode(record, txCode)
  if (failure === undefined) return record
  const tries = failure === 'wrong-tx-code' ? record.tries - 1 : record.tries
  if (tries > 0) {
    await store.put(keyOf(code), JSON.stringify({ ...record, tries }), { expiresAt: record.expiresAt })
  }
  return failure
}

function judgeTxCode({ txCode }: OfferRecord, given: string | undefined): RedeemFailure | undefined {
  if (txCode === undefined) return given === undefined ? undefined : 'tx-code-unexpected'
  if (given === undefined) return 'tx-code-missing'
  return equalBytes(encodeUtf8(hashOf(given)), encodeUtf8(txCode)) ? undefined : 'wrong-tx-code'
}

function recordFrom(options: OfferOptions, now: number): OfferRecord {
  const { subject, type, format = 'vc+jwt', claims, lifetimeSeconds, expiresIn = 600 } = options
  parseDid(subject)
  if (!isCredentialType(type)) throw new TypeError('options.type must be one of CREDENTIAL_TYPES')
  if (!ISSUED_FORMATS.includes(format)) throw new TypeError('options.format must be vc+jwt or dc+sd-jwt')
  if (!isJsonObject(claims)) throw new TypeError('options.claims must be an object')
  if (!(Number.isFinite(lifetimeSeconds) && lifetimeSeconds > 0)) {
    throw new TypeError('options.lifetimeSeconds must be a number of seconds')
  }
  if (!(expiresIn >= 1 && expiresIn <= MAX_OFFER_SECONDS)) {
    throw new TypeError(`options.expiresIn must be 1 to ${String(MAX_OFFER_SECONDS)} seconds`)
  }
  const expiresAt = now + expiresIn
  const record = { subject, type, format, claims, lifetimeSeconds, tries: TX_CODE_TRIES, expiresAt }
  return readOffer(JSON.stringify(record))
}

/** Reads what was written here. */
export function readOffer(text: string): OfferRecord {
  return parseJsonObject(text, { maxBytes: MAX_RECORD_BYTES }) as unknown as OfferRecord
}

/** The hash that a secret is known by in the store. */
export function hashOf(secret: string): string {
  return encodeBase64url(sha256(encodeUtf8(secret)))
}

function keyOf(code: string): string {
  return `openid4vci/offer/${hashOf(code)}`
}

function randomDigits(count: number): string {
  let digits = ''
  while (digits.length < count) {
    for (const byte of randomBytes(count)) {
      // Above 249 the digits would not be equally likely.
      if (byte < 250 && digits.length < count) digits += String(byte % 10)
    }
  }
  return digits
}
