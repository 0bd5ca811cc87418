import { readFile } from 'node:fs/promises'
import {
  createBundleSet,
  parsePemBundle,
  parseSpiffeId,
  parseTrustBundle,
  parseTrustDomain,
  type BundleSource,
  type TrustBundle,
  type TrustDomain,
} from '../../spiffe/index.ts'
import { fetchBundle, type BundleEndpointProfile } from '../../spiffe/federation.ts'
import { createWorkloadApiClient, type WorkloadApiClient } from '../../spiffe/workload-api.ts'
import { fetchFor, type NetworkFlags } from '../network.ts'
import { UsageError } from '../output.ts'

const TIMEOUT_MS = 10_000

/** The flags that say where the Workload API is. */
export interface SocketFlags {
  readonly socket?: string
}

/** The flags that say where the bundle of a trust domain is fetched from. */
export interface EndpointFlags extends NetworkFlags {
  readonly endpoint?: string
  readonly endpointId?: string
  readonly firstBundle?: string
}

/** Reads a bundle file: a SPIFFE bundle document, or certificates in PEM. */
export async function readBundleFile(trustDomain: TrustDomain, file: string): Promise<TrustBundle> {
  const content = await readFile(file, 'utf8')
  return content.trimStart().startsWith('{')
    ? parseTrustBundle(trustDomain, content)
    : parsePemBundle(trustDomain, content)
}

/**
 * Reads the bundles of several trust domains.
 *
 * @param pairs - Each `TRUST-DOMAIN=FILE`.
 * @throws {UsageError} One of them is no such pair.
 */
export async function readBundleFiles(pairs: readonly string[]): Promise<readonly TrustBundle[]> {
  return Promise.all(
    pairs.map(async (pair) => {
      const equals = pair.indexOf('=')
      if (equals < 1) throw new UsageError(`--bundle is TRUST-DOMAIN=FILE, not ${pair}`)
      return readBundleFile(parseTrustDomain(pair.slice(0, equals)), pair.slice(equals + 1))
    }),
  )
}

/** Makes a client of the Workload API, at the socket that was named or that the environment names. */
export function clientFor({ socket }: SocketFlags): WorkloadApiClient {
  return createWorkloadApiClient({ timeoutMs: TIMEOUT_MS, ...(socket !== undefined && { address: socket }) })
}

/** All bundles that the Workload API gives, those for X.509-SVIDs or those for JWT-SVIDs. */
export async function bundlesFromApi(flags: SocketFlags, kind: 'x509' | 'jwt'): Promise<BundleSource> {
  const client = clientFor(flags)
  try {
    return createBundleSet(await (kind === 'x509' ? client.fetchX509Bundles() : client.fetchJwtBundles()))
  } finally {
    client.close()
  }
}

/**
 * Fetches the bundle of a trust domain from its endpoint: by the profile `https_spiffe` where `--endpoint-id` says whose
 * SVID the endpoint has, else by `https_web`.
 *
 * @throws {UsageError} `--endpoint-id` or `--first-bundle` stands without the other.
 */
export async function fetchFromEndpoint(
  trustDomain: TrustDomain,
  url: string,
  flags: EndpointFlags,
): Promise<TrustBundle> {
  const profile = await profileFor(flags)
  const fetch = await fetchFor(flags)
  try {
    return await fetchBundle({ trustDomain, url, profile, fetch, timeoutMs: TIMEOUT_MS })
  } finally {
    fetch.close()
  }
}

async function profileFor({ endpointId, firstBundle }: EndpointFlags): Promise<BundleEndpointProfile> {
  if (endpointId === undefined && firstBundle === undefined) return { type: 'https_web' }
  if (endpointId === undefined || firstBundle === undefined) {
    throw new UsageError('--endpoint-id and --first-bundle go together')
  }
  const id = parseSpiffeId(endpointId)
  const bundles = createBundleSet([await readBundleFile(id.trustDomain, firstBundle)])
  return { type: 'https_spiffe', endpointId: id, bundles }
}

/** What a person wants to know of a bundle. Keys are not among it. */
export function summaryOf(bundle: TrustBundle): {
  readonly trustDomain: string
  readonly x509Authorities: readonly { readonly fingerprint: string; readonly notAfter: string }[]
  readonly jwtAuthorities: readonly string[]
  readonly sequence: string | null
  readonly refreshHint: number | null
} {
  return {
    trustDomain: bundle.trustDomain.name,
    x509Authorities: bundle.x509Authorities.map(({ fingerprint, notAfter }) => ({
      fingerprint,
      notAfter: dateOf(notAfter),
    })),
    jwtAuthorities: [...bundle.jwtAuthorities.keys()],
    // As text: it may be larger than what a number in JSON holds exactly.
    sequence: bundle.sequence?.toString() ?? null,
    refreshHint: bundle.refreshHint ?? null,
  }
}

/** The lines that tell of a bundle. */
export function describeBundle(bundle: TrustBundle): readonly string[] {
  const { trustDomain, x509Authorities, jwtAuthorities, sequence, refreshHint } = summaryOf(bundle)
  return [
    `trust domain: ${trustDomain}`,
    ...x509Authorities.map(
      ({ fingerprint, notAfter }) => `X.509 authority: sha256 ${fingerprint}, valid until ${notAfter}`,
    ),
    ...jwtAuthorities.map((kid) => `JWT authority: kid ${kid}`),
    `sequence: ${sequence ?? 'none'}`,
    `refresh hint: ${refreshHint === null ? 'none' : `${String(refreshHint)} s`}`,
  ]
}

/** A time as people read it, in UTC. */
export function dateOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
}
