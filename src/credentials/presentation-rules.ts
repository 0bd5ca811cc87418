import { isJsonObject, type JsonObject, type JsonValue } from '../encoding/index.ts'
import { brokenContext, startsWithBaseContext } from './context-rules.ts'
import { MODEL_RULES } from './document-rules.ts'
import {
  brokenId,
  brokenParty,
  brokenType,
  brokenTyped,
  memberRule,
  type DocumentRule,
} from './member-rules.ts'
import { asList, isList, stringList } from './shape.ts'

/** The type that every presentation has. */
export const PRESENTATION_TYPE: string = 'VerifiablePresentation'

/** The most credentials that one presentation may hold: each makes a verifier resolve, fetch and compute. */
export const MAX_PRESENTED: number = 16

const ENVELOPED_CREDENTIAL = 'EnvelopedVerifiableCredential'
const ENVELOPED_PRESENTATION = 'EnvelopedVerifiablePresentation'

/**
 * RFC 2397: a media type, parameters without `;` and `,` inside, a comma, data that is not empty. Line breaks in the
 * data mean nothing, as base64 is often written with them and URL parsers drop them.
 */
const DATA_URL =
  /^data:[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*(?:;[!-+\-.-:<-~]*)*,[\t\n\r!-~]+$/i

/**
 * The rules of the data model for presentations that can be checked without processing JSON-LD, in the order of
 * checking. Enclosed credentials that are no envelopes must obey {@link MODEL_RULES}.
 *
 * @see {@link https://www.w3.org/TR/vc-data-model-2.0/#verifiable-presentations | VCDM 2.0 §4.13}
 */
export const PRESENTATION_RULES: readonly DocumentRule[] = [
  { name: '@context', spec: 'VCDM 2.0 §4.3', broken: brokenContext },
  { name: 'type', spec: 'VCDM 2.0 §4.13', broken: (document) => brokenType(document, PRESENTATION_TYPE) },
  { name: 'id', spec: 'VCDM 2.0 §4.4', broken: brokenId },
  { name: 'holder', spec: 'VCDM 2.0 §4.13', broken: brokenHolder },
  { name: 'verifiableCredential', spec: 'VCDM 2.0 §4.13', broken: brokenCredentials },
  memberRule('proof', 'VCDM 2.0 §4.12', brokenTyped),
  memberRule('refreshService', 'VCDM 2.0 §5.4', brokenTyped),
  memberRule('termsOfUse', 'VCDM 2.0 §5.5', brokenTyped),
]

/** The rules for an object that stands for a presentation in an envelope. */
export const ENVELOPED_PRESENTATION_RULES: readonly DocumentRule[] = [
  {
    name: 'type',
    spec: 'VCDM 2.0 §4.13.3',
    broken: (document) => brokenEnvelope(document, ENVELOPED_PRESENTATION),
  },
]

/** Says whether a document says that it stands for a presentation in an envelope. */
export function isEnvelopedPresentation(document: JsonObject): boolean {
  return asList(document['type']).includes(ENVELOPED_PRESENTATION)
}

/** Says whether a value says that it stands for a credential in an envelope. */
export function isEnvelopedCredential(value: JsonValue): value is JsonObject {
  return isJsonObject(value) && asList(value['type']).includes(ENVELOPED_CREDENTIAL)
}

function brokenHolder(document: JsonObject): string | undefined {
  return document['holder'] === undefined ? undefined : brokenParty(document, 'holder')
}

function brokenCredentials(document: JsonObject): string | undefined {
  const value = document['verifiableCredential']
  if (value === undefined) return undefined
  const credentials = asList(value)
  if (credentials.length === 0 || credentials.length > MAX_PRESENTED) {
    return `verifiableCredential does not have 1 to ${String(MAX_PRESENTED)} items`
  }
  for (const credential of credentials) {
    const broken = brokenCredential(credential)
    if (broken !== undefined) return `verifiableCredential: ${broken}`
  }
  return undefined
}

function brokenCredential(credential: JsonValue): string | undefined {
  if (!isJsonObject(credential)) return 'an item is not an object'
  if (isEnvelopedCredential(credential)) return brokenEnvelope(credential, ENVELOPED_CREDENTIAL)
  return MODEL_RULES.map(({ broken }) => broken(credential)).find((broken) => broken !== undefined)
}

function brokenEnvelope(value: JsonObject, type: string): string | undefined {
  const types = stringList(value['type'])
  if (types?.length !== 1 || types[0] !== type) return 'the type of an envelope is not that alone'
  if (!startsWithBaseContext(value['@context'])) return 'an envelope lacks the base context'
  if (isList(value['@context']) && brokenContext(value) !== undefined)
    return 'the context of an envelope is bad'
  const { id } = value
  return typeof id === 'string' && DATA_URL.test(id) ? undefined : 'the id of an envelope is no data URL'
}
