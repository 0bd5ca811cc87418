import { canonicalizeJson, isJsonObject, type JsonObject, type JsonValue } from '../../encoding/index.ts'
import { parseDateTimeStamp } from '../date-time.ts'
import { asList } from '../shape.ts'

/** Members of a credential that some software leaves beside the `vc` claim, too. */
const MEMBERS = [
  '@context',
  'id',
  'type',
  'issuer',
  'issuanceDate',
  'expirationDate',
  'credentialSubject',
  'credentialStatus',
  'credentialSchema',
  'termsOfUse',
  'evidence',
  'refreshService',
  'proof',
]

/**
 * The members of a credential that stand beside the `vc` claim and do not say what the credential says that is put
 * together from `vc` and the registered claims. Of such a token two readers could take two things.
 *
 * @param claims - The payload of the JWT.
 * @param document - The credential that was put together.
 * @returns The names of the members, in a fixed order.
 */
export function contradictingMembers(claims: JsonObject, document: JsonObject): readonly string[] {
  return MEMBERS.filter((name) => claims[name] !== undefined && !agree(name, claims[name], document[name]))
}

function agree(name: string, beside: JsonValue, own: JsonValue | undefined): boolean {
  if (own === undefined) return false
  switch (name) {
    case 'issuer':
      return idOf(beside) === idOf(own)
    case 'issuanceDate':
    case 'expirationDate':
      return secondOf(beside) === secondOf(own) && secondOf(own) !== undefined
    case 'type':
    case '@context':
      return canonicalizeJson(asList(beside)) === canonicalizeJson(asList(own))
    default:
      return canonicalizeJson(beside) === canonicalizeJson(own)
  }
}

function idOf(issuer: JsonValue): JsonValue | undefined {
  return isJsonObject(issuer) ? issuer['id'] : issuer
}

function secondOf(date: JsonValue): number | undefined {
  const moment = typeof date === 'string' ? parseDateTimeStamp(date) : undefined
  return moment === undefined ? undefined : Math.floor(moment)
}
