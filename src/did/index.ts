/**
 * Decentralized identifiers: who somebody says to be, and with which keys they can show it.
 *
 * {@link createDidResolver} gets the document of a `did:key` or `did:web` through the guarded fetch and checks it
 * as a whole; {@link findVerificationKey} says which key a signature was made with, and whether that key may be
 * used for it. The interface below is did-resolver's, so that other libraries can resolve with our methods and we
 * with theirs.
 *
 * @module
 */
export {
  createDidDocument,
  type CreateDidDocumentOptions,
  type DocumentKey,
  type DocumentService,
} from './create.ts'
export { parseDidDocument, type DidDocument, type VerificationRelationship } from './document.ts'
export { controllersOf, findService, findVerificationKey, type FoundService } from './find.ts'
export { didKeyFromJwk } from './method-key.ts'
export { guardedMethods, type MethodOptions } from './methods.ts'
export {
  createDidResolver,
  type DidResolver,
  type DidResolverOptions,
  type ResolveOptions,
} from './resolver.ts'
export type { DidService } from './service.ts'
export { parseDid, parseDidUrl, type Did, type DidUrl } from './syntax.ts'
export type { VerificationMethod } from './verification-method.ts'
export { didWebFromUrl, didWebUrl } from './web-url.ts'
