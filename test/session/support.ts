import { generateSigner, jwkThumbprint, type Signer } from '../../src/keys/index.ts'
import type { Clock } from '../../src/runtime/index.ts'
import {
  createDpopProof,
  createSessionRegistry,
  issueAccessToken,
  type NewSession,
  type SessionRecord,
  type SessionRegistry,
  type SessionRequest,
  type VerifyRequestOptions,
} from '../../src/session/index.ts'
import { createMemoryStore, type Store } from '../../src/store/index.ts'

/** The moment at which these tests happen, in seconds. */
export const NOW = 1_790_000_000

export const GATEWAY = 'did:web:globex.example'
export const AUDIENCE = 'https://api.globex.example'
export const AGENT = 'did:web:acme.example:invoices'
export const ACME = 'did:web:acme.example'
export const URL_OF_REQUEST = 'https://api.globex.example/invoices/2026-10?page=2'

/** A clock that stands still until it is moved. */
export interface StoppedClock extends Clock {
  time: number
}

export function stoppedClock(time: number = NOW): StoppedClock {
  return {
    time,
    now() {
      return this.time
    },
  }
}

let count = 0

/** A session as a handshake would leave it behind. */
export function newSession(jkt: string, change: Partial<NewSession> = {}): NewSession {
  return {
    id: `session-${String(++count)}`,
    agent: AGENT,
    organizations: [ACME],
    accountable: [ACME],
    jkt,
    granted: [{ type: 'invoices', actions: ['read'] }],
    expiresAt: NOW + 3600,
    credentials: [
      { issuer: ACME, type: 'AgentPostureCredential', digest: `posture-${String(count)}`, statusRefs: [] },
    ],
    ...change,
  }
}

/** A gateway with one open session, and the agent that it is for. */
export interface Scene {
  readonly clock: StoppedClock
  readonly store: Store
  readonly registry: SessionRegistry
  readonly gateway: Signer
  readonly agent: Signer
  readonly session: SessionRecord
  readonly options: VerifyRequestOptions
  token(change?: Partial<Parameters<typeof issueAccessToken>[0]>): Promise<string>
  request(token: string, change?: Partial<Parameters<typeof createDpopProof>[0]>): Promise<SessionRequest>
}

export async function setScene(change: Partial<NewSession> = {}): Promise<Scene> {
  const clock = stoppedClock()
  const store = createMemoryStore({ clock })
  const registry = createSessionRegistry({ store, clock })
  const gateway = await generateSigner({ alg: 'Ed25519', kid: `${GATEWAY}#key-1` })
  const agent = await generateSigner({ alg: 'ES256' })
  const session = await registry.open(newSession(jwkThumbprint(agent.publicJwk), change))
  const common = { issuer: GATEWAY, audience: AUDIENCE, now: NOW }
  return {
    clock,
    store,
    registry,
    gateway,
    agent,
    session,
    options: { ...common, key: gateway.publicJwk, registry, replay: store },
    token: async (more = {}) =>
      (await issueAccessToken({ ...common, signer: gateway, session, ...more })).token,
    request: async (token, more = {}) => {
      const method = more.method ?? 'GET'
      const url = more.url ?? URL_OF_REQUEST
      const dpop = await createDpopProof({
        signer: agent,
        accessToken: token,
        now: NOW,
        ...more,
        method,
        url,
      })
      return { method, url: URL_OF_REQUEST, authorization: `DPoP ${token}`, dpop }
    },
  }
}

/** What a call rejects or throws with; undefined where it does neither. */
export async function failureOf(work: () => unknown): Promise<unknown> {
  try {
    await work()
    return undefined
  } catch (error) {
    return error
  }
}
