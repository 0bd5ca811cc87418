import { writeFile } from 'node:fs/promises'
import { createSpireBundleSink } from '../../adapters/spire/index.ts'
import { createDidResolver } from '../../did/index.ts'
import { createTrustDomainFederation, TRUST_DOMAIN_CREDENTIAL } from '../../federation/index.ts'
import { formatTrustBundle, parseTrustDomain, type TrustBundle } from '../../spiffe/index.ts'
import { createTrustRegistry } from '../../trust/index.ts'
import { fetchFor } from '../network.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'
import { describeBundle, fetchFromEndpoint, summaryOf, type EndpointFlags } from './spiffe-bundles.ts'

/** The flags of `comity spiffe federate`. */
export interface FederateFlags extends EndpointFlags {
  readonly trust: readonly string[]
  readonly pin: readonly string[]
  readonly trustDomain?: string
  readonly out?: string
  readonly spireSocket?: string
  readonly spireServer?: string
  readonly json: boolean
}

/** A bundle, and why it is taken for that of its trust domain. */
interface Found {
  readonly bundle: TrustBundle
  readonly because: string
}

/** Fetches the bundle of another trust domain, and hands it to whom was asked for. Gives the exit code. */
export async function federate(
  did: string | undefined,
  flags: FederateFlags,
  output: ProgramOutput,
): Promise<number> {
  const { bundle, because } = did === undefined ? await fromEndpoint(flags) : await fromDid(did, flags)
  const { out, spireSocket } = flags
  if (out !== undefined) await writeFile(out, `${formatTrustBundle(bundle)}\n`)
  if (spireSocket !== undefined) await sinkFor(spireSocket, flags).set(bundle)
  print(output, flags.json, { ok: true, because, ...summaryOf(bundle) }, [
    ...describeBundle(bundle),
    `believed: ${because}`,
    ...(out === undefined ? [] : [`written: ${out}`]),
    ...(spireSocket === undefined ? [] : [`the SPIRE at ${spireSocket} trusts it`]),
  ])
  return 0
}

function sinkFor(
  socketPath: string,
  { spireServer }: FederateFlags,
): ReturnType<typeof createSpireBundleSink> {
  return createSpireBundleSink({ socketPath, ...(spireServer !== undefined && { command: spireServer }) })
}

async function fromEndpoint(flags: FederateFlags): Promise<Found> {
  const { endpoint, trustDomain } = flags
  if (endpoint === undefined || trustDomain === undefined) {
    throw new UsageError('give a DID, or --endpoint and --trust-domain')
  }
  const bundle = await fetchFromEndpoint(parseTrustDomain(trustDomain), endpoint, flags)
  return { bundle, because: 'you said that this is its endpoint' }
}

async function fromDid(did: string, flags: FederateFlags): Promise<Found> {
  if (flags.endpoint !== undefined) throw new UsageError('give a DID or --endpoint')
  const fetch = await fetchFor(flags)
  try {
    await using federation = await createTrustDomainFederation({
      resolver: createDidResolver({ fetch }),
      fetch,
      trust: createTrustRegistry({
        issuers: flags.trust.map((issuer) => ({ did: issuer, types: [TRUST_DOMAIN_CREDENTIAL] })),
      }),
      pinned: flags.pin.map((name) => ({ did, trustDomain: name })),
    })
    const { bundle, because, organization, issuer } = await federation.learn(did)
    return { bundle, because: REASONS[because](organization, issuer) }
  } finally {
    fetch.close()
  }
}

const REASONS = {
  pinned: (organization: string) => `you pinned it to ${organization}`,
  'domain-name': (organization: string) => `its name is that of the host of ${organization}`,
  attested: (organization: string, issuer = 'an issuer') => `${issuer} attests it to ${organization}`,
} as const
