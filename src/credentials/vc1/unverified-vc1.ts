import type { JsonObject } from '../../encoding/index.ts'
import { VerificationError, type ComityError } from '../../errors/index.ts'
import { parseJws, type UnverifiedJws } from '../../keys/index.ts'
import { issuerOf, subjectOf } from '../envelope-rules.ts'
import { ruleFaults } from '../model-faults.ts'
import { asList, stringList } from '../shape.ts'
import {
  MAX_CREDENTIAL_LENGTH,
  checkCredentialSize,
  type UnverifiedCredential,
} from '../unverified-credential.ts'
import { mergeClaims } from './merge-claims.ts'
import { VC1_RULES, vc1ValidityOf } from './vc1-rules.ts'

/**
 * Reads a credential of the data model 1.1 without believing it.
 *
 * The checks run in this order: size; form of the JWS, algorithm and `typ` (`JWT`); the registered claims against the
 * `vc` claim; the form of the credential that both make together, rule by rule.
 *
 * @param token - A compact JWS of at most 32768 characters.
 * @returns The credential, with nothing about it verified. Its `document` is the credential that the claims make
 *   together; its `kid` is empty where the header names no key, as 1.1 allows.
 * @throws {VerificationError} As `parseCredential`.
 * @throws {TypeError} When the token is no string.
 * @see {@link https://www.w3.org/TR/vc-data-model-1.1/#json-web-token | VCDM 1.1 §6.3.1}
 */
export function parseVc1Credential(token: string): UnverifiedCredential {
  checkCredentialSize(token, MAX_CREDENTIAL_LENGTH)
  const jws = parseVc1Jws(token, MAX_CREDENTIAL_LENGTH)
  const { credential, faults } = readVc1(jws)
  const [fault] = faults
  if (fault !== undefined) throw fault
  if (credential === undefined) throw new TypeError('a credential without faults was not read')
  return credential
}

/** @throws {VerificationError} The codes of `parseJws`. */
export function parseVc1Jws(token: string, maxLength: number): UnverifiedJws {
  return parseJws(token, { typ: 'JWT', maxLength })
}

/** What is read from a JWS: the credential, or all that is wrong with it in the order of checking. */
export interface Vc1Reading {
  readonly credential?: UnverifiedCredential
  readonly faults: readonly ComityError[]
}

/** Reads the credential in a JWS, or lists all that is wrong with it. */
export function readVc1(jws: UnverifiedJws): Vc1Reading {
  const { claims, header } = jws
  const merged = mergeClaims(claims)
  const faults: ComityError[] = merged.faults.map(({ name, issuer, message }) => {
    const code = issuer ? 'COMITY_CREDENTIAL_ISSUER_MISMATCH' : 'COMITY_CREDENTIAL_MALFORMED'
    return new VerificationError(code, message, { spec: 'VCDM 1.1 §6.3.1', details: { member: name } })
  })
  if (claims['aud'] !== undefined && stringList(claims['aud']) === undefined) {
    faults.push(malformed('aud', 'aud is not a string or a list of strings'))
  }
  if (header.kid === '') faults.push(malformed('kid', 'the header names an empty key'))
  faults.push(...ruleFaults(VC1_RULES, merged.document, 'COMITY_CREDENTIAL_MALFORMED'))
  return faults.length === 0 ? { credential: toCredential(jws, merged.document), faults } : { faults }
}

function toCredential(jws: UnverifiedJws, document: JsonObject): UnverifiedCredential {
  const { from, until } = vc1ValidityOf(document)
  const { nbf, exp, aud } = jws.claims
  return Object.freeze({
    token: jws.token,
    jws,
    document,
    issuer: issuerOf(document) ?? '',
    subject: subjectOf(document),
    types: Object.freeze([...(stringList(document['type']) ?? [])]),
    id: typeof document['id'] === 'string' ? document['id'] : undefined,
    kid: jws.header.kid ?? '',
    validFrom: typeof nbf === 'number' ? Math.max(from, nbf) : from,
    validUntil: typeof exp === 'number' ? Math.min(until, exp) : until,
    status: Object.freeze([...asList(document['credentialStatus'])]),
    audience: stringList(aud),
  })
}

function malformed(member: string, message: string): VerificationError {
  return new VerificationError('COMITY_CREDENTIAL_MALFORMED', message, {
    spec: 'VCDM 1.1 §6.3.1',
    details: { member },
  })
}
