import {
  canonicalizeJson,
  concatBytes,
  decodeMultibase,
  encodeMultibase,
  encodeUtf8,
  type JsonObject,
} from '../../encoding/index.ts'
import { ComityError } from '../../errors/index.ts'
import { verifyBytes, type Signer } from '../../keys/index.ts'
import { sha256 } from '../../runtime/index.ts'
import { parseLogTime } from './time.ts'
import { keyName, readEd25519, readKeyName } from './update-key.ts'

const FIXED = {
  type: 'DataIntegrityProof',
  cryptosuite: 'eddsa-jcs-2022',
  proofPurpose: 'assertionMethod',
} as const
const SIGNATURE_BYTES = 64
const MAX_PROOF_VALUE_LENGTH = 96

/** What a proof says about itself, before its signature is checked. */
export interface ReadProof {
  /** The key that it names, in multibase. */
  readonly multikey: string
  /** When it ceases to hold, in seconds since the epoch; `Infinity` when it does not say. */
  readonly expiresAt: number
  /** All its members. */
  readonly members: JsonObject
}

function digestOf(canonical: string): Uint8Array {
  return sha256(encodeUtf8(canonical))
}

function readExpiry(value: unknown): number | undefined {
  return value === undefined ? Infinity : parseLogTime(value)?.seconds
}

/**
 * Reads the members of a proof by `eddsa-jcs-2022`.
 *
 * @param needsFragment - Whether its key must be named with a fragment.
 * @returns The proof; `undefined` when type, cryptosuite, purpose, key or expiry are not what did:webvh takes, or it
 *   brings a context, which a document without one does not allow.
 * @see {@link https://www.w3.org/TR/vc-di-eddsa/#eddsa-jcs-2022 | Data Integrity EdDSA Cryptosuites §3.3}
 */
export function readProof(members: JsonObject, needsFragment: boolean): ReadProof | undefined {
  const isFit = Object.entries(FIXED).every(([name, value]) => members[name] === value)
  if (!isFit || members['@context'] !== undefined) return undefined
  const multikey = readKeyName(members['verificationMethod'], needsFragment)
  const expiresAt = readExpiry(members['expires'])
  const hasTime = members['created'] === undefined || typeof members['created'] === 'string'
  if (multikey === undefined || expiresAt === undefined || !hasTime) return undefined
  return { multikey, expiresAt, members }
}

function readSignature(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string' || !value.startsWith('z') || value.length > MAX_PROOF_VALUE_LENGTH)
    return undefined
  const bytes = decodeMultibase(value, { maxBytes: SIGNATURE_BYTES })
  return bytes.length === SIGNATURE_BYTES ? bytes : undefined
}

/**
 * Checks the signature of a proof with the key that it names. Whether that key may say so is for the caller to check.
 *
 * @param canonical - What is proven, in canonical JSON, without its proof.
 * @returns Whether it verifies.
 * @see {@link https://www.w3.org/TR/vc-di-eddsa/#proof-verification-eddsa-jcs-2022 | Data Integrity EdDSA Cryptosuites §3.3.7}
 */
export async function verifiesProof({ multikey, members }: ReadProof, canonical: string): Promise<boolean> {
  const { proofValue, ...config } = members
  const jwk = readEd25519(multikey)
  if (jwk === undefined) return false
  try {
    const signature = readSignature(proofValue)
    if (signature === undefined) return false
    const bytes = concatBytes(digestOf(canonicalizeJson(config)), digestOf(canonical))
    await verifyBytes(jwk, 'Ed25519', bytes, signature)
    return true
  } catch (cause) {
    if (cause instanceof ComityError) return false
    throw cause
  }
}

/**
 * Checks that a signer can sign logs.
 *
 * @throws {TypeError} It does not sign with an Ed25519 key.
 */
export function assertEd25519(signer: Signer, name: string): void {
  if (signer.publicJwk.crv !== 'Ed25519') throw new TypeError(`${name} must sign with an Ed25519 key`)
}

/**
 * Makes a proof by `eddsa-jcs-2022`.
 *
 * @param canonical - What is proven, in canonical JSON, without a proof.
 * @param created - When, as logs write times.
 */
export async function signProof(signer: Signer, canonical: string, created: string): Promise<JsonObject> {
  const config = { ...FIXED, verificationMethod: keyName(signer.publicJwk), created }
  const bytes = concatBytes(digestOf(canonicalizeJson(config)), digestOf(canonical))
  const signature = await signer.sign(bytes)
  return { ...config, proofValue: encodeMultibase(signature) }
}
