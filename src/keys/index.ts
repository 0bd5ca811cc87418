/**
 * Keys and what is done with them: JWKs, signers, JSON Web Signatures, the registered time claims.
 *
 * The algorithms are a fixed asymmetric list that the verifier owns; `none`, HMAC and RSA have no code
 * path. A signer signs and never gives its key away. A token is parsed into an {@link UnverifiedJws},
 * which says whose key to fetch, and only {@link verifyJwsSignature} makes a {@link VerifiedJws} of it.
 *
 * @module
 */
export { SIGNATURE_ALGORITHMS, algorithmsFor, type SignatureAlgorithm } from './algorithms.ts'
export { parsePublicJwk, type PublicJwk } from './jwk.ts'
export { parseJws, type ParseJwsOptions, type UnverifiedJws, type UnverifiedJwsHeader } from './jws-parse.ts'
export { signJws, type SignJwsOptions } from './jws-sign.ts'
export { assertVerifiedJws, verifyBytes, verifyJwsSignature, type VerifiedJws } from './jws-verify.ts'
export {
  checkTimes,
  requireAudience,
  requireString,
  type CheckTimesOptions,
  type TimeClaim,
  type TokenTimes,
} from './jwt-claims.ts'
export { generatePrivateJwk, type PrivateJwk } from './private-jwk.ts'
export {
  generateSigner,
  importSigner,
  signerFromCallback,
  withKid,
  type CallbackSignerOptions,
  type GenerateSignerOptions,
  type ImportSignerOptions,
  type Signer,
} from './signer.ts'
export { jwkThumbprint } from './thumbprint.ts'
