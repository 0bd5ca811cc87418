/**
 * SPIFFE: IDs, trust bundles, X.509-SVIDs and JWT-SVIDs.
 *
 * A bundle has the authorities of one trust domain and counts for no other. A verify function takes a
 * {@link BundleSource} and looks up the one bundle of the trust domain that the SVID says to be of. IDs are compared as
 * exact texts, for each has one spelling.
 *
 * @see {@link https://github.com/spiffe/spiffe/tree/main/standards | the SPIFFE standards}
 * @module
 */
export {
  authorizeAny,
  authorizeId,
  authorizeIf,
  authorizeMemberOf,
  authorizeOneOf,
  type Authorizer,
} from './authorizer.ts'
export { combineBundleSources } from './bundle-combine.ts'
export { formatPemBundle, formatTrustBundle, formatTrustBundleMap } from './bundle-format.ts'
export { nextTrustBundle } from './bundle-next.ts'
export {
  MAX_BUNDLE_BYTES,
  parseJwtBundle,
  parsePemBundle,
  parseTrustBundle,
  parseTrustBundleMap,
  parseWitBundle,
  parseX509Bundle,
} from './bundle-parse.ts'
export { createBundleSet, type BundleSet } from './bundle-set.ts'
export type { BundleSource } from './bundle-source.ts'
export { createTrustBundle, type TrustBundle, type TrustBundleParts } from './bundle.ts'
export { parseCertificate, type Certificate } from './certificate.ts'
export type { CertificateExtensions } from './certificate-extensions.ts'
export type { CertificateKey, SignatureKind } from './certificate-key.ts'
export type { AlternativeNames, NameConstraints, Subtrees } from './certificate-names.ts'
export type { SignatureQuestion } from './certificate-path.ts'
export type { CertificateSignature } from './certificate-signature.ts'
export { parseEndpointAddress, type EndpointAddress } from './endpoint-address.ts'
export {
  JWT_SVID_ALGORITHMS,
  readAuthorityKey,
  type JwtAuthority,
  type JwtSvidAlgorithm,
} from './jwt-authority.ts'
export {
  assertVerifiedJwtSvid,
  parseJwtSvid,
  verifyJwtSvid,
  type UnverifiedJwtSvid,
  type VerifiedJwtSvid,
  type VerifyJwtSvidOptions,
} from './jwt-svid.ts'
export { decodeBase64, encodeBase64, formatPem, parsePem, type PemBlock } from './pem.ts'
export {
  appendSegments,
  createSpiffeId,
  isMemberOf,
  parseSpiffeId,
  parseTrustDomain,
  spiffeIdOfPath,
  type SpiffeId,
  type TrustDomain,
} from './spiffe-id.ts'
export { parsePemX509Svid, parseX509Svid, signingAlgorithm, type X509Svid } from './x509-material.ts'
export {
  assertVerifiedX509Svid,
  verifyX509Svid,
  verifyX509SvidNow,
  type VerifiedX509Svid,
  type VerifyX509SvidOptions,
} from './x509-svid.ts'
