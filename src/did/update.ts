import { isJsonObject, type JsonObject, type JsonValue } from '../encoding/index.ts'
import {
  blameCaller,
  RELATIONSHIPS,
  toMethod,
  toService,
  type CreateDidDocumentOptions,
  type DocumentService,
} from './create.ts'
import { parseDidDocument, type DidDocument, type VerificationRelationship } from './document.ts'

/** What {@link updateDidDocument} changes. What is left out stays as it is. */
export interface DidDocumentChanges {
  /** Keys to add; their names must not be in the document, and should never have been. */
  readonly addKeys?: CreateDidDocumentOptions['keys']
  /** Names of keys to take out, such as `#key-1`. What they have signed does not verify any more. */
  readonly removeKeys?: readonly string[]
  /** Services to add, or to put in the place of those of the same names. */
  readonly setServices?: readonly DocumentService[]
  /** Names of services to take out. */
  readonly removeServices?: readonly string[]
  /** All other URIs of the same subject. */
  readonly alsoKnownAs?: readonly string[]
  /** Who answers for the DID. */
  readonly controller?: string | readonly string[]
}

/** What {@link rotateDocumentKey} does. */
export interface RotateDocumentKeyOptions {
  /** The name of the key that is to be replaced, such as `#key-1`. It stays until it is taken out. */
  readonly from: string
  /** The name of the new key. */
  readonly fragment: string
  /** The new key; it is put wherever the old one stands. */
  readonly jwk: DidDocumentJwk
}

type DidDocumentJwk = Extract<CreateDidDocumentOptions['keys'][number], { jwk: unknown }>['jwk']

function listOf(document: JsonObject, name: string): readonly JsonValue[] {
  return (document[name] ?? []) as readonly JsonValue[]
}

/** The absolute id of an entry: a reference, or what has an `id`. */
function idOf(entry: JsonValue, did: string): string {
  const id = isJsonObject(entry) ? entry['id'] : entry
  if (typeof id !== 'string') return ''
  return id.startsWith('#') ? `${did}${id}` : id
}

/** The DID that a document says it is of. */
export function ownerOf({ id }: JsonObject): string {
  return typeof id === 'string' ? id : ''
}

/** The members of a list that are left, and those that are added; absent when there are none. */
function edit(
  document: JsonObject,
  name: string,
  removed: ReadonlySet<string>,
  added: readonly JsonValue[],
): JsonObject {
  const did = ownerOf(document)
  const list = [...listOf(document, name).filter((entry) => !removed.has(idOf(entry, did))), ...added]
  return list.length > 0 ? { [name]: list } : {}
}

function checkNames(
  document: DidDocument,
  names: readonly string[],
  what: 'verificationMethod' | 'service',
): void {
  const missing = names.find((name) => !document[what].some(({ id }) => id === `${document.id}${name}`))
  if (missing !== undefined) throw new TypeError(`the document has no \`${missing}\` to take out`)
}

/** A DID without keys for what it had keys for is not rotated, but at its end. */
function checkLeft(before: DidDocument, after: DidDocument): void {
  const bereft = RELATIONSHIPS.find((name) => before[name].length > 0 && after[name].length === 0)
  if (bereft !== undefined) throw new TypeError(`there would be no key left in \`${bereft}\``)
}

function withoutEdited(document: JsonObject): JsonObject {
  const edited: readonly string[] = ['verificationMethod', 'service', ...RELATIONSHIPS]
  return Object.fromEntries(Object.entries(document).filter(([name]) => !edited.includes(name)))
}

/**
 * Changes a DID document, and leaves what it does not know as it is: members, keys and services of other kinds.
 *
 * To rotate a key, add the new one, and take the old one out when nobody needs what it signed any more: until then both
 * verify. A key that was taken out may be believed for as long as others keep the document.
 *
 * @param document - The document as it is hosted now.
 * @returns The new document, checked.
 * @throws {VerificationError} `COMITY_DID_DOCUMENT_INVALID` or `COMITY_DID_INVALID` when the document is malformed.
 * @throws {TypeError} The changes do not make a document that is accepted, take out what is not there, use a key's name
 *   again, or leave a relationship without a key.
 */
export function updateDidDocument(document: JsonObject, changes: DidDocumentChanges): JsonObject {
  const { addKeys = [], removeKeys = [], setServices = [], removeServices = [] } = changes
  const { alsoKnownAs, controller } = changes
  const did = ownerOf(document)
  const before = parseDidDocument(document, did)
  checkNames(before, removeKeys, 'verificationMethod')
  checkNames(before, removeServices, 'service')
  return blameCaller(() => {
    const gone = new Set(removeKeys.map((name) => `${did}${name}`))
    const over = new Set(
      [...removeServices, ...setServices.map(({ fragment }) => fragment)].map((name) => `${did}${name}`),
    )
    const named = (name: VerificationRelationship): readonly string[] =>
      addKeys
        .filter(({ relationships }) => relationships.includes(name))
        .map(({ fragment }) => `${did}${fragment}`)
    const relationships = RELATIONSHIPS.map((name) => edit(document, name, gone, named(name)))
    const made: JsonObject = {
      ...withoutEdited(document),
      ...(alsoKnownAs !== undefined && { alsoKnownAs }),
      ...(controller !== undefined && { controller }),
      ...edit(
        document,
        'verificationMethod',
        gone,
        addKeys.map((key) => toMethod(did, key)),
      ),
      ...Object.fromEntries(relationships.flatMap((each) => Object.entries(each))),
      ...edit(
        document,
        'service',
        over,
        setServices.map((each) => toService(did, each)),
      ),
    }
    checkLeft(before, parseDidDocument(made, did))
    return made
  })
}

/**
 * Adds a key that replaces another one, wherever that stands; the old one verifies on until {@link updateDidDocument}
 * takes it out.
 *
 * Host the new document, and wait for as long as others may keep the old one before the new key signs.
 *
 * @returns The new document, checked.
 * @throws {VerificationError} `COMITY_DID_DOCUMENT_INVALID` or `COMITY_DID_INVALID` when the document is malformed.
 * @throws {TypeError} The document has no such key to replace, or has the name of the new one already.
 */
export function rotateDocumentKey(document: JsonObject, options: RotateDocumentKeyOptions): JsonObject {
  const { from, fragment, jwk } = options
  const did = ownerOf(document)
  const before = parseDidDocument(document, did)
  checkNames(before, [from], 'verificationMethod')
  const relationships = RELATIONSHIPS.filter((name) => before[name].includes(`${did}${from}`))
  return updateDidDocument(document, { addKeys: [{ fragment, jwk, relationships }] })
}
