import { ComityError, NetworkError, TrustError } from '../../errors/index.ts'
import type { GuardedFetch, GuardedResponse, PeerCheck } from '../../net/index.ts'
import type { Clock } from '../../runtime/index.ts'
import { authorizeId } from '../authorizer.ts'
import { MAX_BUNDLE_BYTES, parseTrustBundle } from '../bundle-parse.ts'
import { bundleFor, type TrustBundle } from '../bundle.ts'
import { formatPem } from '../pem.ts'
import { judgeChain } from '../tls/judge-peer.ts'
import { checkBundleEndpoint, type BundleEndpoint, type BundleEndpointProfile } from './endpoint.ts'

/** What {@link fetchBundle} needs. */
export interface FetchBundleOptions extends BundleEndpoint {
  /** Gets it. For `https_web`, its roots are the ones that count. */
  readonly fetch: GuardedFetch
  /** Milliseconds for everything. Defaults to 10 000; at most 120 000. */
  readonly timeoutMs?: number
  /**
   * `same-origin` (the default) follows up to three redirects that stay at the origin of `url`, each verified like the
   * first; `refuse` follows none.
   */
  readonly redirect?: 'same-origin' | 'refuse'
  /** Ends it early. */
  readonly signal?: AbortSignal
  /** Defaults to the system's. */
  readonly clock?: Clock
}

const TIMEOUT_MS = 10_000

/**
 * Fetches the bundle of a trust domain from its endpoint.
 *
 * With `https_web` the server is verified as any other of the web. With `https_spiffe` it must have an X.509-SVID of
 * exactly `endpointId`, verified with the bundle of that ID's trust domain; its host name is not compared. Redirects to
 * another origin are refused, and none is remembered.
 *
 * @returns The bundle, of at most 4 MiB. Whether it is older than the one that is held already, who holds it must see.
 * @throws {VerificationError} `COMITY_BUNDLE_ENDPOINT_INVALID`; `COMITY_BUNDLE_MALFORMED`,
 *   `COMITY_CERTIFICATE_MALFORMED` when the answer is no bundle; as `verifyX509Svid` when the server's SVID is none.
 * @throws {TrustError} `COMITY_TRUST_DOMAIN_UNKNOWN` when there is no bundle to verify the server with;
 *   `COMITY_BUNDLE_UNAVAILABLE` when the status is not 200.
 * @throws {PolicyError} `COMITY_SPIFFE_ID_NOT_AUTHORIZED` when the server is somebody else.
 * @throws {NetworkError} As the guarded fetch; `COMITY_NET_TLS` also when OpenSSL refuses an SVID first.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Federation.md#52-endpoint-profiles | SPIFFE-Federation §5.2}
 */
export async function fetchBundle(options: FetchBundleOptions): Promise<TrustBundle> {
  const { trustDomain, url, profile } = checkBundleEndpoint(options)
  const { status, body } = await get(url, options, peerOf(profile, options.clock))
  if (status !== 200) {
    throw new TrustError(
      'COMITY_BUNDLE_UNAVAILABLE',
      'the bundle endpoint answered with another status than 200',
      {
        spec: 'SPIFFE-Federation §5.2.1.4',
        details: { trustDomain: trustDomain.name, status },
      },
    )
  }
  return parseTrustBundle(trustDomain, body)
}

function peerOf(profile: BundleEndpointProfile, clock: Clock | undefined): PeerCheck | undefined {
  if (profile.type === 'https_web') return undefined
  const { endpointId, bundles } = profile
  const { x509Authorities } = bundleFor(bundles, endpointId.trustDomain)
  const rules = { bundles, authorize: authorizeId(endpointId), ...(clock !== undefined && { clock }) }
  return {
    authorities: x509Authorities.map(({ der }) => formatPem('CERTIFICATE', der)),
    check: (chain) => void judgeChain(chain, rules),
  }
}

async function get(
  url: string,
  { fetch, timeoutMs = TIMEOUT_MS, redirect = 'same-origin', signal }: FetchBundleOptions,
  peer: PeerCheck | undefined,
): Promise<GuardedResponse> {
  try {
    return await fetch(url, {
      headers: { accept: 'application/json' },
      maxBytes: MAX_BUNDLE_BYTES,
      timeoutMs,
      redirect,
      ...(signal !== undefined && { signal }),
      ...(peer !== undefined && { peer }),
    })
  } catch (error) {
    // What the server's SVID was refused for says more than that TLS failed.
    throw error instanceof NetworkError && error.cause instanceof ComityError ? error.cause : error
  }
}
