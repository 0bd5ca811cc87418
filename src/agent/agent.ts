import type { AuthorizationDetail } from '../authorization/index.ts'
import { createSignatureCache, type IssuerTrust, type StatusChecker } from '../credentials/index.ts'
import type { Demand } from '../demand/index.ts'
import { createDidResolver, type DidResolver } from '../did/index.ts'
import type {
  ComplianceEvidenceSource,
  EvidenceTrust,
  HandshakeRegistry,
  OwnSvids,
} from '../handshake/index.ts'
import { createGuardedFetch, type GuardedFetch } from '../net/index.ts'
import { createLruMap, systemClock, type Clock } from '../runtime/index.ts'
import { createStatusChecker } from '../status/index.ts'
import type { Wallet } from '../wallet/index.ts'
import { connectToPeer } from './connect.ts'
import { prepareForPeer, type PrepareOptions } from './prepare.ts'
import type { AgentSession } from './agent-session.ts'
import { spiffeTrustOf, type AgentSpiffeOptions } from './spiffe-options.ts'

const MAX_BINDING_PEERS = 1000

/** What an agent is made with. */
export interface AgentOptions {
  /** The agent's DID; the wallet has its `authentication` key. */
  readonly did: string
  /** Keys and credentials. */
  readonly wallet: Wallet
  /** Whom the agent believes what. There is no default: anyone has to be spelled out. */
  readonly trust: IssuerTrust
  /** Reaches strangers. Defaults to a guarded fetch to public addresses. */
  readonly fetch?: GuardedFetch
  /** Defaults to did:key and did:web through `fetch`. */
  readonly resolver?: DidResolver
  /** Defaults to Bitstring Status Lists through `fetch`. */
  readonly status?: StatusChecker
  /** SVIDs, shown and judged. Defaults to none: no peer is shown one, and none is believed. */
  readonly spiffe?: AgentSpiffeOptions
  /** Compliance proofs, for peers that ask for them. Defaults to none: `comity/zk/prove` makes them. */
  readonly compliance?: { readonly source: ComplianceEvidenceSource }
  /** Versions and suites of the handshake. Defaults to all of this release. */
  readonly registry?: HandshakeRegistry
  /** Defaults to the system clock. */
  readonly clock?: Clock
}

/** What is wanted of a peer, and what is asked of it. */
export interface ConnectOptions {
  /** Authorization details wanted, RFC 9396; 1 to 32. */
  readonly request: readonly AuthorizationDetail[]
  /**
   * What the peer must show. `{ anyone: true }` asks for nothing beyond its DID. `channel.binding` also says whether the
   * own messages may be bound to the TLS connection: with `required` the run goes over a connection of its own, by
   * default only where the peer requires it or the agent has an SVID to offer in TLS, with `off` not at all.
   */
  readonly demand: Demand
  /**
   * Whether the peer sees a fresh `did:key`, used for this one session, and compliance proofs for it, in place of the
   * agent's DID. Nothing of the agent's own is shown then: no credential, no SVID. Defaults to false.
   *
   * The request, the own demand, and where the traffic comes from are the same all the same: see SECURITY.md.
   */
  readonly pairwise?: boolean
}

/** An agent: it holds its identity and evidence, and connects to peers. */
export interface Agent {
  /** Its DID. */
  readonly did: string
  /** Its keys and credentials. */
  readonly wallet: Wallet
  /** The SVIDs that it shows; undefined where it has none. */
  readonly svids: OwnSvids | undefined
  /** What it judges others' evidence with. */
  readonly evidence: EvidenceTrust
  /** What makes its compliance proofs; undefined where it has none. */
  readonly compliance: ComplianceEvidenceSource | undefined
  /** What it reaches strangers with. */
  readonly fetch: GuardedFetch
  /** Its versions and suites; undefined for all of this release. */
  readonly registry: HandshakeRegistry | undefined
  /** What it reads the time from. */
  readonly clock: Clock
  /**
   * Runs the handshake with a peer, as its initiator.
   *
   * @param peer The peer's DID. Its document names the endpoint (`ComityHandshake`).
   * @returns The session: DPoP and renewal are inside.
   * @throws {PeerError} `COMITY_PEER_REFUSED` before keys exist, `COMITY_PEER_REJECTED` after, with a coarse
   *   `details.reason`; `COMITY_PEER_PROTOCOL` when it answers something else.
   * @throws {VerificationError | TrustError | PolicyError} The peer does not pass the own checks.
   * @throws {NetworkError} The peer cannot be reached within the limits.
   * @throws {TypeError} An option is missing; a demand or detail that is malformed has its own code. Nothing was sent.
   */
  connect(peer: string, options: ConnectOptions): Promise<AgentSession>
  /**
   * Asks a peer what it demands now, and makes compliance proofs for it ahead, for pairwise connections that are to come:
   * they last until the peer's epoch ends. Says nothing of the agent to the peer.
   *
   * @param peer The peer's DID.
   * @throws {PeerError} `COMITY_PEER_REFUSED`, `COMITY_PEER_PROTOCOL`.
   * @throws {PolicyError} `COMITY_ZK_DOMAIN_FOREIGN`.
   * @throws {NetworkError} The peer cannot be reached within the limits.
   * @throws {TypeError} The agent has nothing to make proofs with.
   * @throws {ComityError} The demand is malformed, or what makes the proofs throws.
   */
  prepare(peer: string, options?: PrepareOptions): Promise<void>
}

/**
 * Makes an agent.
 *
 * @throws {PolicyError} `COMITY_WALLET_KEY_UNKNOWN` when the wallet cannot sign for the DID.
 * @throws {TypeError} `options.spiffe` contradicts itself.
 */
export async function createAgent(options: AgentOptions): Promise<Agent> {
  const { did, wallet, trust, registry, clock = systemClock } = options
  const spiffe = spiffeTrustOf(options.spiffe ?? {})
  await wallet.signer(did, 'authentication') // fail now, not in the first handshake
  const fetch = options.fetch ?? createGuardedFetch()
  const resolver = options.resolver ?? createDidResolver({ fetch, clock })
  const status = options.status ?? createStatusChecker({ fetch, resolver, clock })
  const bindingPeers = createLruMap<true>({ maxEntries: MAX_BINDING_PEERS })
  const agent: Agent = {
    did,
    wallet,
    svids: options.spiffe?.svids,
    evidence: {
      resolver,
      trust,
      status,
      cache: createSignatureCache(),
      ...(spiffe === undefined ? {} : { spiffe }),
    },
    compliance: options.compliance?.source,
    fetch,
    registry,
    clock,
    connect: (peer, wanted) => connectToPeer(agent, peer, wanted, bindingPeers),
    prepare: (peer, wanted = {}) => prepareForPeer(agent, peer, wanted),
  }
  return Object.freeze(agent)
}
