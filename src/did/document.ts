import { isJsonObject, type JsonObject, type JsonValue } from '../encoding/index.ts'
import { parseServices, type DidService } from './service.ts'
import { parseDid } from './syntax.ts'
import {
  invalidDocument,
  parseReference,
  parseVerificationMethod,
  within,
  type DocumentOwner,
  type VerificationMethod,
} from './verification-method.ts'

/** What a key may be used for. */
export type VerificationRelationship =
  'authentication' | 'assertionMethod' | 'keyAgreement' | 'capabilityInvocation' | 'capabilityDelegation'

/** A DID document that was checked, frozen at all levels. {@link parseDidDocument} makes it. */
export interface DidDocument extends Readonly<Record<VerificationRelationship, readonly string[]>> {
  /** The DID. */
  readonly id: string
  /** The DIDs that may change the document; empty when it names none. At most 16. */
  readonly controller: readonly string[]
  /** Other URIs of the same subject; claims of the document, proven by nothing. At most 64. */
  readonly alsoKnownAs: readonly string[]
  /** All keys, embedded ones too. At most 64. */
  readonly verificationMethod: readonly VerificationMethod[]
  /** Absolute ids of the keys that log in. Each relationship has at most 64, and may name keys elsewhere. */
  readonly authentication: readonly string[]
  /** Absolute ids of the keys that sign statements. */
  readonly assertionMethod: readonly string[]
  /** Absolute ids of the keys that secrets are agreed with. */
  readonly keyAgreement: readonly string[]
  /** Absolute ids of the keys that invoke capabilities. */
  readonly capabilityInvocation: readonly string[]
  /** Absolute ids of the keys that delegate capabilities. */
  readonly capabilityDelegation: readonly string[]
  /** What the subject offers. At most 64. */
  readonly service: readonly DidService[]
}

const MAX_CONTROLLERS = 16
const MAX_ENTRIES = 64
const MAX_TEXT_LENGTH = 2048

/** Reads a list that may be left out. */
function readList(document: JsonObject, name: string): readonly JsonValue[] {
  const list = document[name]
  if (list === undefined) return []
  if (!Array.isArray(list)) throw invalidDocument(`\`${name}\` is not a list`)
  if (list.length > MAX_ENTRIES) throw invalidDocument(`\`${name}\` is too long`)
  return list as readonly JsonValue[]
}

function parseControllers(value: JsonValue | undefined): readonly string[] {
  if (value === undefined) return []
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length > MAX_CONTROLLERS) throw invalidDocument('`controller` is too long')
  const dids = list.map((entry) => within('a controller', () => parseDid(entry as string)).did)
  return [...new Set(dids)]
}

function parseAliases(document: JsonObject): readonly string[] {
  return readList(document, 'alsoKnownAs').map((entry) => {
    if (typeof entry !== 'string' || entry === '' || entry.length > MAX_TEXT_LENGTH) {
      throw invalidDocument('an entry of `alsoKnownAs` is not a text of allowed length')
    }
    return entry
  })
}

function readOwner(document: JsonObject, did: string): DocumentOwner {
  if (document['id'] !== did) throw invalidDocument('the document is for another DID')
  return { id: parseDid(did).did, controller: parseControllers(document['controller']) }
}

/** Reads a relationship; keys that are embedded there join the others, and stand in this relationship alone. */
function readRelationship(
  document: JsonObject,
  name: VerificationRelationship,
  owner: DocumentOwner,
  methods: VerificationMethod[],
): readonly string[] {
  const ids = readList(document, name).map((entry) => {
    if (typeof entry === 'string') return parseReference(entry, owner.id)
    const method = parseVerificationMethod(entry, owner)
    methods.push(method)
    return method.id
  })
  return Object.freeze([...new Set(ids)])
}

function checkIds(methods: readonly VerificationMethod[], services: readonly DidService[]): void {
  if (methods.length > MAX_ENTRIES) throw invalidDocument('the document has too many keys')
  const ids = [...methods, ...services].map(({ id }) => id)
  if (new Set(ids).size !== ids.length) throw invalidDocument('the document uses an id twice')
}

/**
 * Checks a DID document and gives a typed view of it.
 *
 * Members that are not known are left out; keys of types or curves that are not supported stay, without a key.
 * The rest is strict, and one fault spoils the whole document.
 *
 * @param value - The document, parsed from JSON of bounded size.
 * @param did - The DID that it must be for.
 * @returns The view, frozen at all levels.
 * @throws {VerificationError} `COMITY_DID_DOCUMENT_INVALID` when the id is another, a list is too long, an id
 *   occurs twice, or a key, a relationship, a controller or a service is malformed; `COMITY_DID_INVALID` when
 *   `did` is no DID.
 * @see {@link https://www.w3.org/TR/did-1.0/#core-properties | DID Core §5}
 */
export function parseDidDocument(value: unknown, did: string): DidDocument {
  parseDid(did)
  if (!isJsonObject(value)) throw invalidDocument('the document is not an object')
  const owner = readOwner(value, did)
  const methods = readList(value, 'verificationMethod').map((entry) => parseVerificationMethod(entry, owner))
  const read = (name: VerificationRelationship): readonly string[] =>
    readRelationship(value, name, owner, methods)
  const relationships = {
    authentication: read('authentication'),
    assertionMethod: read('assertionMethod'),
    keyAgreement: read('keyAgreement'),
    capabilityInvocation: read('capabilityInvocation'),
    capabilityDelegation: read('capabilityDelegation'),
  }
  const service = parseServices(readList(value, 'service'), owner.id)
  checkIds(methods, service)
  return Object.freeze({
    id: owner.id,
    controller: Object.freeze(owner.controller),
    alsoKnownAs: Object.freeze(parseAliases(value)),
    verificationMethod: Object.freeze(methods),
    ...relationships,
    service: Object.freeze(service),
  })
}
