import type { Agent, AgentSpiffeOptions } from '../../src/agent/index.ts'
import {
  serveHttps,
  type HttpsServer,
  type RequestContext,
  type ServeHttpsOptions,
  type WebHandler,
} from '../../src/adapters/node/index.ts'
import type { IssuerTrust } from '../../src/credentials/index.ts'
import type { Demand } from '../../src/demand/index.ts'
import { createDidResolver, type DidResolver, type VerificationRelationship } from '../../src/did/index.ts'
import type { Gateway, GatewayLogEntry, GatewayOptions, Host } from '../../src/gateway/index.ts'
import type { HandshakeRegistry } from '../../src/handshake/index.ts'
import type { Issuer } from '../../src/issuer/index.ts'
import type { Signer } from '../../src/keys/index.ts'
import type { EventPublisher } from '../../src/revocation/index.ts'
import { createGuardedFetch, insecureAllowLoopback, type GuardedFetch } from '../../src/net/index.ts'
import type { Clock } from '../../src/runtime/index.ts'
import type { StatusPublisher } from '../../src/status/index.ts'
import type { Store } from '../../src/store/index.ts'
import type { ReleaseRule, Wallet } from '../../src/wallet/index.ts'
import { createCertificateAuthority } from './certificate-authority.ts'
import { createAcme } from './world-acme.ts'
import { createGlobex } from './world-globex.ts'

export { AGENT_DEMAND, PARTNER_DEMAND, REQUEST } from './demands.ts'

/** A party with a DID that is published. */
export interface Party {
  readonly did: string
  readonly signer: Signer
}

/** An agent of Acme's, with what Acme attests about it. */
export interface AcmeAgent extends Party {
  readonly wallet: Wallet
  readonly agent: Agent
  /** The tokens, by type. */
  readonly credentials: Readonly<Record<string, string>>
}

/** How an agent of Acme's is made. */
export interface AcmeAgentOptions {
  /** Seconds since the posture was assessed. Defaults to 600. */
  readonly postureAge?: number
  readonly openCriticalVulnerabilities?: number
  readonly relationships?: readonly VerificationRelationship[]
  readonly release?: ReleaseRule
  readonly registry?: HandshakeRegistry
  readonly controller?: string
  readonly alsoKnownAs?: readonly string[]
  readonly alg?: 'Ed25519' | 'EdDSA' | 'ES256' | 'ES384'
  readonly spiffe?: AgentSpiffeOptions
  readonly clock?: Clock
}

/** How the world is made. */
export interface WorldOptions {
  readonly demand?: Demand
  readonly trust?: (acme: string) => IssuerTrust
  readonly registry?: HandshakeRegistry
  readonly clock?: Clock
  /** What Globex shows and judges SVIDs with. */
  readonly spiffe?: AgentSpiffeOptions
  /** What Acme signs with. Defaults to Ed25519. */
  readonly issuerAlg?: 'Ed25519' | 'ES256'
  /** Milliseconds between Acme's heartbeats. Defaults to 500. */
  readonly heartbeatMs?: number
  readonly gateway?: Partial<GatewayOptions>
  /** How Globex's server is made. */
  readonly server?: Partial<ServeHttpsOptions>
  /** Stands before Acme's host. */
  readonly intercept?: (request: Request, context: RequestContext) => Promise<Response | undefined>
}

/** The organization with the gateway. */
export interface Globex extends Party {
  readonly origin: string
  readonly endpoint: string
  /** The first instance. */
  readonly gateway: Gateway
  readonly store: Store
  /** Starts another instance on the same store, as another process would: it shares nothing else. */
  startInstance(options?: Partial<GatewayOptions>): Promise<Gateway>
  /** Sends requests to this instance from now on. */
  serveFrom(instance: Gateway): void
  readonly log: GatewayLogEntry[]
  /** The newest code that the gateway has logged. */
  lastCode(): string | undefined
  /** Resolves once the gateway has applied an event that comes after the call. */
  nextEvent(): Promise<void>
  /** Ends all instances. */
  close(): Promise<void>
}

/** Two organizations on loopback, each behind a real HTTPS server of its own. */
export interface World {
  readonly fetch: GuardedFetch
  readonly resolver: DidResolver
  readonly ca: string
  readonly acme: Party & {
    readonly origin: string
    readonly host: Host
    readonly issuer: Issuer
    readonly statusLists: StatusPublisher
    readonly store: Store
    readonly publisher: EventPublisher
    /** Publishes an agent and gives it its credentials. */
    createAgent(name: string, options?: AcmeAgentOptions): Promise<AcmeAgent>
  }
  readonly globex: Globex
  /** Sends one handshake message, byte for byte. */
  post(body: string | Uint8Array): Promise<{ status: number; body: Uint8Array; text: string; code?: string }>
  close(): Promise<void>
}

/** Builds the world. */
export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const authority = await createCertificateAuthority()
  const servers: HttpsServer[] = []
  const serve = async (
    more: Partial<ServeHttpsOptions> = {},
  ): Promise<{ origin: string; use(handler: WebHandler): void }> => {
    let handler: WebHandler = () => Promise.resolve(new Response(null, { status: 503 }))
    const server = await serveHttps({
      ...(await authority.issue()),
      port: 0,
      handler: (request, context) => handler(request, context),
      onError: (error) => {
        console.error(error)
      },
      ...more,
    })
    servers.push(server)
    return {
      origin: server.origin,
      use: (next) => {
        handler = next
      },
    }
  }
  const [acmeServer, globexServer] = [await serve(), await serve(options.server)]
  const origins = [acmeServer.origin, globexServer.origin]
  const fetch = createGuardedFetch({ [insecureAllowLoopback]: origins, ca: authority.ca })
  const resolver = createDidResolver({ fetch })
  const acme = await createAcme(acmeServer, { fetch, resolver, options })
  const globex = await createGlobex(globexServer, { fetch, acme: acme.did, options })
  return {
    fetch,
    resolver,
    ca: authority.ca,
    acme,
    globex,
    async post(body) {
      const response = await fetch(globex.endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/comity+json' },
        body,
        timeoutMs: 20_000,
      })
      const text = new TextDecoder().decode(response.body)
      const parsed = JSON.parse(text) as { code?: string }
      return {
        status: response.status,
        body: response.body,
        text,
        ...(parsed.code === undefined ? {} : { code: parsed.code }),
      }
    },
    async close() {
      await globex.close()
      fetch.close()
      await Promise.all(servers.map((server) => server.close()))
    },
  }
}
