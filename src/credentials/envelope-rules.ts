import { isJsonObject, type JsonObject, type JsonValue } from '../encoding/index.ts'
import type { UnverifiedJws } from '../keys/index.ts'
import { stringList } from './shape.ts'

/** What an envelope of a credential can get wrong, besides being a JWS. */
export interface EnvelopeFault {
  /** The header parameter or claim that is at fault. */
  readonly name: string
  /** Whether it makes the signer another party than the issuer. */
  readonly issuer: boolean
  /** What is wrong, in words that hold nothing of the input. */
  readonly message: string
}

/**
 * Checks what a JWS says about the credential inside it.
 *
 * Registered claims may stand beside the members of the credential. `iss`, `sub` and `jti` name the same things as
 * `issuer`, `credentialSubject.id` and `id`, and must agree with them. `exp` and `nbf` bound the *signature*, not the
 * credential: they may differ from the validity period, and bound it further. `iat` is not relied on.
 *
 * @returns All faults, in the order of checking.
 * @see {@link https://www.w3.org/TR/vc-jose-cose/#jose-header-parameters-jwt-claims | VC-JOSE-COSE §3.1.3}
 */
export function judgeEnvelope({ header, claims }: UnverifiedJws): readonly EnvelopeFault[] {
  const faults: EnvelopeFault[] = []
  const refuse = (name: string, message: string, issuer = false): void => {
    faults.push({ name, issuer, message })
  }
  if (typeof header.kid !== 'string' || header.kid === '') refuse('kid', 'the header names no key')
  if (!isCredentialContent(header['cty'])) refuse('cty', 'the header names other content than a credential')
  for (const name of ['vc', 'vp']) {
    if (claims[name] !== undefined) refuse(name, `the claim ${name} wraps a credential in the old way`)
  }
  if (disagree(header['iss'], issuerOf(claims))) refuse('iss', 'iss in the header is not the issuer', true)
  if (disagree(claims['iss'], issuerOf(claims))) refuse('iss', 'iss is not the issuer', true)
  if (disagree(claims['sub'], subjectOf(claims))) refuse('sub', 'sub is not the subject')
  if (disagree(claims['jti'], claims['id'])) refuse('jti', 'jti is not the id')
  for (const name of ['exp', 'nbf']) {
    if (!isNoOrNumericDate(claims[name])) refuse(name, `${name} is not a number of seconds`)
  }
  if (!isNoOrAudience(claims['aud'])) refuse('aud', 'aud is not a string or a list of strings')
  return faults
}

/** The issuer's URL, of an issuer given as string or as object; undefined where there is none. */
export function issuerOf(document: JsonObject): string | undefined {
  const { issuer } = document
  const id = isJsonObject(issuer) ? issuer['id'] : issuer
  return typeof id === 'string' ? id : undefined
}

/** The subject's URL; undefined where the subject has none. */
export function subjectOf(document: JsonObject): string | undefined {
  const subject = document['credentialSubject']
  if (!isJsonObject(subject)) return undefined
  return typeof subject['id'] === 'string' ? subject['id'] : undefined
}

function isCredentialContent(cty: JsonValue | undefined): boolean {
  return cty === undefined || (typeof cty === 'string' && /^(?:application\/)?vc$/i.test(cty))
}

function disagree(claim: JsonValue | undefined, member: JsonValue | undefined): boolean {
  return claim !== undefined && claim !== member
}

function isNoOrNumericDate(value: JsonValue | undefined): boolean {
  return value === undefined || (typeof value === 'number' && value >= 0)
}

function isNoOrAudience(value: JsonValue | undefined): boolean {
  return value === undefined || stringList(value) !== undefined
}
