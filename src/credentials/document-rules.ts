import { isJsonObject, type JsonObject } from '../encoding/index.ts'
import { brokenContext } from './context-rules.ts'
import { parseDateTimeStamp } from './date-time.ts'
import {
  brokenDate,
  brokenId,
  brokenParty,
  brokenResources,
  brokenText,
  brokenType,
  brokenTyped,
  brokenTypedWithId,
  memberRule,
  type DocumentRule,
} from './member-rules.ts'
import { asList, hasNoOrUrlId } from './shape.ts'
import { isStatusForm, MAX_STATUS_ENTRIES } from './status-entry.ts'

/** The type that every credential has. */
export const BASE_TYPE: string = 'VerifiableCredential'

/**
 * The rules of the data model for credentials that can be checked without processing JSON-LD, in the order of
 * checking.
 *
 * @see {@link https://www.w3.org/TR/vc-data-model-2.0/#basic-concepts | VCDM 2.0 §4}
 */
export const MODEL_RULES: readonly DocumentRule[] = [
  { name: '@context', spec: 'VCDM 2.0 §4.3', broken: brokenContext },
  { name: 'type', spec: 'VCDM 2.0 §4.5', broken: (document) => brokenType(document, BASE_TYPE) },
  { name: 'id', spec: 'VCDM 2.0 §4.4', broken: brokenId },
  memberRule('name', 'VCDM 2.0 §4.6', brokenText),
  memberRule('description', 'VCDM 2.0 §4.6', brokenText),
  memberRule('issuer', 'VCDM 2.0 §4.7', brokenParty),
  { name: 'credentialSubject', spec: 'VCDM 2.0 §4.8', broken: brokenSubjects },
  memberRule('validFrom', 'VCDM 2.0 §4.9', brokenDate),
  memberRule('validUntil', 'VCDM 2.0 §4.9', brokenDate),
  { name: 'validity', spec: 'VCDM 2.0 §4.9', broken: brokenValidity },
  { name: 'credentialStatus', spec: 'VCDM 2.0 §4.10', broken: brokenStatus },
  memberRule('credentialSchema', 'VCDM 2.0 §4.11', brokenTypedWithId),
  memberRule('proof', 'VCDM 2.0 §4.12', brokenTyped),
  memberRule('relatedResource', 'VCDM 2.0 §5.3', brokenResources),
  memberRule('refreshService', 'VCDM 2.0 §5.4', brokenTyped),
  memberRule('termsOfUse', 'VCDM 2.0 §5.5', brokenTyped),
  memberRule('evidence', 'VCDM 2.0 §5.6', brokenTyped),
  memberRule('confidenceMethod', 'VCDM 2.0 §5.10', brokenTyped),
  memberRule('renderMethod', 'VCDM 2.0 §5.10', brokenTyped),
]

/**
 * The rules for a credential in an envelope: those of the model, and two that are stricter. `credentialSubject` is one
 * object (a verifier that reads "the subject's claims" must not have to guess whose they are), and an embedded `proof`
 * is refused, since the envelope is the proof.
 */
export const DOCUMENT_RULES: readonly DocumentRule[] = [
  ...MODEL_RULES,
  { name: 'credentialSubject', spec: 'VCDM 2.0 §4.8', broken: brokenSubject },
  { name: 'proof', spec: 'VC-JOSE-COSE §3.1.1', broken: brokenProof },
]

/** A set of objects, each of which makes claims. */
function brokenSubjects(document: JsonObject): string | undefined {
  const subjects = asList(document['credentialSubject'])
  if (subjects.length === 0) return 'credentialSubject is missing or an empty list'
  for (const subject of subjects) {
    if (!isJsonObject(subject)) return 'credentialSubject is not an object or a list of objects'
    if (Object.keys(subject).length === 0) return 'credentialSubject makes no claim'
    if (!hasNoOrUrlId(subject)) return 'credentialSubject.id is not a URL'
    const broken = brokenTyped(subject, 'confidenceMethod')
    if (broken !== undefined) return `credentialSubject: ${broken}`
  }
  return undefined
}

function brokenSubject(document: JsonObject): string | undefined {
  return Array.isArray(document['credentialSubject']) ? 'credentialSubject is not one object' : undefined
}

function brokenProof(document: JsonObject): string | undefined {
  return document['proof'] === undefined ? undefined : 'an enveloped credential has an embedded proof'
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

/** The validity period in seconds since the epoch; without bounds where the document names none. */
export function validityOf(document: JsonObject): { readonly from: number; readonly until: number } {
  const { validFrom, validUntil } = document
  return {
    from: (typeof validFrom === 'string' ? parseDateTimeStamp(validFrom) : undefined) ?? -Infinity,
    until: (typeof validUntil === 'string' ? parseDateTimeStamp(validUntil) : undefined) ?? Infinity,
  }
}
