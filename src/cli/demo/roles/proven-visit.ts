import { createAgent, type AgentSession } from '../../../agent/index.ts'
import { createDidResolver } from '../../../did/index.ts'
import type { GuardedFetch } from '../../../net/index.ts'
import { systemClock } from '../../../runtime/index.ts'
import { createTrustRegistry } from '../../../trust/index.ts'
import type { Wallet } from '../../../wallet/index.ts'
import { createAnchorSource } from '../../../zk/index.ts'
import { createProofPool, createProver, loadArtifacts } from '../../../zk/prove.ts'
import type { ProvenVisit } from './acme-agent.ts'

/** Who visits whom, and with what. */
export interface ProvenVisitOptions {
  /** The folder of the circuit's artifacts. */
  readonly artifacts: string
  readonly wallet: Wallet
  readonly fetch: GuardedFetch
  /** The agent's lasting DID, which the peer does not see. */
  readonly did: string
  /** The gateway's DID. */
  readonly peer: string
}

/** Makes proofs ahead, connects under a fresh DID, reads invoices, and ends all but the session. */
export async function visitWithProofs(
  options: ProvenVisitOptions,
): Promise<{ readonly session: AgentSession; readonly seen: ProvenVisit }> {
  const { artifacts, wallet, fetch, did, peer } = options
  const resolver = createDidResolver({ fetch })
  await using prover = createProver({
    artifacts: await loadArtifacts(artifacts, { acceptDevelopmentSetup: true }),
  })
  await using pool = createProofPool({
    prover,
    holder: wallet,
    anchorSource: createAnchorSource({ fetch, resolver }),
    resolver,
    size: 1,
  })
  const agent = await createAgent({
    did,
    wallet,
    fetch,
    resolver,
    trust: createTrustRegistry({ issuers: [] }),
    compliance: { source: pool },
  })
  const begun = systemClock.now()
  await agent.prepare(peer)
  const prepared = systemClock.now()
  const request = [{ type: 'invoices', actions: ['read'] }]
  const session = await agent.connect(peer, { request, demand: { anyone: true }, pairwise: true })
  const connected = systemClock.now()
  const { status } = await session.fetch('/invoices/2026-10')
  const milliseconds = (seconds: number): number => Math.round(seconds * 1000)
  return {
    session,
    seen: {
      status,
      provingMs: milliseconds(prepared - begun),
      handshakeMs: milliseconds(connected - prepared),
    },
  }
}
