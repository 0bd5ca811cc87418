import { isJsonObject, type JsonObject, type JsonValue } from '../encoding/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'
import { parsePublicJwk, type PublicJwk } from '../keys/index.ts'
import { decodeMultikey } from './multikey.ts'
import { parseDid, parseDidUrl } from './syntax.ts'

/** A key that a DID document names. */
export interface VerificationMethod {
  /** The absolute DID URL: the document's DID and a fragment. */
  readonly id: string
  /** The type, as the document has it. */
  readonly type: string
  /** The DID that holds the key: the document's own, or one of its controllers. */
  readonly controller: string
  /** The key; `undefined` where its type or curve is not supported. */
  readonly publicKey: PublicJwk | undefined
  /**
   * The texts of the JWK of a key whose type or curve is not supported here, such as one on BabyJubJub. Nothing but its
   * form was looked at: whoever knows the curve has to check it. Absent for every other key.
   */
  readonly foreignJwk?: ForeignJwk
}

/** The members of a JWK that are texts, frozen. It has no private ones. */
export type ForeignJwk = Readonly<Record<string, string>>

/** Whose document is being read. */
export interface DocumentOwner {
  readonly id: string
  readonly controller: readonly string[]
}

/** The failure of a document that does not hold up. */
export function invalidDocument(message: string, cause?: unknown): VerificationError {
  return new VerificationError('COMITY_DID_DOCUMENT_INVALID', message, { spec: 'DID Core §5', cause })
}

/** Runs a parser on a part of a document, and blames the document for what the parser refuses. */
export function within<Value>(what: string, parse: () => Value): Value {
  try {
    return parse()
  } catch (cause) {
    if (cause instanceof ComityError) throw invalidDocument(`${what} is malformed`, cause)
    throw cause
  }
}

/**
 * Reads the name of something in a document: an absolute DID URL, or a fragment alone.
 *
 * @returns The absolute DID URL.
 * @throws {VerificationError} `COMITY_DID_DOCUMENT_INVALID` when it is neither.
 */
export function parseReference(value: JsonValue | undefined, base: string): string {
  if (typeof value !== 'string') throw invalidDocument('an id is not a text')
  const absolute = value.startsWith('#') ? `${base}${value}` : value
  return within('an id', () => parseDidUrl(absolute)).url
}

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']
const KEY_TYPES: readonly unknown[] = ['OKP', 'EC'] satisfies PublicJwk['kty'][]
const CURVES: readonly unknown[] = ['Ed25519', 'X25519', 'P-256', 'P-384'] satisfies PublicJwk['crv'][]

/**
 * Says whether a JWK is of a kind that this library has no business with: of a key type of its own, or on a curve of its
 * own. One that is not public is none of these.
 */
export function isForeignJwk(jwk: JsonObject): boolean {
  const { kty, crv } = jwk
  const isSecret = PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name))
  if (isSecret || typeof kty !== 'string') return false
  return KEY_TYPES.includes(kty) ? typeof crv === 'string' && !CURVES.includes(crv) : true
}

/** A key of a verification method, of this library's kinds or of others'. */
type MethodKey = Pick<VerificationMethod, 'publicKey' | 'foreignJwk'>

function readJwk(value: JsonValue | undefined): MethodKey {
  if (!isJsonObject(value)) throw invalidDocument('`publicKeyJwk` is not an object')
  if (isForeignJwk(value)) return { publicKey: undefined, foreignJwk: textsOf(value) }
  return { publicKey: within('`publicKeyJwk`', () => parsePublicJwk(value)) }
}

function textsOf(jwk: JsonObject): ForeignJwk {
  const texts = Object.entries(jwk).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.freeze(Object.fromEntries(texts))
}

function readMultikey(value: JsonValue | undefined, crv?: PublicJwk['crv']): MethodKey {
  if (typeof value !== 'string') throw invalidDocument('`publicKeyMultibase` is not a text')
  const jwk = within('`publicKeyMultibase`', () => decodeMultikey(value))
  if (crv !== undefined && jwk?.crv !== crv)
    throw invalidDocument('`publicKeyMultibase` does not fit the type')
  return { publicKey: jwk }
}

function readKey(type: string, method: { readonly [name: string]: JsonValue }): MethodKey {
  switch (type) {
    case 'JsonWebKey':
    case 'JsonWebKey2020':
      return readJwk(method['publicKeyJwk'])
    case 'Multikey':
      return readMultikey(method['publicKeyMultibase'])
    case 'Ed25519VerificationKey2020':
      return readMultikey(method['publicKeyMultibase'], 'Ed25519')
    case 'X25519KeyAgreementKey2020':
      return readMultikey(method['publicKeyMultibase'], 'X25519')
    default:
      return { publicKey: undefined }
  }
}

/**
 * Reads one verification method.
 *
 * @returns The method, frozen.
 * @throws {VerificationError} `COMITY_DID_DOCUMENT_INVALID` when a member is missing or malformed, the id is not
 *   the document's DID with a fragment, the controller is a stranger, or the key is private or unsound.
 * @see {@link https://www.w3.org/TR/did-1.0/#verification-methods | DID Core §5.2}
 */
export function parseVerificationMethod(value: JsonValue, owner: DocumentOwner): VerificationMethod {
  if (!isJsonObject(value)) throw invalidDocument('a verification method is not an object')
  const { type, controller } = value
  const { url, did, path, query, fragment = '' } = parseDidUrl(parseReference(value['id'], owner.id))
  if (did !== owner.id || path !== undefined || query !== undefined || fragment === '') {
    throw invalidDocument('the id of a verification method is not a fragment of the DID')
  }
  if (typeof type !== 'string' || type === '') throw invalidDocument('a verification method has no type')
  if (typeof controller !== 'string') throw invalidDocument('a verification method has no controller')
  within('the controller of a verification method', () => parseDid(controller))
  if (controller !== owner.id && !owner.controller.includes(controller)) {
    throw invalidDocument('the controller of a verification method has nothing to do with the DID')
  }
  if (value['publicKeyJwk'] !== undefined && value['publicKeyMultibase'] !== undefined) {
    throw invalidDocument('a verification method has its key in two forms')
  }
  return Object.freeze({ id: url, type, controller, ...readKey(type, value) })
}
