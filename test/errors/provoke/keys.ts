import type { ComityErrorCode } from '../../../src/errors/index.ts'
import {
  checkTimes,
  generateSigner,
  parseJws,
  parsePublicJwk,
  requireAudience,
  requireString,
  signJws,
  verifyJwsSignature,
  type SignatureAlgorithm,
} from '../../../src/keys/index.ts'

const now = 1_750_000_000

/** A token by one key, verified with another. */
async function verifyWithOther(alg: SignatureAlgorithm): Promise<void> {
  const signer = await generateSigner({ alg: 'ES256' })
  const { publicJwk } = await generateSigner({ alg })
  await verifyJwsSignature(parseJws(await signJws({ header: { typ: 'x' }, payload: {}, signer })), publicJwk)
}

/** For each code of the area, a call of its public functions that fails with exactly that code. */
export const keys = {
  COMITY_JWK_INVALID: () => parsePublicJwk({ kty: 'OKP', crv: 'Ed25519', x: 'AA' }),
  COMITY_JWK_PRIVATE: () => parsePublicJwk({ kty: 'oct', k: 'AA' }),
  COMITY_ALG_NOT_ALLOWED: () => verifyWithOther('ES384'),
  COMITY_JWS_TOO_LARGE: () => parseJws('a.b.c', { maxLength: 4 }),
  COMITY_JWS_MALFORMED: () => parseJws('a.b'),
  COMITY_SIGNATURE_INVALID: () => verifyWithOther('ES256'),
  COMITY_JWT_CLAIM_INVALID: () => requireString({ iss: 1 }, 'iss'),
  COMITY_JWT_TYP_MISMATCH: async () => {
    const signer = await generateSigner({ alg: 'Ed25519' })
    parseJws(await signJws({ header: { typ: 'dpop+jwt' }, payload: {}, signer }), { typ: 'at+jwt' })
  },
  COMITY_TOKEN_EXPIRED: () => checkTimes({ exp: now - 61 }, { now }),
  COMITY_TOKEN_NOT_YET_VALID: () => checkTimes({ nbf: now + 61 }, { now }),
  COMITY_AUDIENCE_MISMATCH: () => requireAudience({ aud: 'a' }, 'b'),
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
