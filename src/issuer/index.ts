/**
 * An organization's issuer: gives its agents credentials that can be taken back, and takes them back.
 *
 * One call of {@link Issuer.revoke} sets the status of every credential concerned and tells every peer that
 * listens, so that open sessions end too.
 *
 * @module
 */
export { createIssuer, type IssuerOptions } from './create-issuer.ts'
export type {
  ChangeOptions,
  CredentialForm,
  IssuedCredential,
  IssueOptions,
  Issuer,
  RevocationTarget,
  Validity,
} from './issuer.ts'
export { MAX_LIFETIMES, type Lifetimes } from './lifetimes.ts'
