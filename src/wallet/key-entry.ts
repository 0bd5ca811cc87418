import { parseDid, parseDidUrl } from '../did/index.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../encoding/index.ts'
import { PolicyError } from '../errors/index.ts'
import { parsePublicJwk, SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from '../keys/index.ts'
import type { HeldKey, KeyPurpose } from './wallet.ts'

/** What a key may sign, when nothing else is said. */
export const PURPOSES: readonly KeyPurpose[] = Object.freeze(['authentication', 'assertionMethod'])

/** What a wallet remembers of a key. */
export interface KeyEntry {
  readonly did: string
  readonly fragment: string
  readonly alg: SignatureAlgorithm
  readonly jwk: JsonObject
  readonly purposes: readonly KeyPurpose[]
  readonly signsFrom: number
  /** The vault's name for it; absent where the key is kept elsewhere. */
  readonly ref?: string
  /** The key is gone for everyone, and its private part is still to be destroyed. */
  readonly removed?: true
}

/** The full DID URL of a key. */
export function kidOf({ did, fragment }: Pick<KeyEntry, 'did' | 'fragment'>): string {
  return `${did}${fragment}`
}

/** What others may see of a key. */
export function toHeldKey(entry: KeyEntry): HeldKey {
  const { did, alg, jwk, purposes, signsFrom } = entry
  return Object.freeze({ did, kid: kidOf(entry), alg, publicJwk: parsePublicJwk(jwk), purposes, signsFrom })
}

/** Reads a key's record back; undefined where it is none. The public key is parsed when it is used. */
export function parseKeyEntry(value: JsonValue): KeyEntry | undefined {
  if (!isJsonObject(value)) return undefined
  const { did, fragment, alg, jwk, purposes, signsFrom, ref, removed } = value
  if (typeof did !== 'string' || typeof fragment !== 'string' || !isAlgorithm(alg)) return undefined
  if (!isJsonObject(jwk) || !isPurposes(purposes) || typeof signsFrom !== 'number') return undefined
  if ((ref !== undefined && typeof ref !== 'string') || (removed !== undefined && removed !== true))
    return undefined
  return {
    did,
    fragment,
    alg,
    jwk,
    purposes: Object.freeze([...purposes]),
    signsFrom,
    ...(ref !== undefined && { ref }),
    ...(removed !== undefined && { removed }),
  }
}

/**
 * Reads the name of a DID's key.
 *
 * @returns The fragment, with `#`.
 * @throws {VerificationError} `COMITY_DID_INVALID` when it is no DID URL.
 * @throws {TypeError} It is of another DID, or has no fragment.
 */
export function readFragment(did: string, kid: string): string {
  parseDid(did)
  const url = parseDidUrl(kid)
  if (url.did !== did || !url.fragment || kid !== `${did}#${url.fragment}`) {
    throw new TypeError(
      'the kid must be a DID URL of this DID with a fragment, such as `did:web:acme.example#key-1`',
    )
  }
  return `#${url.fragment}`
}

/**
 * Reads what a key may sign.
 *
 * @throws {TypeError} It is not one or more of the purposes.
 */
export function readPurposes(purposes: readonly KeyPurpose[] = PURPOSES): readonly KeyPurpose[] {
  if (!isPurposes(purposes) || purposes.length === 0) {
    throw new TypeError('purposes must be one or more of `authentication` and `assertionMethod`')
  }
  return Object.freeze([...new Set(purposes)])
}

/**
 * Reads an algorithm.
 *
 * @throws {TypeError} It is none of {@link SIGNATURE_ALGORITHMS}.
 */
export function readAlgorithm(alg: unknown): SignatureAlgorithm {
  if (!isAlgorithm(alg)) throw new TypeError(`options.alg must be one of ${SIGNATURE_ALGORITHMS.join(', ')}`)
  return alg
}

/** The failure of a wallet without the key that is asked for. */
export function keyUnknown(message: string): PolicyError {
  return new PolicyError('COMITY_WALLET_KEY_UNKNOWN', message)
}

/**
 * Refuses another entry where there are as many as there may be.
 *
 * @throws {PolicyError} `COMITY_WALLET_FULL` when there are.
 */
export function checkRoom(what: string, count: number, most: number): void {
  if (count < most) return
  throw new PolicyError('COMITY_WALLET_FULL', `the wallet has no room for more ${what}`, {
    details: { most },
  })
}

function isAlgorithm(value: unknown): value is SignatureAlgorithm {
  return SIGNATURE_ALGORITHMS.some((algorithm) => algorithm === value)
}

function isPurposes(value: unknown): value is readonly KeyPurpose[] {
  return Array.isArray(value) && value.every((item) => PURPOSES.some((purpose) => purpose === item))
}
