/**
 * How a credential is secured: `vc+jwt` is the data model 2.0 in a JWT, `dc+sd-jwt` an SD-JWT VC, `jwt_vc_json` the
 * data model 1.1 in a JWT. The names are those of DCQL.
 *
 * A verifier says which format it takes. No token is tried in one format after another: what a stranger sends does not
 * choose how it is read.
 *
 * @see {@link https://openid.net/specs/openid-4-verifiable-presentations-1_0.html | OpenID4VP 1.0, appendix B}
 */
export type CredentialFormat = 'vc+jwt' | 'dc+sd-jwt' | 'jwt_vc_json'

/** All formats that are known here. */
export const CREDENTIAL_FORMATS: readonly CredentialFormat[] = Object.freeze([
  'vc+jwt',
  'dc+sd-jwt',
  'jwt_vc_json',
])

/** Says whether a value is one of {@link CREDENTIAL_FORMATS}. */
export function isCredentialFormat(value: unknown): value is CredentialFormat {
  return CREDENTIAL_FORMATS.some((format) => format === value)
}
