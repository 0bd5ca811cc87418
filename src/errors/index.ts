/**
 * Every error that Comity throws on purpose, and its stable code.
 *
 * Switch on `code`, never on `message`: codes are covered by semver, messages are not. A `TypeError`
 * means that the caller broke the signature (a bug to fix); a {@link ComityError} means that the
 * world did not hold up (an outcome to handle). The class says whose fault it is.
 *
 * @module
 */
export type {
  ComityErrorCode,
  NetworkCode,
  PeerCode,
  PolicyCode,
  TrustCode,
  VerificationCode,
} from './codes.ts'
export {
  ComityError,
  NetworkError,
  PeerError,
  PolicyError,
  TrustError,
  VerificationError,
  type ErrorContext,
  type SerializedError,
} from './comity-error.ts'
