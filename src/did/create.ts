import type { JsonObject } from '../encoding/index.ts'
import { ComityError } from '../errors/index.ts'
import { parsePublicJwk, type PublicJwk } from '../keys/index.ts'
import { parseDidDocument, type VerificationRelationship } from './document.ts'

/** A key to put into a document. */
export interface DocumentKey {
  /** The key's name within the document, such as `#key-1`. */
  readonly fragment: string
  /** The public key; only the members that make up the key are published. */
  readonly jwk: PublicJwk
  /** What it may be used for. */
  readonly relationships: readonly VerificationRelationship[]
}

/**
 * A key of a kind that this library does not have, such as one on BabyJubJub, to put into a document for others. It
 * verifies nothing here.
 */
export interface ForeignDocumentKey {
  /** The key's name within the document, such as `#zk-1`. */
  readonly fragment: string
  /** The type of the verification method, such as `JsonWebKey` or `Multikey`. */
  readonly type: string
  /** The member that has the key, such as `publicKeyJwk` or `publicKeyMultibase`, and what else the type asks for. */
  readonly material: JsonObject
  /** What it may be used for. */
  readonly relationships: readonly VerificationRelationship[]
}

/** A service to put into a document. */
export interface DocumentService {
  /** The service's name within the document, such as `#handshake`. */
  readonly fragment: string
  /** The type, such as `ComityHandshake`. */
  readonly type: string
  /** A URL, or what the type has in its place. */
  readonly serviceEndpoint: string | JsonObject
}

/** What {@link createDidDocument} makes a document of. */
export interface CreateDidDocumentOptions {
  /** The DID. */
  readonly did: string
  /** Who answers for it, and may change the document; one DID or several. */
  readonly controller?: string | readonly string[]
  /** Other URIs of the same subject. */
  readonly alsoKnownAs?: readonly string[]
  /** At least one key. */
  readonly keys: readonly (DocumentKey | ForeignDocumentKey)[]
  /** What the subject offers. */
  readonly services?: readonly DocumentService[]
}

const CONTEXT = ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/jwk/v1'] as const
/** The relationships that a key may stand in. */
export const RELATIONSHIPS: readonly VerificationRelationship[] = [
  'authentication',
  'assertionMethod',
  'keyAgreement',
  'capabilityInvocation',
  'capabilityDelegation',
]

/** Makes the verification method of a key. */
export function toMethod(did: string, key: DocumentKey | ForeignDocumentKey): JsonObject {
  const id = `${did}${key.fragment}`
  if ('material' in key) return { ...key.material, id, type: key.type, controller: did }
  const { kty, crv, x, y } = parsePublicJwk(key.jwk)
  const publicKeyJwk = { kty, crv, x, ...(y !== undefined && { y }) }
  return { id, type: 'JsonWebKey', controller: did, publicKeyJwk }
}

/** Makes the entry of a service. */
export function toService(did: string, { fragment, type, serviceEndpoint }: DocumentService): JsonObject {
  return { id: `${did}${fragment}`, type, serviceEndpoint }
}

function toRelationships(did: string, keys: CreateDidDocumentOptions['keys']): JsonObject {
  const entries = RELATIONSHIPS.map((name): [string, string[]] => {
    const members = keys.filter(({ relationships }) => relationships.includes(name))
    return [name, members.map(({ fragment }) => `${did}${fragment}`)]
  })
  return Object.fromEntries(entries.filter(([, members]) => members.length > 0))
}

/** Blames the caller for options that do not make a document. */
export function blameCaller<Value>(make: () => Value): Value {
  try {
    return make()
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw new TypeError(`options do not make a DID document: ${cause.message}`, { cause })
  }
}

/**
 * Makes a DID document with `JsonWebKey` verification methods, to be hosted or published.
 *
 * @returns The document; `JSON.stringify` gives what to serve as `application/did+json` or `application/json`.
 * @throws {TypeError} The document would not be accepted by {@link parseDidDocument}, or has no key.
 * @see {@link https://www.w3.org/TR/did-1.0/#core-properties | DID Core §5}
 */
export function createDidDocument(options: CreateDidDocumentOptions): JsonObject {
  const { did, controller, alsoKnownAs = [], keys, services = [] } = options
  if (keys.length === 0) throw new TypeError('options.keys must have at least one key')
  return blameCaller(() => {
    const document: JsonObject = {
      '@context': CONTEXT,
      id: did,
      ...(controller !== undefined && { controller }),
      ...(alsoKnownAs.length > 0 && { alsoKnownAs }),
      verificationMethod: keys.map((key) => toMethod(did, key)),
      ...toRelationships(did, keys),
      ...(services.length > 0 && {
        service: services.map((each) => toService(did, each)),
      }),
    }
    parseDidDocument(document, did)
    return document
  })
}
