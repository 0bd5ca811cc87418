/**
 * Decentralized identifiers: who somebody says to be, and with which keys they can show it.
 *
 * {@link createDidResolver} gets the document of a `did:jwk`, `did:key`, `did:web` or `did:webvh` through the guarded
 * fetch and checks it as a whole; {@link findVerificationKey} says which key a signature was made with, and whether that key may be
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
  type ForeignDocumentKey,
} from './create.ts'
export { parseDidDocument, type DidDocument, type VerificationRelationship } from './document.ts'
export { controllersOf, findForeignJwk, findService, findVerificationKey, type FoundService } from './find.ts'
export { isDidDateTime } from './date-time.ts'
export {
  agentCardService,
  eventsService,
  handshakeService,
  spiffeTrustDomainService,
  statusListAggregationService,
  type ServiceOptions,
  type SpiffeTrustDomainOptions,
} from './known-services.ts'
export { didJwkFromJwk } from './method-jwk.ts'
export { didKeyFromJwk } from './method-key.ts'
export { createDidMethods, type DidMethodsOptions, type MethodOptions } from './methods.ts'
export {
  createDidResolver,
  type DidResolver,
  type DidResolverOptions,
  type ResolveOptions,
  type ResolveResultOptions,
} from './resolver.ts'
export type { DidService } from './service.ts'
export { isDid, isDidUrlOf, parseDid, parseDidUrl, type Did, type DidUrl } from './syntax.ts'
export {
  rotateDocumentKey,
  updateDidDocument,
  type DidDocumentChanges,
  type RotateDocumentKeyOptions,
} from './update.ts'
export type { VersionQuery } from './version-query.ts'
export type { ForeignJwk, VerificationMethod } from './verification-method.ts'
export {
  createWebDid,
  deactivateWebDid,
  updateWebDid,
  type CreateWebDidOptions,
  type HostedFile,
  type WrittenWebDid,
} from './web-did.ts'
export { didWebFromUrl, didWebUrl } from './web-url.ts'
export {
  approveWebvhVersion,
  createWebvhCache,
  createWebvhDid,
  createWitnessFile,
  deactivateWebvhDid,
  findWebvhVersion,
  parallelDidWeb,
  parseWebvhDid,
  resolveWebvh,
  updateWebvhDid,
  verifyWebvhLog,
  type ApproveWebvhVersionOptions,
  type CreateWebvhDidOptions,
  type CreateWitnessFileOptions,
  type DeactivateWebvhDidOptions,
  type FoundWebvhVersion,
  type ResolveWebvhOptions,
  type UpdateWebvhDidOptions,
  type VerifiedWebvhLog,
  type VerifyWebvhLogOptions,
  type WebvhApproval,
  type WebvhCache,
  type WebvhCacheOptions,
  type WebvhDid,
  type WebvhFile,
  type WebvhMetadata,
  type WebvhParameters,
  type WebvhVersion,
  type WitnessConfig,
  type WrittenWebvhDid,
} from './webvh/index.ts'
