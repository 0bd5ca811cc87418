import { TrustError, VerificationError } from '../errors/index.ts'
import type { PublicJwk } from '../keys/index.ts'
import type { DidDocument, VerificationRelationship } from './document.ts'
import { parseDidUrl } from './syntax.ts'
import type { ForeignJwk, VerificationMethod } from './verification-method.ts'

/** A service with one endpoint. */
export interface FoundService {
  /** The service's id. */
  readonly id: string
  /** The type that was asked for. */
  readonly type: string
  /** A text, meant as a URL. Fetch it with a guarded fetch only. */
  readonly serviceEndpoint: string
}

/**
 * Finds the key that a signature names, and checks that it may be used like this.
 *
 * The checks run in this order: `kid` is the document's DID with a fragment, the document has the key, it stands
 * in the relationship, it is of a supported kind.
 *
 * @param document - The signer's document.
 * @param kid - An absolute DID URL, compared as an exact text.
 * @param relationship - What the signature is for.
 * @throws {VerificationError} `COMITY_DID_INVALID` when `kid` names no key of this DID;
 *   `COMITY_DID_KEY_RELATIONSHIP` when the key is there and may not be used like this.
 * @throws {TrustError} `COMITY_DID_KEY_UNKNOWN` when the document has no such key, or one that is not supported.
 * @see {@link https://www.w3.org/TR/did-1.0/#verification-relationships | DID Core §5.3}
 */
export function findVerificationKey(
  document: DidDocument,
  kid: string,
  relationship: VerificationRelationship,
): PublicJwk {
  const { publicKey } = findMethod(document, kid, relationship)
  if (publicKey === undefined) throw unsupported()
  return publicKey
}

/**
 * Finds a key of a kind that this library does not verify JWS with, such as one on BabyJubJub, as
 * {@link findVerificationKey} finds the others.
 *
 * @param document - The document that names the key.
 * @param kid - An absolute DID URL, compared as an exact text.
 * @param relationship - What the key is used for.
 * @returns The JWK as the document has it: the caller has to parse it, and to check its curve.
 * @throws {VerificationError} `COMITY_DID_INVALID` when `kid` names no key of this DID;
 *   `COMITY_DID_KEY_RELATIONSHIP` when the key is there and may not be used like this.
 * @throws {TrustError} `COMITY_DID_KEY_UNKNOWN` when the document has no such key, or one of this library's own kinds, or
 *   one that is no JWK.
 * @see {@link https://www.w3.org/TR/did-1.0/#verification-relationships | DID Core §5.3}
 */
export function findForeignJwk(
  document: DidDocument,
  kid: string,
  relationship: VerificationRelationship,
): ForeignJwk {
  const { foreignJwk } = findMethod(document, kid, relationship)
  if (foreignJwk === undefined) throw unsupported()
  return foreignJwk
}

function unsupported(): TrustError {
  return new TrustError('COMITY_DID_KEY_UNKNOWN', 'the key is of a kind that is not supported')
}

function findMethod(
  document: DidDocument,
  kid: string,
  relationship: VerificationRelationship,
): VerificationMethod {
  const { did, path, query, fragment = '' } = parseDidUrl(kid)
  if (did !== document.id || path !== undefined || query !== undefined || fragment === '') {
    throw new VerificationError('COMITY_DID_INVALID', '`kid` is not a fragment of the DID')
  }
  const method = document.verificationMethod.find(({ id }) => id === kid)
  if (method === undefined) throw new TrustError('COMITY_DID_KEY_UNKNOWN', 'the document has no such key')
  if (!document[relationship].includes(kid)) {
    throw new VerificationError('COMITY_DID_KEY_RELATIONSHIP', 'the key may not be used for this', {
      spec: 'DID Core §5.3',
      details: { relationship },
    })
  }
  return method
}

/**
 * Finds the first service of a type that has one endpoint, a text.
 *
 * @throws {TrustError} `COMITY_DID_SERVICE_UNKNOWN` when there is none.
 */
export function findService(document: DidDocument, type: string): FoundService {
  for (const service of document.service) {
    const { id, serviceEndpoint } = service
    if (service.type.includes(type) && typeof serviceEndpoint === 'string') {
      return Object.freeze({ id, type, serviceEndpoint })
    }
  }
  throw new TrustError('COMITY_DID_SERVICE_UNKNOWN', 'the document has no such service', {
    details: { type },
  })
}

/**
 * Says who answers for a DID: the controllers that its document names, or else the subject itself.
 *
 * @returns DIDs, each once, at least one.
 */
export function controllersOf(document: DidDocument): readonly string[] {
  return document.controller.length > 0 ? document.controller : Object.freeze([document.id])
}
