import { ComityError } from '../../errors/index.ts'
import type { PublicJwk } from '../../keys/index.ts'
import { decodeMultikey, encodeMultikey } from '../multikey.ts'

const DID_KEY = 'did:key:'
const MAX_MULTIKEY_LENGTH = 128

/**
 * Reads an Ed25519 key in multibase, in its one spelling: the only kind that can sign a log.
 *
 * @returns The key; `undefined` when the text is none.
 */
export function readEd25519(multikey: unknown): PublicJwk | undefined {
  if (typeof multikey !== 'string' || multikey.length > MAX_MULTIKEY_LENGTH) return undefined
  try {
    const jwk = decodeMultikey(multikey)
    return jwk?.crv === 'Ed25519' && encodeMultikey(jwk) === multikey ? jwk : undefined
  } catch (cause) {
    if (cause instanceof ComityError) return undefined
    throw cause
  }
}

/**
 * Reads the key that a `did:key` stands for.
 *
 * @returns The key in multibase; `undefined` when the text is not the `did:key` of an Ed25519 key.
 */
export function readDidKey(did: unknown): string | undefined {
  if (typeof did !== 'string' || !did.startsWith(DID_KEY)) return undefined
  const multikey = did.slice(DID_KEY.length)
  return readEd25519(multikey) === undefined ? undefined : multikey
}

/**
 * Reads the name of a key of a `did:key`, whose fragment must repeat the key.
 *
 * @param needsFragment - Whether the bare DID, which has one key only, is refused.
 * @returns The key in multibase; `undefined` when the text names none.
 * @see {@link https://identity.foundation/didwebvh/v1.0/#witness-dids-and-reputation | did:webvh, body and fragment}
 */
export function readKeyName(name: unknown, needsFragment: boolean): string | undefined {
  if (typeof name !== 'string') return undefined
  const [did, fragment, ...more] = name.split('#')
  const multikey = readDidKey(did)
  if (multikey === undefined || more.length > 0) return undefined
  if (fragment === undefined) return needsFragment ? undefined : multikey
  return fragment === multikey ? multikey : undefined
}

/** Names the key of a signer as proofs do. */
export function keyName(jwk: PublicJwk): string {
  const multikey = encodeMultikey(jwk)
  return `${DID_KEY}${multikey}#${multikey}`
}
