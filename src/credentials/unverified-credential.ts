import type { JsonObject, JsonValue } from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'
import { parseJws, type UnverifiedJws } from '../keys/index.ts'
import { DOCUMENT_RULES, validityOf } from './document-rules.ts'
import { issuerOf, judgeEnvelope, subjectOf } from './envelope-rules.ts'
import { ruleFaults } from './model-faults.ts'
import { asList, stringList } from './shape.ts'

/** The longest credential that is read, in characters. */
export const MAX_CREDENTIAL_LENGTH: number = 32_768

/** A credential whose form was checked and nothing else: anybody may have written it. */
export interface UnverifiedCredential {
  /** The token as it came. */
  readonly token: string
  /** The JWS that it is. */
  readonly jws: UnverifiedJws
  /** The credential: the payload of the JWS. */
  readonly document: JsonObject
  /** Who is said to have issued it: a URL, perhaps a DID. */
  readonly issuer: string
  /** Whom it is about: a URL; undefined where it names nobody. */
  readonly subject: string | undefined
  /** All its types, `VerifiableCredential` among them. */
  readonly types: readonly string[]
  /** The type as an SD-JWT VC names it; absent in the other formats. */
  readonly vct?: string
  /** Its own URL; undefined where it has none. Anyone can repeat it: it identifies nothing. */
  readonly id: string | undefined
  /** Which key is said to have signed it. */
  readonly kid: string
  /** Seconds since the epoch: the later of `validFrom` and `nbf`; −Infinity where it has neither. */
  readonly validFrom: number
  /** Seconds since the epoch: the earlier of `validUntil` and `exp`; Infinity where it has neither. */
  readonly validUntil: number
  /** The entries of `credentialStatus`, of any type. */
  readonly status: readonly JsonValue[]
  /** Whom the token is for, where its issuer named anyone. */
  readonly audience: readonly string[] | undefined
}

/**
 * Reads a credential without believing it.
 *
 * The checks run in this order: size; form of the JWS, algorithm and `typ` (`vc+jwt`); the credential's form, rule by
 * rule; what header and registered claims say about it.
 *
 * @param token - A compact JWS of at most {@link MAX_CREDENTIAL_LENGTH} characters.
 * @returns The credential, with nothing about it verified.
 * @throws {VerificationError} `COMITY_CREDENTIAL_TOO_LARGE`; `COMITY_JWS_MALFORMED`, `COMITY_ALG_NOT_ALLOWED`,
 *   `COMITY_JWT_TYP_MISMATCH` and the codes of JSON; `COMITY_CREDENTIAL_MALFORMED`;
 *   `COMITY_CREDENTIAL_ISSUER_MISMATCH` when `iss` is not the issuer.
 * @throws {TypeError} When the token is no string.
 * @see {@link https://www.w3.org/TR/vc-jose-cose/#securing-with-jose | VC-JOSE-COSE §3.1.1}
 */
export function parseCredential(token: string): UnverifiedCredential {
  checkCredentialSize(token, MAX_CREDENTIAL_LENGTH)
  const jws = parseCredentialJws(token, MAX_CREDENTIAL_LENGTH)
  const [fault] = formFaults(jws)
  if (fault !== undefined) throw fault
  return readCredential(jws)
}

/** @throws {VerificationError} `COMITY_CREDENTIAL_TOO_LARGE`. */
export function checkCredentialSize(token: string, maxLength: number): void {
  if (typeof token !== 'string') throw new TypeError('a credential must be a string')
  if (token.length <= maxLength) return
  throw new VerificationError('COMITY_CREDENTIAL_TOO_LARGE', 'the credential is too large', {
    details: { length: token.length, maxLength },
  })
}

/** @throws {VerificationError} The codes of `parseJws`. */
export function parseCredentialJws(token: string, maxLength: number): UnverifiedJws {
  return parseJws(token, { typ: 'vc+jwt', maxLength })
}

/** All that is wrong with the form of the credential and its envelope, in the order of checking. */
export function formFaults(jws: UnverifiedJws): readonly VerificationError[] {
  return [...documentFaults(jws.claims), ...envelopeFaults(jws)]
}

/** All rules for a credential in an envelope that a document breaks, in the order of checking. */
export function documentFaults(document: JsonObject): readonly VerificationError[] {
  return ruleFaults(DOCUMENT_RULES, document, 'COMITY_CREDENTIAL_MALFORMED')
}

function envelopeFaults(jws: UnverifiedJws): readonly VerificationError[] {
  return judgeEnvelope(jws).map(({ name, issuer, message }) => {
    const code = issuer ? 'COMITY_CREDENTIAL_ISSUER_MISMATCH' : 'COMITY_CREDENTIAL_MALFORMED'
    return new VerificationError(code, message, { spec: 'VC-JOSE-COSE §3.1.3', details: { member: name } })
  })
}

/**
 * Reads the members of a credential that has no form faults.
 *
 * @throws {VerificationError} `COMITY_CREDENTIAL_MALFORMED` where it does have some.
 */
export function readCredential(jws: UnverifiedJws): UnverifiedCredential {
  const { token, claims, header } = jws
  const issuer = issuerOf(claims)
  const types = stringList(claims['type'])
  if (issuer === undefined || types === undefined || header.kid === undefined) {
    throw new VerificationError(
      'COMITY_CREDENTIAL_MALFORMED',
      'the credential lacks an issuer, a type or a key',
    )
  }
  const { from, until } = validityOf(claims)
  const { exp, nbf } = claims
  return Object.freeze({
    token,
    jws,
    document: claims,
    issuer,
    subject: subjectOf(claims),
    types: Object.freeze([...types]),
    id: typeof claims['id'] === 'string' ? claims['id'] : undefined,
    kid: header.kid,
    validFrom: typeof nbf === 'number' ? Math.max(from, nbf) : from,
    validUntil: typeof exp === 'number' ? Math.min(until, exp) : until,
    status: Object.freeze([...asList(claims['credentialStatus'])]),
    audience: stringList(claims['aud']),
  })
}
