import type { AgentCredentialType, IssuerTrust } from 'comity/credentials'
import { parseDemand, type Demand } from 'comity/demand'
import { createDidDocument, createDidResolver, didWebFromUrl, type DidResolver } from 'comity/did'
import { createHost, EVENTS_PATH, type Host } from 'comity/gateway'
import { createIssuer, type Issuer } from 'comity/issuer'
import { generateSigner } from 'comity/keys'
import type { GuardedFetch } from 'comity/net'
import { createEventPublisher } from 'comity/revocation'
import { createStatusPublisher } from 'comity/status'
import { createMemoryStore } from 'comity/store'
import { createTrustRegistry } from 'comity/trust'
import { createMemoryWallet, type ReleaseRule, type Wallet } from 'comity/wallet'
import type { JsonObject } from 'comity/encoding'

/** What the agent asks to do. */
export const REQUEST = [{ type: 'invoices', actions: ['read'] }] as const

/** What the gateway asks of the agent. */
export const AGENT_DEMAND: Demand = demandFor('AgentCapabilityCredential', 'AgentPostureCredential')

/** What the agent asks of the gateway. */
export const GATEWAY_DEMAND: Demand = demandFor('AgentProvenanceCredential', 'AgentPostureCredential')

/** An organization: issuer, and host of DID documents, status lists and events. */
export interface Organization {
  readonly did: string
  readonly origin: string
  readonly host: Host
  readonly issuer: Issuer
}

/** A party to the handshake. */
export interface Party {
  readonly did: string
  readonly wallet: Wallet
}

/** Makes an organization. Nothing serves its host yet. */
export async function createOrganization(origin: string, resolver: DidResolver): Promise<Organization> {
  const did = didWebFromUrl(origin)
  const signer = await generateSigner({ alg: 'Ed25519', kid: `${did}#key-1` })
  const store = createMemoryStore()
  const wallet = createMemoryWallet()
  await wallet.addKey(did, signer)
  const publisher = createEventPublisher({ store, signer, issuer: did })
  const statusLists = createStatusPublisher({ store, signer, issuer: did, url: `${origin}/status` })
  const relationships = ['authentication', 'assertionMethod'] as const
  const host = createHost({
    origin,
    statusLists,
    documentSeconds: 300,
    events: { publisher, resolver, replay: store, admit: () => true },
    didDocuments: [
      createDidDocument({
        did,
        keys: [{ fragment: '#key-1', jwk: signer.publicJwk, relationships }],
        services: [{ fragment: '#events', type: 'ComityEvents', serviceEndpoint: `${origin}${EVENTS_PATH}` }],
      }),
    ],
  })
  return { did, origin, host, issuer: createIssuer({ wallet, did, store, statusLists, events: publisher }) }
}

/** Makes a party of an organization, with a credential of each type, each with its places in a status list. */
export async function createParty(
  { did: controller, origin, host, issuer }: Organization,
  options: {
    readonly name: string
    readonly types: readonly AgentCredentialType[]
    readonly release: ReleaseRule
  },
): Promise<Party> {
  const did = didWebFromUrl(`${origin}/${options.name}`)
  const signer = await generateSigner({ alg: 'Ed25519', kid: `${did}#key-1` })
  host.publishDocument(
    createDidDocument({
      did,
      controller,
      keys: [{ fragment: '#key-1', jwk: signer.publicJwk, relationships: ['authentication'] }],
      services: [
        { fragment: '#handshake', type: 'ComityHandshake', serviceEndpoint: `${origin}/comity/handshake` },
      ],
    }),
  )
  const wallet = createMemoryWallet()
  await wallet.addKey(did, signer)
  for (const type of options.types) {
    const claims = claimsOf(type, controller)
    const { token } = await issuer.issue(type, { subject: did, claims, lifetimeSeconds: 86_400 })
    await wallet.addCredential(token, { release: options.release })
  }
  return { did, wallet }
}

/** Trusts an issuer with all that is shown here. */
export function trusting(issuer: string): IssuerTrust {
  const types = ['AgentCapabilityCredential', 'AgentPostureCredential', 'AgentProvenanceCredential']
  return createTrustRegistry({ issuers: [{ did: issuer, types }] })
}

/** Reaches hosts in this process as if they were on the network. */
export function fetchFrom(hosts: ReadonlyMap<string, Host>): GuardedFetch {
  const reach = async (
    url: string,
  ): Promise<{ url: string; status: number; headers: Headers; body: Uint8Array }> => {
    const response = await hosts.get(new URL(url).origin)?.handle(new Request(url))
    if (response === undefined) throw new Error(`nothing is at ${url}`)
    const { status, headers } = response
    return { url, status, headers, body: new Uint8Array(await response.arrayBuffer()) }
  }
  return Object.assign(reach, {
    stream: () => Promise.reject(new Error('there are no streams here')),
    close: () => undefined,
  })
}

/** A resolver, and hosts that it finds in this process. */
export function createLocalWeb(): { hosts: Map<string, Host>; fetch: GuardedFetch; resolver: DidResolver } {
  const hosts = new Map<string, Host>()
  const fetch = fetchFrom(hosts)
  return { hosts, fetch, resolver: createDidResolver({ fetch, cacheSeconds: 300 }) }
}

function demandFor(...types: readonly AgentCredentialType[]): Demand {
  return parseDemand({
    credentials: types.map((type) => ({ id: type, format: 'vc+jwt', meta: { type_values: [[type]] } })),
    posture: { maxAge: 86_400 },
  })
}

function claimsOf(type: AgentCredentialType, organization: string): JsonObject {
  const assessedAt = `${new Date(Date.now() - 600_000).toISOString().slice(0, 19)}Z`
  switch (type) {
    case 'AgentCapabilityCredential':
      return { authorizationDetails: [{ type: 'invoices', actions: ['read', 'match'] }] }
    case 'AgentPostureCredential':
      return {
        assessedAt,
        attestation: { method: 'none' },
        patchAgeDays: 3,
        openCriticalVulnerabilities: 0,
        sandbox: 'container',
        egressControl: 'allow-list',
        region: 'eu',
        evaluations: [{ name: 'prompt-injection', passed: true, date: assessedAt.slice(0, 10) }],
      }
    default:
      return {
        organization,
        accountable: organization,
        model: { family: 'ledger', version: '4.2.0' },
        codeDigest: `sha256:${'9f'.repeat(32)}`,
      }
  }
}
