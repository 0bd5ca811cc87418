import { isJsonObject, type JsonObject } from '../../encoding/index.ts'
import { parseDateTimeStamp } from '../date-time.ts'
import { BASE_TYPE } from '../document-rules.ts'
import {
  brokenDate,
  brokenId,
  brokenParty,
  brokenType,
  brokenTyped,
  brokenTypedWithId,
  memberRule,
  type DocumentRule,
} from '../member-rules.ts'
import { asList, hasNoOrUrlId, isAbsoluteUrl, isList } from '../shape.ts'
import { MAX_STATUS_ENTRIES, isStatusForm } from '../status-entry.ts'

/** The context that every credential of the data model 1.1 starts with. */
export const VC1_CONTEXT: string = 'https://www.w3.org/2018/credentials/v1'

const MAX_CONTEXTS = 16

/**
 * The rules of the data model 1.1 that can be checked without processing JSON-LD, for a credential that was put
 * together from the claims of a JWT, in the order of checking.
 *
 * As with 2.0, stricter than the model: one subject, no embedded proof, dates with a time zone. Members that bound the
 * validity in 2.0 are refused: whoever wrote them meant them, and 1.1 gives them no meaning.
 *
 * @see {@link https://www.w3.org/TR/vc-data-model-1.1/#basic-concepts | VCDM 1.1 §4}
 */
export const VC1_RULES: readonly DocumentRule[] = [
  { name: '@context', spec: 'VCDM 1.1 §4.1', broken: brokenContext },
  { name: 'type', spec: 'VCDM 1.1 §4.3', broken: (document) => brokenType(document, BASE_TYPE) },
  { name: 'id', spec: 'VCDM 1.1 §4.2', broken: brokenId },
  { name: 'credentialSubject', spec: 'VCDM 1.1 §4.4', broken: brokenSubject },
  memberRule('issuer', 'VCDM 1.1 §4.5', brokenParty),
  { name: 'issuanceDate', spec: 'VCDM 1.1 §4.6', broken: brokenIssuance },
  memberRule('expirationDate', 'VCDM 1.1 §4.8', brokenDate),
  { name: 'validity', spec: 'VCDM 1.1 §4.8', broken: brokenValidity },
  { name: 'credentialStatus', spec: 'VCDM 1.1 §4.9', broken: brokenStatus },
  memberRule('credentialSchema', 'VCDM 1.1 §5.4', brokenTypedWithId),
  memberRule('refreshService', 'VCDM 1.1 §5.5', brokenTypedWithId),
  memberRule('termsOfUse', 'VCDM 1.1 §5.6', brokenTyped),
  memberRule('evidence', 'VCDM 1.1 §5.7', brokenTyped),
  memberRule('proof', 'VCDM 1.1 §6.3.1', brokenForeign),
  memberRule('validFrom', 'VCDM 1.1 §4.6', brokenForeign),
  memberRule('validUntil', 'VCDM 1.1 §4.6', brokenForeign),
]

/** The validity period in seconds since the epoch, of a credential that obeys {@link VC1_RULES}. */
export function vc1ValidityOf(document: JsonObject): { readonly from: number; readonly until: number } {
  const { issuanceDate, expirationDate } = document
  return {
    from: (typeof issuanceDate === 'string' ? parseDateTimeStamp(issuanceDate) : undefined) ?? -Infinity,
    until: (typeof expirationDate === 'string' ? parseDateTimeStamp(expirationDate) : undefined) ?? Infinity,
  }
}

function brokenContext(document: JsonObject): string | undefined {
  const contexts = document['@context']
  if (!isList(contexts)) return '@context is not a list'
  if (contexts[0] !== VC1_CONTEXT) return '@context does not start with the base context of 1.1'
  if (contexts.length > MAX_CONTEXTS) return '@context has too many items'
  const good = contexts.every((item) => isJsonObject(item) || isAbsoluteUrl(item))
  return good ? undefined : 'an item of @context is neither a URL nor an object'
}

function brokenSubject(document: JsonObject): string | undefined {
  const subject = document['credentialSubject']
  if (!isJsonObject(subject)) return 'credentialSubject is not one object'
  if (Object.keys(subject).length === 0) return 'credentialSubject makes no claim'
  return hasNoOrUrlId(subject) ? undefined : 'credentialSubject.id is not a URL'
}

function brokenIssuance(document: JsonObject): string | undefined {
  if (document['issuanceDate'] === undefined) return 'issuanceDate is missing, and nbf too'
  return brokenDate(document, 'issuanceDate')
}

function brokenValidity(document: JsonObject): string | undefined {
  const { from, until } = vc1ValidityOf(document)
  return from > until ? 'issuanceDate is later than expirationDate' : undefined
}

function brokenStatus(document: JsonObject): string | undefined {
  if (document['credentialStatus'] === undefined) return undefined
  const entries = asList(document['credentialStatus'])
  const good = entries.length > 0 && entries.length <= MAX_STATUS_ENTRIES && entries.every(isStatusForm)
  return good ? undefined : 'credentialStatus is malformed'
}

function brokenForeign(document: JsonObject, name: string): string | undefined {
  return document[name] === undefined ? undefined : `${name} has no place in such a credential`
}
