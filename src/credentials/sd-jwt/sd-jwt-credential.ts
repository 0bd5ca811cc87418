import { VerificationError, type ComityError } from '../../errors/index.ts'
import { parseJws, type UnverifiedJws } from '../../keys/index.ts'
import { ruleFaults } from '../model-faults.ts'
import { stringList } from '../shape.ts'
import type { UnverifiedCredential } from '../unverified-credential.ts'
import { DISCLOSED_CLAIMS_RULES, SIGNED_CLAIMS_RULES, disclosedFixedClaims } from './claims-rules.ts'
import type { Disclosure } from './disclosure.ts'
import type { SdHashName } from './hash.ts'
import {
  MAX_SD_JWT_LENGTH,
  parseSdJwt,
  processSdJwt,
  type ProcessedSdJwt,
  type UnverifiedSdJwt,
} from './parse-sd-jwt.ts'
import { typeOfVct } from './vct.ts'

/** An SD-JWT VC whose form was checked and nothing else: anybody may have written it. */
export interface UnverifiedSdJwtCredential extends UnverifiedCredential {
  /** The type, as it names it. */
  readonly vct: string
  /** Its parts. */
  readonly sdJwt: UnverifiedSdJwt
  /** The hash function of its digests. */
  readonly hash: SdHashName
  /** Its disclosures, read. */
  readonly disclosures: readonly Disclosure[]
}

/**
 * Reads an SD-JWT VC without believing it, as its issuer or its holder sends it.
 *
 * The checks run in this order: size; form of the parts, algorithms, `typ` (`dc+sd-jwt`); what the issuer signed, claim
 * by claim; the disclosures and digests; what was disclosed, claim by claim.
 *
 * @param token - The compact form, of at most 65536 characters and 256 disclosures.
 * @returns The credential, with nothing about it verified. Its `document` has the claims with what was disclosed.
 * @throws {VerificationError} `COMITY_CREDENTIAL_TOO_LARGE`, `COMITY_SD_JWT_MALFORMED`, `COMITY_JWS_MALFORMED`,
 *   `COMITY_ALG_NOT_ALLOWED`, `COMITY_JWT_TYP_MISMATCH`, `COMITY_KEY_BINDING_INVALID`, `COMITY_CREDENTIAL_MALFORMED`,
 *   `COMITY_SD_JWT_HASH`, `COMITY_SD_JWT_DISCLOSURE`, `COMITY_SD_JWT_DIGEST`, `COMITY_JSON_TOO_DEEP`.
 * @throws {TypeError} When the token is no string.
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-oauth-sd-jwt-vc#section-2 | SD-JWT VC §2}
 */
export function parseSdJwtCredential(token: string): UnverifiedSdJwtCredential {
  const { credential, faults } = readSdJwtCredential(parseSdJwtVc(token))
  const [fault] = faults
  if (fault !== undefined) throw fault
  if (credential === undefined) throw new TypeError('a credential without faults was not read')
  return credential
}

/** @throws {VerificationError} The codes of `parseSdJwt`. */
export function parseSdJwtVc(
  token: string,
  readIssuerJwt: (text: string) => UnverifiedJws = parseIssuerJwt,
): UnverifiedSdJwt {
  return parseSdJwt(token, { readIssuerJwt })
}

/** @throws {VerificationError} The codes of `parseJws`. */
export function parseIssuerJwt(text: string): UnverifiedJws {
  return parseJws(text, { typ: 'dc+sd-jwt', maxLength: MAX_SD_JWT_LENGTH })
}

/** The credential in an SD-JWT; or all that is wrong with it, in the order of checking. */
export function readSdJwtCredential(sdJwt: UnverifiedSdJwt): {
  readonly credential?: UnverifiedSdJwtCredential
  readonly faults: readonly ComityError[]
} {
  const { claims, header } = sdJwt.jws
  const faults: ComityError[] = [...ruleFaults(SIGNED_CLAIMS_RULES, claims, 'COMITY_CREDENTIAL_MALFORMED')]
  if (header.kid === undefined || header.kid === '') {
    faults.push(malformed('the header does not say which key signed', 'kid'))
  }
  const processed = tryProcess(sdJwt)
  if (processed instanceof VerificationError) return { faults: [...faults, processed] }
  for (const name of disclosedFixedClaims(claims, processed.payload)) {
    faults.push(malformed('a claim was disclosed that must always be shown', name))
  }
  faults.push(...ruleFaults(DISCLOSED_CLAIMS_RULES, processed.payload, 'COMITY_CREDENTIAL_MALFORMED'))
  if (faults.length > 0) return { faults }
  return { credential: toCredential(sdJwt, processed), faults }
}

function tryProcess(sdJwt: UnverifiedSdJwt): ReturnType<typeof processSdJwt> | VerificationError {
  try {
    return processSdJwt(sdJwt)
  } catch (error) {
    if (error instanceof VerificationError) return error
    throw error
  }
}

/** The form of all members was checked. */
function toCredential(
  sdJwt: UnverifiedSdJwt,
  { payload, hash, disclosures }: ProcessedSdJwt,
): UnverifiedSdJwtCredential {
  const { jws, token } = sdJwt
  const { iss, sub, jti, iat, nbf, exp, status, aud } = payload
  const vct = textOf(payload['vct']) ?? ''
  return Object.freeze({
    token,
    jws,
    document: payload,
    issuer: textOf(iss) ?? '',
    subject: textOf(sub),
    types: Object.freeze([typeOfVct(vct) ?? vct]),
    vct,
    id: textOf(jti),
    kid: jws.header.kid ?? '',
    validFrom: Math.max(typeof nbf === 'number' ? nbf : -Infinity, typeof iat === 'number' ? iat : -Infinity),
    validUntil: typeof exp === 'number' ? exp : Infinity,
    status: Object.freeze(status === undefined ? [] : [status]),
    audience: aud === undefined ? undefined : stringList(aud),
    sdJwt,
    hash,
    disclosures,
  })
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function malformed(message: string, member: string): VerificationError {
  return new VerificationError('COMITY_CREDENTIAL_MALFORMED', message, {
    spec: 'SD-JWT VC §2.2.2',
    details: { member },
  })
}
