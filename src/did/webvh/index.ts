/**
 * `did:webvh` 1.0: DIDs on the web whose history can be verified.
 *
 * {@link resolveWebvh} fetches and verifies; {@link verifyWebvhLog} verifies what somebody has fetched;
 * {@link createWebvhDid} and its siblings make the files that a host serves.
 *
 * @module
 */
export {
  approveWebvhVersion,
  createWitnessFile,
  type ApproveWebvhVersionOptions,
  type CreateWitnessFileOptions,
  type WebvhApproval,
} from './approve.ts'
export { createWebvhCache, type WebvhCache, type WebvhCacheOptions } from './cache.ts'
export { createWebvhDid, type CreateWebvhDidOptions } from './create.ts'
export type { WebvhFile } from './files.ts'
export { parseWebvhDid, type WebvhDid } from './location.ts'
export {
  verifyWebvhLog,
  type VerifiedWebvhLog,
  type VerifyWebvhLogOptions,
  type WebvhVersion,
} from './log.ts'
export { createWebvhMethod, type WebvhMethodOptions } from './method.ts'
export type { WebvhMetadata } from './metadata.ts'
export type { Parameters as WebvhParameters } from './parameters.ts'
export { parallelDidWeb } from './parallel-web.ts'
export { resolveWebvh, type ResolveWebvhOptions } from './resolve.ts'
export {
  deactivateWebvhDid,
  updateWebvhDid,
  type DeactivateWebvhDidOptions,
  type UpdateWebvhDidOptions,
} from './update.ts'
export { findWebvhVersion, type FoundWebvhVersion } from './version.ts'
export type { WitnessConfig } from './witness-config.ts'
export type { WrittenWebvhDid } from './write.ts'
