import {
  credentialDigest,
  parseCredential,
  parseDateTimeStamp,
  parseSdJwtCredential,
  type UnverifiedCredential,
} from '../credentials/index.ts'
import { parseDemand } from '../demand/index.ts'
import { isJsonObject, type JsonValue } from '../encoding/index.ts'
import { PolicyError } from '../errors/index.ts'
import { jwkThumbprint, parsePublicJwk } from '../keys/index.ts'
import type { HeldCredential, ReleaseRule } from './wallet.ts'

/**
 * Reads who may see a credential.
 *
 * @throws {VerificationError} `COMITY_DEMAND_INVALID` when it is neither a word nor a demand.
 * @throws {TypeError} There is none.
 */
export function readReleaseRule(release: unknown): ReleaseRule {
  if (release === undefined) throw new TypeError('options.release must be `public`, `never` or a demand')
  return release === 'public' || release === 'never' ? release : parseDemand(release)
}

/**
 * Reads a credential, and what a wallet has to know of it.
 *
 * @throws {VerificationError} The codes of `parseCredential`, or of `parseSdJwtCredential` for what has a tilde.
 * @throws {PolicyError} `COMITY_WALLET_CREDENTIAL_INVALID` when it is about nobody, or an SD-JWT VC that is bound to no
 *   key, or to one that is only named.
 */
export function readHeldCredential(token: string, release: ReleaseRule): HeldCredential {
  // A tilde is in no JWS, and in each SD-JWT.
  return token.includes('~') ? readSdJwt(token, release) : readJwt(token, release)
}

function readJwt(token: string, release: ReleaseRule): HeldCredential {
  const credential = parseCredential(token)
  const { subject, document } = credential
  if (subject === undefined) throw notOurs()
  const claims = document['credentialSubject']
  return Object.freeze({
    digest: credentialDigest(token),
    format: 'vc+jwt',
    ...common(credential, subject, release),
    ...assessment(isJsonObject(claims) ? claims['assessedAt'] : undefined),
  })
}

function readSdJwt(token: string, release: ReleaseRule): HeldCredential {
  const credential = parseSdJwtCredential(token)
  const { subject, document, vct, jws } = credential
  const { cnf } = document
  const jwk = isJsonObject(cnf) ? cnf['jwk'] : undefined
  if (subject === undefined || jwk === undefined) throw notOurs()
  return Object.freeze({
    digest: credentialDigest(jws.token),
    format: 'dc+sd-jwt',
    vct,
    holderKey: jwkThumbprint(parsePublicJwk(jwk)),
    ...common(credential, subject, release),
    ...assessment(document['assessedAt']),
  })
}

function common(
  { token, types, issuer, document, validUntil }: UnverifiedCredential,
  subject: string,
  release: ReleaseRule,
): Pick<HeldCredential, 'token' | 'types' | 'issuer' | 'subject' | 'document' | 'release' | 'validUntil'> {
  return { token, types, issuer, subject, document, release, validUntil }
}

/** When a posture was assessed, where the claim is there and a date. */
export function assessment(text: JsonValue | undefined): Pick<HeldCredential, 'assessedAt'> {
  const assessedAt = typeof text === 'string' ? parseDateTimeStamp(text) : undefined
  return assessedAt === undefined ? {} : { assessedAt }
}

/** The failure of a credential that is about nobody in the wallet. */
export function notOurs(): PolicyError {
  return new PolicyError(
    'COMITY_WALLET_CREDENTIAL_INVALID',
    'the credential is not about a DID of this wallet',
  )
}
