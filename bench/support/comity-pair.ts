import { createSignatureCache } from 'comity/credentials'
import {
  createInitiator,
  createResponder,
  type EstablishedSession,
  type EvidenceTrust,
  type ResponderOptions,
} from 'comity/handshake'
import { generateSigner, type Signer } from 'comity/keys'
import { systemClock, type Clock } from 'comity/runtime'
import { createSessionRegistry, issueAccessToken, type SessionRegistry } from 'comity/session'
import { createStatusChecker } from 'comity/status'
import { createMemoryStore } from 'comity/store'
import {
  AGENT_DEMAND,
  createLocalWeb,
  createOrganization,
  createParty,
  GATEWAY_DEMAND,
  REQUEST,
  trusting,
  type Party,
} from './parties.ts'
import type { RawSizes } from './raw-handshake.ts'

/** The bodies of one handshake, and what it led to. */
export interface Recording {
  readonly bodies: readonly Uint8Array[]
  readonly established: EstablishedSession
}

/** Two organizations in one process, their hosts' documents and lists in their caches. */
export interface ComityPair {
  readonly registry: SessionRegistry
  /** How much is signed, sealed and hashed in a handshake. */
  sizes(): Promise<RawSizes>
  /** Runs all four messages. */
  handshake(): Promise<Recording>
}

const SESSION_SECONDS = 30
const encoder = new TextEncoder()

/** Makes a pair. Each side shows two credentials to the other. */
export async function createComityPair(options: { readonly clock?: Clock } = {}): Promise<ComityPair> {
  const { clock = systemClock } = options
  const web = createLocalWeb()
  const acme = await createOrganization('https://acme.example', web.resolver)
  const globex = await createOrganization('https://globex.example', web.resolver)
  for (const { origin, host } of [acme, globex]) web.hosts.set(origin, host)
  const release = { anyone: true } as const
  const agent = await createParty(acme, {
    name: 'ledger',
    types: ['AgentCapabilityCredential', 'AgentPostureCredential'],
    release,
  })
  const gateway = await createParty(globex, {
    name: 'gateway',
    types: ['AgentProvenanceCredential', 'AgentPostureCredential'],
    release,
  })
  const evidence = (issuer: string): EvidenceTrust => ({
    resolver: web.resolver,
    trust: trusting(issuer),
    status: createStatusChecker({ fetch: web.fetch, resolver: web.resolver }),
    cache: createSignatureCache(),
  })
  const store = createMemoryStore({ clock, maxLogEntries: 100_000 })
  const registry = createSessionRegistry({ store, clock })
  const tokens = await generateSigner({ alg: 'Ed25519' })
  const responder = createResponder({
    did: gateway.did,
    wallet: gateway.wallet,
    evidence: evidence(acme.did),
    demand: AGENT_DEMAND,
    store,
    clock,
    limits: { burst: 1e9, perSecond: 1e9, openPerSource: 1e6 },
    openSession: opener(registry, tokens, gateway.did),
  })
  const judged = evidence(globex.did)
  const post = async (body: string): Promise<Uint8Array> => {
    const answer = await responder.receive(encoder.encode(body), { source: 'bench' })
    if (answer.status !== 200) throw new Error(answer.body)
    return encoder.encode(answer.body)
  }
  async function handshake(): Promise<Recording> {
    const { did, wallet } = agent
    const options = { evidence: judged, demand: GATEWAY_DEMAND, request: REQUEST, clock }
    const initiator = createInitiator({ did, peer: gateway.did, wallet, ...options })
    const hello = await initiator.hello()
    const offer = await post(hello)
    const present = await initiator.present(offer)
    const answer = await post(present)
    const established = await initiator.finish(answer)
    return { bodies: [encoder.encode(hello), offer, encoder.encode(present), answer], established }
  }
  return { registry, handshake, sizes: async () => sizesOf(await handshake(), agent, gateway) }
}

/** Opens sessions as a gateway does: remembered in the store, with an access token. */
function opener(registry: SessionRegistry, signer: Signer, issuer: string): ResponderOptions['openSession'] {
  return async (run) => {
    const issuers = run.credentials.map(({ issuer: did }) => did)
    const session = await registry.open({
      id: run.id,
      agent: run.initiator,
      organizations: [...new Set([...run.controllers, ...issuers])],
      accountable: run.controllers,
      jkt: run.jkt,
      granted: run.request,
      expiresAt: Math.min(run.evidenceExpiresAt, run.now + SESSION_SECONDS),
      evidenceCheckedAt: run.now,
      credentials: run.credentials.map(({ issuer: did, types, digest, id, status }) => ({
        issuer: did,
        type: types[1] ?? '',
        digest,
        statusRefs: status,
        ...(id === undefined ? {} : { id }),
      })),
    })
    const audience = 'https://globex.example'
    const { token, expiresAt } = await issueAccessToken({ signer, issuer, audience, session, now: run.now })
    return { expiresAt, accessToken: token, granted: run.request, renew: undefined }
  }
}

/** Reads off a handshake how much was signed, sealed and hashed in it. */
function sizesOf(recording: Recording, initiator: Party, responder: Party): RawSizes {
  const [hello, offer, present, answer] = recording.bodies.map(readEnvelope)
  const proof = { th: 'x'.repeat(43), sub: initiator.did, aud: responder.did, iat: 1_700_000_000 }
  return {
    helloClear: hello?.clear ?? 0,
    offerClear: offer?.clear ?? 0,
    offer: offer?.payload ?? 0,
    present: present?.payload ?? 0,
    accept: answer?.payload ?? 0,
    sessionKeyProof: JSON.stringify(proof).length,
    accessToken: payloadBytes(recording.established.grant.accessToken.length),
  }
}

function readEnvelope(body: Uint8Array): { clear: number; payload: number } {
  const { clear, box } = JSON.parse(new TextDecoder().decode(body)) as { clear: string; box?: string }
  return { clear: decodedLength(clear), payload: payloadBytes(decodedLength(box?.split('.')[3] ?? '')) }
}

function decodedLength(text: string): number {
  return Math.floor((text.length * 3) / 4)
}

/** Of a compact JWS: without its header of some 110 characters and its signature of 86. */
function payloadBytes(length: number): number {
  return Math.max(0, decodedLength('x'.repeat(Math.max(0, length - 196))))
}
