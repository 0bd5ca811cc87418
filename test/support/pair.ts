import type { Demand } from '../../src/demand/index.ts'
import { createDidResolver, didKeyFromJwk } from '../../src/did/index.ts'
import {
  createInitiator,
  createResponder,
  defaultRegistry,
  type Channel,
  type ComplianceTrust,
  type HandshakeLimits,
  type HandshakeRegistry,
  type Initiator,
  type Responder,
} from '../../src/handshake/index.ts'
import { generateSigner, withKid, type Signer } from '../../src/keys/index.ts'
import { createGuardedFetch } from '../../src/net/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { createTrustRegistry } from '../../src/trust/index.ts'
import { createMemoryWallet, type Wallet } from '../../src/wallet/index.ts'
import { createManualInitiator, type ManualIdentity, type ManualInitiator } from './manual-initiator.ts'
import { REQUEST } from './world.ts'

/** A party with a did:key: nothing has to be fetched to know it. */
export interface KeyParty {
  readonly did: string
  readonly signer: Signer
  readonly wallet: Wallet
}

/** Makes a party. */
export async function createKeyParty(): Promise<KeyParty> {
  const key = await generateSigner({ alg: 'Ed25519' })
  const did = didKeyFromJwk(key.publicJwk)
  const signer = withKid(key, `${did}#${did.slice('did:key:'.length)}`)
  const wallet = createMemoryWallet()
  await wallet.addKey(did, signer)
  return { did, signer, wallet }
}

const fetch = createGuardedFetch()

/** What both sides of a pair judge evidence with: nobody is trusted, and nothing is asked. */
export const noTrust = {
  resolver: createDidResolver({ fetch }),
  trust: createTrustRegistry({ issuers: [] }),
  status: { check: () => Promise.resolve() },
}

/** Two parties in one process, without a network: for what does not depend on one. */
export interface Pair {
  readonly initiator: KeyParty
  readonly responder: KeyParty
  readonly endpoint: Responder
  /** Sends a message; what made the responder refuse it is thrown. */
  send(body: string, channel?: Channel): Promise<Uint8Array>
  /** The library's initiator. */
  honest(demand?: Demand): Initiator
  /** One that lies. */
  manual(changes?: Partial<ManualIdentity>): Promise<ManualInitiator>
}

/** Makes a pair. */
export async function createPair(
  options: {
    registry?: HandshakeRegistry
    limits?: HandshakeLimits
    demand?: Demand
    compliance?: ComplianceTrust
  } = {},
): Promise<Pair> {
  const { registry = defaultRegistry, limits = {}, demand: asked = { anyone: true }, compliance } = options
  const [initiator, responder] = [await createKeyParty(), await createKeyParty()]
  let refused: { error: unknown } | undefined
  const endpoint = createResponder({
    did: responder.did,
    wallet: responder.wallet,
    evidence: compliance === undefined ? noTrust : { ...noTrust, compliance },
    demand: asked,
    store: createMemoryStore(),
    registry,
    limits,
    openSession: ({ request, now }) =>
      Promise.resolve({
        expiresAt: Math.floor(now) + 60,
        accessToken: 'opaque',
        granted: request,
        renew: undefined,
      }),
    onOutcome: (outcome) => {
      refused = outcome.kind === 'refused' ? { error: outcome.error } : undefined
      return Promise.resolve()
    },
  })
  return {
    initiator,
    responder,
    endpoint,
    async send(body, channel) {
      refused = undefined
      const answer = await endpoint.receive(new TextEncoder().encode(body), {
        source: 'pair',
        ...(channel === undefined ? {} : { channel }),
      })
      const failure = refused as { error: unknown } | undefined
      if (failure !== undefined) throw failure.error
      return new TextEncoder().encode(answer.body)
    },
    honest: (demand = { anyone: true }) =>
      createInitiator({
        did: initiator.did,
        peer: responder.did,
        wallet: initiator.wallet,
        evidence: noTrust,
        demand,
        request: REQUEST,
        registry,
      }),
    manual: (changes = {}) =>
      createManualInitiator({
        did: initiator.did,
        signer: initiator.signer,
        peer: responder.did,
        evidence: [],
        demand: { anyone: true },
        request: REQUEST,
        ...registry,
        ...changes,
      }),
  }
}
