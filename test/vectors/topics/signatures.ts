import { decodeBase64url } from '../../../src/encoding/index.ts'
import { x25519 } from '../../../src/handshake/index.ts'
import { VerificationError } from '../../../src/errors/index.ts'
import { parsePublicJwk, verifyBytes, type SignatureAlgorithm } from '../../../src/keys/index.ts'
import { fromHex, toHex } from '../../encoding/hex.ts'
import {
  difference,
  judgeCall,
  judgeForeign,
  type Driver,
  type VectorCase,
  type Verdict,
} from '../verdict.ts'
import { byShape } from './by-shape.ts'

/** Ed25519, ECDSA and X25519. */
export const signatures: Driver = byShape({
  x25519: { has: ['publicJwk', 'privateJwk', 'sharedHex'], judge: judgeAgreement },
  signature: { has: ['publicKeyJwk', 'msgHex', 'sigHex'], judge: judgeSignature },
})

const ALGORITHMS: Readonly<Record<string, SignatureAlgorithm>> = {
  Ed25519: 'Ed25519',
  'P-256': 'ES256',
  'P-384': 'ES384',
}

async function judgeSignature(entry: VectorCase): Promise<Verdict> {
  const jwk = entry['publicKeyJwk'] as { readonly crv?: string } | null
  const alg = ALGORITHMS[jwk?.crv ?? '']
  if (alg === undefined) return judgeForeign('key-other', entry, () => parsePublicJwk(jwk))
  const [message, signature] = [fromHex(String(entry['msgHex'])), fromHex(String(entry['sigHex']))]
  return judgeCall(entry, () => verifyBytes(parsePublicJwk(jwk), alg, message, signature))
}

/** Both places where a stranger's X25519 key comes in: as a JWK of a DID document, and as a share of the handshake. */
async function judgeAgreement(entry: VectorCase): Promise<Verdict> {
  return judgeCall(
    entry,
    async () => {
      const { crv, x } = parsePublicJwk(entry['publicJwk'])
      // A suite takes bytes; that a key of another curve never becomes a share is up to whoever made the bytes.
      if (crv !== 'X25519') throw new VerificationError('COMITY_HANDSHAKE_KEY_SHARE', 'another curve')
      return agreeAs(entry['privateJwk'] as JsonWebKey, decodeBase64url(x))
    },
    (secret) =>
      /^0*$/.test(toHex(secret))
        ? 'the all-zero secret was accepted'
        : difference('the secret', toHex(secret), entry['sharedHex']),
  )
}

/** Runs the handshake's key agreement with a given key in place of the one that it generates. */
async function agreeAs(jwk: JsonWebKey, share: Uint8Array): Promise<Uint8Array> {
  const { kty, crv, x, d } = jwk
  const algorithm = { name: 'X25519' }
  const { subtle } = globalThis.crypto
  const [privateKey, publicKey] = await Promise.all([
    subtle.importKey('jwk', { kty, crv, x, d } as JsonWebKey, algorithm, false, ['deriveBits']),
    subtle.importKey('jwk', { kty, crv, x } as JsonWebKey, algorithm, true, []),
  ])
  const generateKey = async (): Promise<CryptoKeyPair> => ({ privateKey, publicKey })
  Object.defineProperty(subtle, 'generateKey', { value: generateKey, configurable: true })
  try {
    const pending = await x25519.start()
    return await pending.finish(share)
  } finally {
    Reflect.deleteProperty(subtle, 'generateKey')
  }
}
