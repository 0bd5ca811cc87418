import { VerificationError } from '../../errors/index.ts'
import type { BundleSource } from '../bundle-source.ts'
import type { SpiffeId, TrustDomain } from '../spiffe-id.ts'

/** How the server of a bundle endpoint shows who it is. */
export type BundleEndpointProfile =
  | {
      /** By a certificate of the web for its host name. */
      readonly type: 'https_web'
    }
  | {
      /** By an X.509-SVID. */
      readonly type: 'https_spiffe'
      /** The one SPIFFE ID that it must have. */
      readonly endpointId: SpiffeId
      /** Where the bundle of `endpointId`'s trust domain comes from. */
      readonly bundles: BundleSource
    }

/** Where the bundle of a trust domain is to be had. Nothing of it follows from the rest, so all of it is needed. */
export interface BundleEndpoint {
  /** Whose bundle it is: the document does not say. */
  readonly trustDomain: TrustDomain
  /** `https` without user information, at most 2048 characters; port, path and query are free. */
  readonly url: string
  /** How the server is verified. There is no going over from one to the other. */
  readonly profile: BundleEndpointProfile
}

const MAX_URL_LENGTH = 2048

/**
 * Checks what somebody said about a bundle endpoint, without connecting to it.
 *
 * @returns The same, frozen.
 * @throws {VerificationError} `COMITY_BUNDLE_ENDPOINT_INVALID` when a part is missing, the URL is not `https` or has user
 *   information, the profile is another, or `https_spiffe` has no SPIFFE ID with a path, or no bundles.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Federation.md#51-endpoint-parameters | SPIFFE-Federation §5.1}
 */
export function checkBundleEndpoint({ trustDomain, url, profile }: BundleEndpoint): BundleEndpoint {
  checkParts({ trustDomain, url, profile })
  checkUrl(url)
  const checked =
    profile.type === 'https_spiffe' ? spiffeProfile(profile) : Object.freeze({ type: profile.type })
  return Object.freeze({ trustDomain, url, profile: checked })
}

type SpiffeProfile = Extract<BundleEndpointProfile, { type: 'https_spiffe' }>

/** Says whether an endpoint's server shows an SVID of the trust domain whose bundle it serves. */
export function isSelfServing({ trustDomain, profile }: BundleEndpoint): boolean {
  return profile.type === 'https_spiffe' && profile.endpointId.trustDomain.name === trustDomain.name
}

// What comes from a file or a document may lack what the type demands.
function checkParts({ trustDomain, url, profile }: Partial<BundleEndpoint>): void {
  if (trustDomain?.name === undefined) throw invalid('the trust domain is missing', '5.1')
  if (url === undefined || url === '') throw invalid('the URL is missing', '5.1')
  const type: unknown = profile?.type
  if (type === undefined) throw invalid('the profile is missing', '5.1')
  if (type !== 'https_web' && type !== 'https_spiffe')
    throw invalid('the profile is none that is known', '5.2')
}

function checkUrl(text: string): void {
  if (text.length > MAX_URL_LENGTH || !URL.canParse(text)) throw invalid('the URL is none', '5.2.1.1')
  const url = new URL(text)
  if (url.protocol !== 'https:') throw invalid('the URL is not `https`', '5.2.1.1')
  // Also where user and password are empty, which the parsed URL does not tell.
  if (/^[a-z]+:[/\\]*[^/\\?#]*@/i.test(text)) throw invalid('the URL has user information', '5.2.1.1')
}

function spiffeProfile({ endpointId, bundles }: Partial<SpiffeProfile>): BundleEndpointProfile {
  const path = endpointId?.path ?? ''
  if (endpointId === undefined || path === '') {
    throw invalid('the SPIFFE ID of the endpoint is missing, or has no path', '5.2.2.2')
  }
  if (bundles === undefined)
    throw invalid('the bundle that the endpoint is verified with is missing', '5.2.2.2')
  return Object.freeze({ type: 'https_spiffe', endpointId, bundles })
}

function invalid(what: string, section: string): VerificationError {
  return new VerificationError('COMITY_BUNDLE_ENDPOINT_INVALID', `not a bundle endpoint: ${what}`, {
    spec: `SPIFFE-Federation §${section}`,
  })
}
