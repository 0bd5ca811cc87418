/**
 * Trust: who may attest what.
 *
 * A registry answers whether an issuer is believed for one type of credential, and towards whom, and says why. There
 * is no default: an empty registry believes nobody, and believing everyone has to be spelled out with
 * {@link trustAnyone}.
 *
 * @module
 */
export {
  createTrustRegistry,
  trustAnyone,
  type TrustedIssuer,
  type TrustRegistryOptions,
} from './trust-registry.ts'
