import type { JsonObject } from '../encoding/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'
import {
  checkTimes,
  jwkThumbprint,
  parseJws,
  parsePublicJwk,
  signJws,
  verifyJwsSignature,
  type Signer,
} from '../keys/index.ts'
import { CLOCK_SKEW, MESSAGE_LIFETIME } from './signed-message.ts'
import { assertTranscript, transcriptClaim } from './transcript.ts'

/** `typ` of the session key's proof. */
export const SESSION_KEY_TYP = 'comity-cnf+jwt'

const MAX_PROOF_LENGTH = 4096

/** For whom, and in which run, the session key is shown. */
export interface SessionKeyContext {
  /** The transcript hash of the `present` that carries the key. */
  readonly hash: Uint8Array
  /** The initiator's DID. */
  readonly initiator: string
  /** The responder's DID. */
  readonly responder: string
  /** The current time in seconds since the epoch. */
  readonly now: number
}

/**
 * Makes `cnf_proof`: the session key signs this run, its holder and its addressee, so that nobody can have
 * a session bound to a key that is not theirs.
 */
export async function proveSessionKey(signer: Signer, context: SessionKeyContext): Promise<string> {
  const { hash, initiator, responder, now } = context
  return signJws({
    header: { typ: SESSION_KEY_TYP },
    payload: { th: transcriptClaim(hash), sub: initiator, aud: responder, iat: Math.floor(now) },
    signer,
  })
}

/**
 * Verifies the session key of a `present`.
 *
 * @param jwk `cnf.jwk`, as received: a public key that can sign; a private member is refused.
 * @param proof `cnf_proof`, as received.
 * @returns The RFC 7638 thumbprint of the key.
 * @throws {VerificationError} `COMITY_HANDSHAKE_SESSION_KEY`; `details.underlying` has the finer code.
 */
export async function verifySessionKey(
  jwk: JsonObject,
  proof: string,
  context: SessionKeyContext,
): Promise<string> {
  try {
    const key = parsePublicJwk(jwk)
    const jws = parseJws(proof, { typ: SESSION_KEY_TYP, maxLength: MAX_PROOF_LENGTH })
    await verifyJwsSignature(jws, key)
    assertTranscript(jws.claims['th'], context.hash)
    if (jws.claims['sub'] !== context.initiator || jws.claims['aud'] !== context.responder) {
      throw new VerificationError('COMITY_JWT_CLAIM_INVALID', 'the proof is of another holder or for another')
    }
    const { issuedAt = 0 } = checkTimes(jws.claims, {
      now: context.now,
      clockTolerance: CLOCK_SKEW,
      require: ['iat'],
    })
    if (issuedAt < context.now - MESSAGE_LIFETIME - CLOCK_SKEW) {
      throw new VerificationError('COMITY_TOKEN_EXPIRED', 'the proof is too old')
    }
    return jwkThumbprint(key)
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw new VerificationError('COMITY_HANDSHAKE_SESSION_KEY', 'the session key is not proven in this run', {
      spec: 'comity handshake, messages',
      details: { underlying: cause.code },
      cause,
    })
  }
}
