import { isJsonObject, type JsonObject, type JsonValue } from '../../encoding/index.ts'
import type { DocumentRule } from '../member-rules.ts'
import { isAbsoluteUrl, stringList } from '../shape.ts'
import { parseTokenStatus } from '../status-entry.ts'
import { confirmationOf } from './key-binding.ts'

/** Claims that the holder must not be able to keep to itself, nor any part of them. */
const FIXED_CLAIMS = ['iss', 'nbf', 'exp', 'cnf', 'vct', 'vct#integrity', 'aka_vcts', 'status'] as const

/** What an SD-JWT VC says about itself. All other claims are about its subject. */
export const ENVELOPE_CLAIMS: ReadonlySet<string> = new Set([
  ...FIXED_CLAIMS,
  'sub',
  'aud',
  'iat',
  'jti',
  '_sd',
  '_sd_alg',
])

/** The last second of the year 9999. Whatever is later was meant as milliseconds, or as an attack. */
const LATEST = 253_402_300_799

/**
 * The rules for what the issuer of an SD-JWT VC signed, before anything is disclosed, in the order of checking.
 *
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-oauth-sd-jwt-vc#section-2.2.2 | SD-JWT VC §2.2.2}
 */
export const SIGNED_CLAIMS_RULES: readonly DocumentRule[] = [
  rule('vct', ({ vct }) => (isText(vct) ? undefined : 'vct is missing or no text')),
  rule('iss', ({ iss }) => (isAbsoluteUrl(iss) ? undefined : 'iss is missing or no URL')),
  rule('nbf', ({ nbf }) => (isTimeOrAbsent(nbf) ? undefined : 'nbf is not a number of seconds')),
  rule('exp', ({ exp }) => (isTimeOrAbsent(exp) ? undefined : 'exp is not a number of seconds')),
  rule('validity', ({ nbf, exp }) =>
    typeof nbf === 'number' && typeof exp === 'number' && exp <= nbf
      ? 'exp is not later than nbf'
      : undefined,
  ),
  rule('cnf', (claims) =>
    confirmationOf(claims) === undefined ? 'cnf names no key as jwk or kid' : undefined,
  ),
  rule('status', ({ status }) =>
    status === undefined || isJsonObject(status) ? brokenStatusList(status) : 'status is not an object',
  ),
  ...FIXED_CLAIMS.map((name) =>
    rule(name, (claims) =>
      holdsDigests(claims[name]) ? 'a part of a claim can be kept that must always be shown' : undefined,
    ),
  ),
]

/** The rules for the claims with what was disclosed, in the order of checking. */
export const DISCLOSED_CLAIMS_RULES: readonly DocumentRule[] = [
  rule('sub', ({ sub }) => (sub === undefined || isText(sub) ? undefined : 'sub is no text')),
  rule('jti', ({ jti }) => (jti === undefined || isText(jti) ? undefined : 'jti is no text')),
  rule('iat', ({ iat }) => (isTimeOrAbsent(iat) ? undefined : 'iat is not a number of seconds')),
  rule('aud', ({ aud }) =>
    aud === undefined || stringList(aud) !== undefined ? undefined : 'aud is not a text or a list of texts',
  ),
]

/** The names of claims that are there only because they were disclosed, though they must not be. */
export function disclosedFixedClaims(signed: JsonObject, disclosed: JsonObject): readonly string[] {
  return FIXED_CLAIMS.filter((name) => Object.hasOwn(disclosed, name) && !Object.hasOwn(signed, name))
}

function rule(name: string, broken: (claims: JsonObject) => string | undefined): DocumentRule {
  return { name, spec: 'SD-JWT VC §2.2.2', broken }
}

/** Another mechanism than `status_list` may stand there, which is then not looked up, and so refused later. */
function brokenStatusList(status: JsonObject | undefined): string | undefined {
  const malformed = status?.['status_list'] !== undefined && parseTokenStatus(status) === undefined
  return malformed ? 'status.status_list is malformed' : undefined
}

function isText(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && value !== ''
}

function isTimeOrAbsent(value: JsonValue | undefined): boolean {
  return value === undefined || (typeof value === 'number' && value >= 0 && value <= LATEST)
}

function holdsDigests(value: JsonValue | undefined): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (isJsonObject(value)) {
    return (
      Object.hasOwn(value, '_sd') || Object.hasOwn(value, '...') || Object.values(value).some(holdsDigests)
    )
  }
  return value.some(holdsDigests)
}
