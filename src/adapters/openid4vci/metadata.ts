import {
  Oauth2AuthorizationServer,
  clientAuthenticationAnonymous,
  type CallbackContext,
} from '@openid4vc/oauth2'
import { Openid4vciIssuer } from '@openid4vc/openid4vci'
import { CREDENTIAL_TYPES, vctOf, type CredentialType } from '../../credentials/index.ts'
import { SIGNATURE_ALGORITHMS } from '../../keys/index.ts'
import { randomBytes, sha256 } from '../../runtime/index.ts'

/** The grant of OpenID4VCI 1.0 §4.1.1. */
export const PRE_AUTHORIZED_GRANT = 'urn:ietf:params:oauth:grant-type:pre-authorized_code'

/** Where a credential issuer's endpoints are. */
export interface IssuerUrls {
  /** The credential issuer identifier, which is the authorization server's too. */
  readonly issuer: string
  readonly token: string
  readonly nonce: string
  readonly credential: string
  readonly issuerMetadata: string
  readonly serverMetadata: string
}

/** The formats that credentials are issued in. */
export const ISSUED_FORMATS = ['vc+jwt', 'dc+sd-jwt'] as const

/** `vc+jwt`, the whole in the open, or `dc+sd-jwt`, an SD-JWT VC that is bound to the holder's key. */
export type IssuedFormat = (typeof ISSUED_FORMATS)[number]

/** What a wallet may ask for, by the id that an offer names. */
export interface Configuration {
  readonly id: string
  readonly type: CredentialType
  readonly format: IssuedFormat
}

/** The configurations of an issuer: one for each type and format. */
export const CONFIGURATIONS: readonly Configuration[] = CREDENTIAL_TYPES.flatMap((type) =>
  ISSUED_FORMATS.map((format) => ({ id: configurationIdOf({ type, format }), type, format })),
)

/** The name of a configuration: the type, and for `dc+sd-jwt` a point and the format after it. */
export function configurationIdOf({ type, format }: Omit<Configuration, 'id'>): string {
  return format === 'vc+jwt' ? type : `${type}.${format}`
}

/**
 * Derives the endpoints from the credential issuer identifier.
 *
 * @throws {TypeError} It is no https URL, or has a query, a fragment, or a slash at the end.
 * @see {@link https://openid.net/specs/openid-4-verifiable-credential-issuance-1_0.html#section-12.2.2 | OpenID4VCI §12.2.2}
 */
export function issuerUrls(url: string): IssuerUrls {
  if (typeof url !== 'string' || !URL.canParse(url)) throw new TypeError('options.url must be an https URL')
  const { protocol, origin, pathname, search, hash, username } = new URL(url)
  const path = pathname === '/' ? '' : pathname
  if (protocol !== 'https:' || search !== '' || hash !== '' || username !== '' || url !== origin + path) {
    throw new TypeError('options.url must be an https URL without query, fragment or a slash at the end')
  }
  return {
    issuer: url,
    token: `${url}/token`,
    nonce: `${url}/nonce`,
    credential: `${url}/credential`,
    issuerMetadata: `${origin}/.well-known/openid-credential-issuer${path}`,
    serverMetadata: `${origin}/.well-known/oauth-authorization-server${path}`,
  }
}

/** What the library asks for; the issuer's side of it neither signs nor verifies through it. */
const callbacks: Omit<CallbackContext, 'decryptJwe' | 'encryptJwe'> = {
  hash: sha256,
  generateRandom: randomBytes,
  clientAuthentication: clientAuthenticationAnonymous(),
  signJwt: () => Promise.reject(new TypeError('nothing is signed here')),
  verifyJwt: () => Promise.resolve({ verified: false }),
}

/** The library's issuer, which knows the forms. */
export const openid4vciIssuer: Openid4vciIssuer = new Openid4vciIssuer({ callbacks })

/**
 * The credential issuer's metadata.
 *
 * @see {@link https://openid.net/specs/openid-4-verifiable-credential-issuance-1_0.html#section-12.2.4 | OpenID4VCI §12.2.4}
 */
export function credentialIssuerMetadata(
  urls: IssuerUrls,
): ReturnType<Openid4vciIssuer['createCredentialIssuerMetadata']> {
  return openid4vciIssuer.createCredentialIssuerMetadata({
    credential_issuer: urls.issuer,
    credential_endpoint: urls.credential,
    nonce_endpoint: urls.nonce,
    credential_configurations_supported: Object.fromEntries(
      CONFIGURATIONS.map(({ id, type, format }) => [
        id,
        {
          ...(format === 'dc+sd-jwt'
            ? { format, vct: vctOf(type) }
            : { format, credential_definition: { type: ['VerifiableCredential', type] } }),
          cryptographic_binding_methods_supported: ['did:key', 'did:jwk', 'did:web', 'did:webvh'],
          credential_signing_alg_values_supported: [...SIGNATURE_ALGORITHMS],
          proof_types_supported: { jwt: { proof_signing_alg_values_supported: [...SIGNATURE_ALGORITHMS] } },
          credential_metadata: { display: [{ name: type }] },
        },
      ]),
    ),
  })
}

/**
 * The authorization server's metadata.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8414#section-2 | RFC 8414 §2}
 */
export function authorizationServerMetadata(
  urls: IssuerUrls,
): ReturnType<Oauth2AuthorizationServer['createAuthorizationServerMetadata']> {
  return new Oauth2AuthorizationServer({ callbacks }).createAuthorizationServerMetadata({
    issuer: urls.issuer,
    token_endpoint: urls.token,
    token_endpoint_auth_methods_supported: ['none'],
    grant_types_supported: [PRE_AUTHORIZED_GRANT],
    'pre-authorized_grant_anonymous_access_supported': true,
    dpop_signing_alg_values_supported: [...SIGNATURE_ALGORITHMS],
  })
}
