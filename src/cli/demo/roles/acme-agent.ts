import { createAgent, type Agent, type AgentSession } from '../../../agent/index.ts'
import { parseDemand, type Demand } from '../../../demand/index.ts'
import { generateSigner, withKid, type PublicJwk, type Signer } from '../../../keys/index.ts'
import type { GuardedFetch } from '../../../net/index.ts'
import { systemClock } from '../../../runtime/index.ts'
import type { X509Source } from '../../../spiffe/workload-api.ts'
import { createDidResolver } from '../../../did/index.ts'
import { createTrustRegistry } from '../../../trust/index.ts'
import { createMemoryWallet } from '../../../wallet/index.ts'
import { serveRole } from '../role-process.ts'
import type { AgentCommitment, AgentCredentials } from './acme.ts'
import { reach } from './connectivity.ts'
import { spireSource } from './spire-source.ts'
import { demoDids, type DemoDids, type DemoOrigins } from './names.ts'

/** What the agent asks of a partner: an organization that it knows runs it. */
const PARTNER_MUST_BE: Demand = parseDemand({
  credentials: [
    {
      id: 'provenance',
      format: 'vc+jwt',
      meta: { type_values: [['AgentProvenanceCredential']] },
    },
  ],
})

/** The headers of a request, as somebody between agent and gateway would have seen them. */
export interface SeenRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** What came of one request. */
export interface CallResult {
  readonly status: number
  readonly body: string
}

/** How an agent was received that has proven what it is and shown nothing. */
export interface ProvenVisit {
  /** Of the call. */
  readonly status: number
  /** Milliseconds for all proofs of one session. */
  readonly provingMs: number
  /** Milliseconds of the handshake, with the proofs at hand. */
  readonly handshakeMs: number
}

/** One of Acme's agents. */
const methods = {
  async createKey(): Promise<PublicJwk> {
    signer = await generateSigner({ alg: 'Ed25519' })
    return signer.publicJwk
  },

  /** Takes the agent's SVID from a SPIRE agent. Comes before `configure`. */
  async useSpire(address: string): Promise<void> {
    svids = { x509: await spireSource(address) }
  },

  /** Who it is in SPIRE's eyes. */
  async spiffeId(): Promise<string | undefined> {
    return Promise.resolve(svids?.x509.getX509Svid().id.uri)
  },

  async configure(input: {
    readonly origins: DemoOrigins
    readonly ca: string
    readonly agent: 'invoices' | 'reports'
    readonly credentials: AgentCredentials
  }): Promise<void> {
    dids = demoDids(input.origins)
    const did = dids[input.agent]
    if (signer === undefined) throw new TypeError('createKey comes first')
    await wallet.addKey(did, withKid(signer, `${did}#key-1`))
    const { tokens, compliance } = input.credentials
    // Nothing is shown to whom Globex does not vouch for.
    for (const token of tokens) await wallet.addCredential(token, { release: PARTNER_MUST_BE })
    reached = reach(Object.values(input.origins), input.ca)
    const resolver = createDidResolver({ fetch: reached })
    for (const text of compliance) await wallet.addComplianceCredential(text, { release: 'public', resolver })
    agent = await createAgent({
      did,
      wallet,
      trust: createTrustRegistry({ issuers: [{ did: dids.globex, types: ['AgentProvenanceCredential'] }] }),
      fetch: watched(reached),
      ...(svids === undefined ? {} : { spiffe: { svids } }),
    })
  },

  /** Connects to Globex's gateway, or to Mallory, who says that she is a partner. */
  async connect({ to }: { to: 'gateway' | 'mallory' }): Promise<{ id: string; shown: readonly string[] }> {
    const { agent, dids } = known()
    session = await agent.connect(dids[to], {
      request: [{ type: 'invoices', actions: ['read', 'match'] }],
      demand: to === 'gateway' ? PARTNER_MUST_BE : { anyone: true },
    })
    return { id: session.id, shown: session.credentials.flatMap(({ types }) => types) }
  },

  /** Commits its wallet's secret to Acme, for a credential that proofs can be made of. */
  async commit({ issuer, nonce }: { issuer: string; nonce: string }): Promise<AgentCommitment> {
    return { commitment: await wallet.commitCompliance({ issuer, nonce }), nonce }
  },

  /** Proves to Globex what it asks for, under a DID for this once, and reads invoices. The session stays open. */
  async visitWithProofs({ artifacts }: { artifacts: string }): Promise<ProvenVisit> {
    const { agent, dids } = known()
    if (reached === undefined) throw new TypeError('configure comes first')
    // Apart from all that the other steps need: provers take a second to start.
    const { visitWithProofs } = await import('./proven-visit.ts')
    const visit = await visitWithProofs({
      artifacts,
      wallet,
      fetch: reached,
      did: agent.did,
      peer: dids.proofs,
    })
    proven = visit.session
    return visit.seen
  },

  /** Calls in the session that rests on proofs until it is refused; gives how many were served before. */
  async callProvenUntilRefused({ path, withinMs }: { path: string; withinMs: number }): Promise<number> {
    if (proven === undefined) throw new TypeError('visitWithProofs comes first')
    return callUntilRefused(proven, path, withinMs)
  },

  async call({ method, path }: { method: 'GET' | 'POST'; path: string }): Promise<CallResult> {
    if (session === undefined) throw new TypeError('connect comes first')
    const response = await session.fetch(path, { method })
    return { status: response.status, body: await response.text() }
  },

  /** Calls until it is refused; gives the time of that, in milliseconds since the epoch. */
  async callUntilRefused({ path, withinMs }: { path: string; withinMs: number }): Promise<number> {
    if (session === undefined) throw new TypeError('connect comes first')
    await callUntilRefused(session, path, withinMs)
    return systemClock.now() * 1000
  },

  async lastRequest(): Promise<SeenRequest> {
    if (seen === undefined) throw new TypeError('there was no request')
    return Promise.resolve(seen)
  },
}

/** The methods of this role, for the one who starts it. */
export type AcmeAgentMethods = typeof methods

const wallet = createMemoryWallet()
let reached: GuardedFetch | undefined
let proven: AgentSession | undefined
let signer: Signer | undefined
let svids: { readonly x509: X509Source } | undefined
let agent: Agent | undefined
let dids: DemoDids | undefined
let session: AgentSession | undefined
let seen: SeenRequest | undefined

function known(): { agent: Agent; dids: DemoDids } {
  if (agent === undefined || dids === undefined) throw new TypeError('configure comes first')
  return { agent, dids }
}

async function callUntilRefused(open: AgentSession, path: string, withinMs: number): Promise<number> {
  const end = systemClock.now() + withinMs / 1000
  for (let served = 0; systemClock.now() < end; served += 1) {
    const { status } = await open.fetch(path)
    if (status === 401) return served
    if (status !== 200) throw new TypeError(`the call ended with ${String(status)}`)
  }
  throw new TypeError('the session was still served at the end')
}

/** Keeps what a log on the way would have kept, for Mallory to find. */
function watched(fetch: GuardedFetch): GuardedFetch {
  const watching: typeof fetch = Object.assign(
    async (...[url, request]: Parameters<GuardedFetch>) => {
      if (request?.headers?.authorization !== undefined) seen = { url, headers: request.headers }
      return fetch(url, request)
    },
    {
      stream: (...parameters: Parameters<GuardedFetch['stream']>) => fetch.stream(...parameters),
      close: () => {
        fetch.close()
      },
    },
  )
  return watching
}

serveRole(methods)
