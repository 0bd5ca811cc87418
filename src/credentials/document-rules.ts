import { isJsonObject, type JsonObject, type JsonValue } from '../encoding/index.ts'
import { parseDateTimeStamp } from './date-time.ts'
import { asList, hasNoOrUrlId, hasType, isAbsoluteUrl, isLanguageValue, isList, stringList } from './shape.ts'
import { isStatusForm, MAX_STATUS_ENTRIES } from './status-entry.ts'

/** The context that every credential of the data model 2.0 starts with. */
export const CREDENTIALS_CONTEXT: string = 'https://www.w3.org/ns/credentials/v2'

/** The type that every credential has. */
export const BASE_TYPE: string = 'VerifiableCredential'

const MAX_CONTEXTS = 16
const MAX_TYPES = 16
const MAX_TYPE_LENGTH = 256

/** One rule of the data model, and what is wrong with a document that breaks it. */
export interface DocumentRule {
  /** The member that the rule is about. */
  readonly name: string
  /** The section that states it. */
  readonly spec: string
  /** What is wrong, in words that hold nothing of the input; undefined where nothing is. */
  readonly broken: (document: JsonObject) => string | undefined
}

/**
 * The rules of the data model that can be checked without processing JSON-LD, in the order of checking.
 *
 * Stricter than the model in two things: `credentialSubject` is one object (a verifier that reads "the subject's
 * claims" must not have to guess whose they are), and an embedded `proof` is refused, since the envelope is the
 * proof.
 *
 * @see {@link https://www.w3.org/TR/vc-data-model-2.0/#basic-concepts | VCDM 2.0 §4}
 */
export const DOCUMENT_RULES: readonly DocumentRule[] = [
  { name: '@context', spec: 'VCDM 2.0 §4.3', broken: brokenContext },
  { name: 'type', spec: 'VCDM 2.0 §4.5', broken: brokenType },
  { name: 'id', spec: 'VCDM 2.0 §4.4', broken: brokenId },
  { name: 'name', spec: 'VCDM 2.0 §4.6', broken: (document) => brokenText(document, 'name') },
  { name: 'description', spec: 'VCDM 2.0 §4.6', broken: (document) => brokenText(document, 'description') },
  { name: 'issuer', spec: 'VCDM 2.0 §4.7', broken: brokenIssuer },
  { name: 'credentialSubject', spec: 'VCDM 2.0 §4.8', broken: brokenSubject },
  { name: 'validFrom', spec: 'VCDM 2.0 §4.9', broken: (document) => brokenDate(document, 'validFrom') },
  { name: 'validUntil', spec: 'VCDM 2.0 §4.9', broken: (document) => brokenDate(document, 'validUntil') },
  { name: 'validity', spec: 'VCDM 2.0 §4.9', broken: brokenValidity },
  { name: 'credentialStatus', spec: 'VCDM 2.0 §4.10', broken: brokenStatus },
  { name: 'credentialSchema', spec: 'VCDM 2.0 §4.11', broken: brokenSchema },
  {
    name: 'refreshService',
    spec: 'VCDM 2.0 §5.4',
    broken: (document) => brokenTyped(document, 'refreshService'),
  },
  { name: 'termsOfUse', spec: 'VCDM 2.0 §5.5', broken: (document) => brokenTyped(document, 'termsOfUse') },
  { name: 'evidence', spec: 'VCDM 2.0 §5.6', broken: (document) => brokenTyped(document, 'evidence') },
  { name: 'proof', spec: 'VC-JOSE-COSE §3.1.1', broken: brokenProof },
]

function brokenContext(document: JsonObject): string | undefined {
  const contexts = document['@context']
  if (!isList(contexts)) return '@context is not a list'
  if (contexts[0] !== CREDENTIALS_CONTEXT) return '@context does not start with the base context'
  if (contexts.length > MAX_CONTEXTS) return '@context has too many items'
  const others = contexts.slice(1)
  return others.every((item) => isJsonObject(item) || isAbsoluteUrl(item))
    ? undefined
    : 'an item of @context is neither a URL nor an object'
}

function brokenType(document: JsonObject): string | undefined {
  const types = stringList(document['type'])
  if (types === undefined) return 'type is not a string or a list of strings'
  if (!types.includes(BASE_TYPE)) return 'type does not include VerifiableCredential'
  if (types.length > MAX_TYPES || types.some((type) => type.length > MAX_TYPE_LENGTH)) {
    return 'type is too long'
  }
  return new Set(types).size === types.length ? undefined : 'type names a type twice'
}

function brokenId(document: JsonObject): string | undefined {
  return hasNoOrUrlId(document) ? undefined : 'id is not a URL'
}

function brokenText(document: JsonObject, name: string): string | undefined {
  const value = document[name]
  return value === undefined || isLanguageValue(value) ? undefined : `${name} is not text with a language`
}

function brokenIssuer(document: JsonObject): string | undefined {
  const issuer = document['issuer']
  if (!isJsonObject(issuer)) return isAbsoluteUrl(issuer) ? undefined : 'issuer is not a URL'
  if (!isAbsoluteUrl(issuer['id'])) return 'issuer.id is not a URL'
  const text = brokenText(issuer, 'name') ?? brokenText(issuer, 'description')
  return text === undefined ? undefined : `issuer: ${text}`
}

function brokenSubject(document: JsonObject): string | undefined {
  const subject = document['credentialSubject']
  if (!isJsonObject(subject)) return 'credentialSubject is not one object'
  if (Object.keys(subject).length === 0) return 'credentialSubject makes no claim'
  return hasNoOrUrlId(subject) ? undefined : 'credentialSubject.id is not a URL'
}

function brokenDate(document: JsonObject, name: string): string | undefined {
  const value = document[name]
  if (value === undefined) return undefined
  const valid = typeof value === 'string' && parseDateTimeStamp(value) !== undefined
  return valid ? undefined : `${name} is not a date and time with a time zone`
}

function brokenValidity(document: JsonObject): string | undefined {
  const { from, until } = validityOf(document)
  return from > until ? 'validFrom is later than validUntil' : undefined
}

function brokenStatus(document: JsonObject): string | undefined {
  const entries = document['credentialStatus']
  if (entries === undefined) return undefined
  const list = asList(entries)
  if (list.length === 0 || list.length > MAX_STATUS_ENTRIES) {
    return `credentialStatus does not have 1 to ${String(MAX_STATUS_ENTRIES)} entries`
  }
  return list.every(isStatusForm) ? undefined : 'an entry of credentialStatus is malformed'
}

function brokenSchema(document: JsonObject): string | undefined {
  const valid = asList(document['credentialSchema']).every(
    (item) => isJsonObject(item) && hasType(item) && isAbsoluteUrl(item['id']),
  )
  return valid ? undefined : 'credentialSchema lacks an id or a type'
}

function brokenTyped(document: JsonObject, name: string): string | undefined {
  const valid = asList(document[name]).every(
    (item: JsonValue) => isJsonObject(item) && hasType(item) && hasNoOrUrlId(item),
  )
  return valid ? undefined : `${name} lacks a type, or has an id that is no URL`
}

function brokenProof(document: JsonObject): string | undefined {
  return document['proof'] === undefined ? undefined : 'an enveloped credential has an embedded proof'
}

/** The validity period in seconds since the epoch; without bounds where the document names none. */
export function validityOf(document: JsonObject): { readonly from: number; readonly until: number } {
  const { validFrom, validUntil } = document
  return {
    from: (typeof validFrom === 'string' ? parseDateTimeStamp(validFrom) : undefined) ?? -Infinity,
    until: (typeof validUntil === 'string' ? parseDateTimeStamp(validUntil) : undefined) ?? Infinity,
  }
}
