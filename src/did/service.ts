import { isJsonObject, type JsonValue } from '../encoding/index.ts'
import { MAX_DID_LENGTH } from './syntax.ts'
import { invalidDocument } from './verification-method.ts'

/** Something that the subject of a DID offers. */
export interface DidService {
  /** A URI; absolute also where the document has a fragment only. */
  readonly id: string
  /** One type or several, at most 16. */
  readonly type: readonly string[]
  /** One URI, an object, or a list of these, as the document has it. */
  readonly serviceEndpoint: JsonValue
}

const MAX_TYPES = 16

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_DID_LENGTH
}

function parseTypes(value: JsonValue | undefined): readonly string[] {
  const types: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (types.length === 0 || types.length > MAX_TYPES || !types.every(isText)) {
    throw invalidDocument('the type of a service is malformed')
  }
  return Object.freeze([...new Set(types)])
}

function isEndpoint(value: JsonValue | undefined): value is JsonValue {
  if (Array.isArray(value))
    return value.length > 0 && value.every((entry) => isText(entry) || isJsonObject(entry))
  return isText(value) || isJsonObject(value)
}

function freezeJson(value: JsonValue): JsonValue {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.values(value).forEach(freezeJson)
    Object.freeze(value)
  }
  return value
}

function parseService(value: JsonValue, did: string): DidService {
  if (!isJsonObject(value)) throw invalidDocument('a service is not an object')
  const { id, serviceEndpoint } = value
  if (!isText(id)) throw invalidDocument('a service has no id')
  const absolute = id.startsWith('#') ? `${did}${id}` : id
  if (!URL.canParse(absolute)) throw invalidDocument('the id of a service is not a URI')
  if (!isEndpoint(serviceEndpoint)) throw invalidDocument('the endpoint of a service is malformed')
  return Object.freeze({
    id: absolute,
    type: parseTypes(value['type']),
    serviceEndpoint: freezeJson(structuredClone(serviceEndpoint)),
  })
}

/**
 * Reads the services of a document.
 *
 * @throws {VerificationError} `COMITY_DID_DOCUMENT_INVALID` when one is malformed.
 * @see {@link https://www.w3.org/TR/did-1.0/#services | DID Core §5.4}
 */
export function parseServices(list: readonly JsonValue[], did: string): DidService[] {
  return list.map((entry) => parseService(entry, did))
}
