/**
 * What tests of an organization's own need: a certificate authority for loopback, the authority of a SPIFFE trust
 * domain, a Workload API, a bundle endpoint, a host for DIDs, a clock that stands still. Nothing of it is for production.
 *
 * @module
 */
export {
  createCertificateAuthority,
  type CertificateAuthority,
  type LeafOptions,
  type ServerCertificate,
} from './certificate-authority.ts'
export { createTestClock, type TestClock } from './clock.ts'
export {
  startFakeBundleEndpoint,
  type FakeAnswer,
  type FakeBundleEndpoint,
  type FakeBundleEndpointOptions,
} from './fake-bundle-endpoint.ts'
export { startFakeDidHost, type FakeDidHost, type FakeDidHostOptions } from './fake-did-host.ts'
export {
  startFakeWorkloadApi,
  type FakeFault,
  type FakeWorkload,
  type FakeWorkloadApi,
  type FakeWorkloadApiMethod,
  type FakeWorkloadApiOptions,
} from './fake-workload-api.ts'
export {
  createSpiffeAuthority,
  type IssueJwtSvidOptions,
  type IssueX509SvidOptions,
  type SpiffeAuthority,
} from './spiffe-authority.ts'
