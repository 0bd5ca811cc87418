import { onTestFinished } from 'vitest'
import { serveHttps } from '../../src/adapters/node/index.ts'
import { createDidDocument, createDidResolver, didWebFromUrl, type DidResolver } from '../../src/did/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { generateSigner, signJws, type Signer } from '../../src/keys/index.ts'
import { createGuardedFetch, insecureAllowLoopback, type GuardedFetch } from '../../src/net/index.ts'
import {
  createEventListener,
  createEventPublisher,
  EVENTS_SERVICE,
  eventStreamResponse,
  type EventListener,
  type EventListenerOptions,
  type EventPublisher,
  type EventPublisherOptions,
  type EventStreamOptions,
  type VerifiedEvent,
} from '../../src/revocation/index.ts'
import { systemClock } from '../../src/runtime/index.ts'
import { createMemoryStore, type Store } from '../../src/store/index.ts'
import { createCertificateAuthority } from '../support/certificate-authority.ts'

/** Somebody with a DID whose document is served. */
export interface Party {
  readonly did: string
  readonly signer: Signer
}

type Handler = (request: Request) => Promise<Response>

/** A server on loopback with DID documents, and whoever looks at it. */
export interface World {
  readonly origin: string
  readonly fetch: GuardedFetch
  readonly resolver: DidResolver
  /** Makes a party, whose event stream is at `/<name>/events`. */
  party(name: string): Promise<Party>
  /** Serves a path. */
  serve(path: string, handler: Handler): void
  /** Serves a publisher's events; all instances of an organization may be served on paths of their own. */
  serveEvents(publisher: EventPublisher, path: string, options?: Partial<EventStreamOptions>): void
}

const authority = await createCertificateAuthority()
const certificate = await authority.issue()

/**
 * Starts a server that ends with the test.
 *
 * @param front Puts something before the server, and gives the origin under which the world sees it.
 */
export async function createWorld(
  front: (origin: string) => Promise<string> = (origin) => Promise.resolve(origin),
): Promise<World> {
  const handlers = new Map<string, Handler>()
  const server = await serveHttps({
    ...certificate,
    port: 0,
    graceMs: 0,
    handler: async (request) => {
      const handler = handlers.get(new URL(request.url).pathname)
      return (await handler?.(request)) ?? new Response(null, { status: 404 })
    },
  })
  const origin = await front(server.origin)
  const fetch = createGuardedFetch({ ca: authority.ca, [insecureAllowLoopback]: [origin] })
  const resolver = createDidResolver({ fetch })
  onTestFinished(async () => {
    fetch.close()
    await server.close()
  })
  return {
    origin,
    fetch,
    resolver,
    party: async (name) => {
      const did = didWebFromUrl(`${origin}/${name}/did.json`)
      const signer = await generateSigner({ alg: 'Ed25519', kid: `${did}#key-1` })
      const document = createDidDocument({
        did,
        keys: [
          { fragment: '#key-1', jwk: signer.publicJwk, relationships: ['authentication', 'assertionMethod'] },
        ],
        services: [
          { fragment: '#events', type: EVENTS_SERVICE, serviceEndpoint: `${origin}/${name}/events` },
        ],
      })
      handlers.set(`/${name}/did.json`, () =>
        Promise.resolve(
          new Response(JSON.stringify(document), { headers: { 'content-type': 'application/did+json' } }),
        ),
      )
      return { did, signer }
    },
    serve: (path, handler) => handlers.set(path, handler),
    serveEvents: (publisher, path, options = {}) => {
      const replay = createMemoryStore()
      handlers.set(path, (request) =>
        eventStreamResponse(publisher, request, {
          admit: () => true,
          resolver,
          replay,
          heartbeatMs: 100,
          ...options,
        }),
      )
    },
  }
}

/** Acme publishes, Globex listens. */
export interface Pair {
  readonly world: World
  readonly acme: Party
  readonly globex: Party
  readonly published: Store
  readonly publisher: EventPublisher
  readonly received: Store
  readonly events: VerifiedEvent[]
  readonly errors: unknown[]
  listener(change?: Partial<EventListenerOptions>): EventListener
}

/** Sets both up. */
export async function createPair(
  change: {
    publisher?: Partial<EventPublisherOptions>
    stream?: Partial<EventStreamOptions>
    front?: (origin: string) => Promise<string>
  } = {},
): Promise<Pair> {
  const world = await createWorld(change.front)
  const acme = await world.party('acme')
  const globex = await world.party('globex')
  const published = createMemoryStore()
  const received = createMemoryStore()
  const publisher = createEventPublisher({
    store: published,
    signer: acme.signer,
    issuer: acme.did,
    ...change.publisher,
  })
  world.serveEvents(publisher, '/acme/events', change.stream)
  const events: VerifiedEvent[] = []
  const errors: unknown[] = []
  onTestFinished(() => {
    publisher.close()
  })
  return {
    world,
    acme,
    globex,
    published,
    publisher,
    received,
    events,
    errors,
    listener: (more = {}) => {
      const listener = createEventListener({
        did: globex.did,
        signer: globex.signer,
        fetch: world.fetch,
        resolver: world.resolver,
        store: received,
        minDelayMs: 10,
        onEvent: (event) => events.push(event),
        onError: (error) => errors.push(error),
        ...more,
      })
      onTestFinished(() => listener.close())
      return listener
    },
  }
}

/** The subject of most events here. */
export const AGENT = 'did:web:acme.example:invoices'

const SESSION_REVOKED = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked'

/** The claims of a good event, with some changed; undefined takes one away. */
export function eventClaims(
  issuer: string,
  audience: string,
  change: Record<string, unknown> = {},
): JsonObject {
  const now = Math.floor(systemClock.now())
  const claims: Record<string, unknown> = {
    iss: issuer,
    aud: audience,
    iat: now,
    jti: 'event-1',
    toe: now,
    sub_id: { format: 'did', url: AGENT },
    events: { [SESSION_REVOKED]: { event_timestamp: now, reason_admin: { en: 'compromised' } } },
    ...change,
  }
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)) as JsonObject
}

/** Signs claims as an event, or as something else. */
export async function signedEvent(signer: Signer, claims: JsonObject, typ = 'secevent+jwt'): Promise<string> {
  return await signJws({ header: { typ }, payload: claims, signer })
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
