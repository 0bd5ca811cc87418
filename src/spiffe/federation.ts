/**
 * Bundle endpoints, for Node: the bundle of another trust domain is fetched and kept fresh, one's own is served.
 *
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Federation.md | SPIFFE-Federation}
 * @module
 */
export type {
  BundleFetchEvent,
  BundleStore,
  BundleWatcher,
  WatchBundleOptions,
} from './federation/bundle-watcher.ts'
export {
  checkBundleEndpoint,
  type BundleEndpoint,
  type BundleEndpointProfile,
} from './federation/endpoint.ts'
export { fetchBundle, type FetchBundleOptions } from './federation/fetch-bundle.ts'
export { createBundleHandler, type BundleHandlerOptions } from './federation/serve-bundle.ts'
export { watchBundle } from './federation/watch-bundle.ts'
