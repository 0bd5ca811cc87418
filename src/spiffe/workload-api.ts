/**
 * The SPIFFE Workload API: where a workload gets its SVIDs and the bundles that it may trust, and keeps them fresh. For
 * Node.
 *
 * {@link createWorkloadApiClient} asks or watches; {@link createX509Source}, {@link createJwtSource} and
 * {@link createBundleSource} hold what is newest for whoever needs it now.
 *
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Workload_API.md | the SPIFFE Workload API}
 * @module
 */
export type { BackoffOptions } from './workload-api/backoff.ts'
export type { Report } from './workload-api/bundle-map.ts'
export {
  createWorkloadApiClient,
  type WorkloadApiCallOptions,
  type WorkloadApiClient,
  type WorkloadApiClientOptions,
} from './workload-api/client.ts'
export { svidWithHint } from './workload-api/hints.ts'
export type { JwtSvidRequest, JwtSvidVerdict, WorkloadJwtSvid } from './workload-api/jwt-answers.ts'
export { workloadApiService } from './workload-api/protocol.ts'
export { writeStruct } from './workload-api/struct.ts'
export type { X509Context } from './workload-api/x509-context.ts'
export { createBundleSource, type WorkloadBundleSource } from './workload-api/bundle-source.ts'
export { createJwtSource, type JwtSource, type JwtSourceRequest } from './workload-api/jwt-source.ts'
export type { WorkloadApiSourceOptions } from './workload-api/source-options.ts'
export { createX509Source, type X509Source, type X509SourceOptions } from './workload-api/x509-source.ts'
