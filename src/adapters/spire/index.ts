/**
 * The local SPIRE server as a {@link BundleSink}: what is learned from a DID is trusted by SPIRE's own workloads too.
 *
 * @module
 */
export { createSpireBundleSink, type SpireBundleSinkOptions } from './bundle-sink.ts'
