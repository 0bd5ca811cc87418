/**
 * OpenID for Verifiable Credential Issuance 1.0, with pre-authorized codes: how a credential gets from an issuer into a
 * wallet over HTTPS.
 *
 * {@link createIssuanceEndpoint} makes offers and answers wallets; {@link receiveCredentials} takes an offer up. Both
 * demand proof of possession throughout: access tokens are bound to a key (DPoP), and a credential is given only to
 * whoever shows a key of the DID that it is about.
 *
 * @module
 */
export {
  createIssuanceEndpoint,
  type CredentialOffer,
  type IssuanceEndpoint,
  type IssuanceEndpointOptions,
  type IssuanceLogEntry,
} from './issuance-endpoint.ts'
export type { OfferOptions } from './offers.ts'
export { receiveCredentials, type ReceiveOptions } from './receive.ts'
