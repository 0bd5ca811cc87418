import { createAgent } from '../../src/agent/index.ts'
import type { WebHandler } from '../../src/adapters/node/index.ts'
import type { AgentCredentialType } from '../../src/credentials/index.ts'
import { createDidDocument, didWebFromUrl, type DidResolver } from '../../src/did/index.ts'
import { createHost, EVENTS_PATH, type Host } from '../../src/gateway/index.ts'
import { createIssuer, type Issuer } from '../../src/issuer/index.ts'
import { generateSigner } from '../../src/keys/index.ts'
import type { GuardedFetch } from '../../src/net/index.ts'
import { createEventPublisher } from '../../src/revocation/index.ts'
import { createStatusPublisher } from '../../src/status/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { createMemoryWallet } from '../../src/wallet/index.ts'
import { attestations } from './attestations.ts'
import type { AcmeAgent, AcmeAgentOptions, World, WorldOptions } from './world.ts'

export { attestations } from './attestations.ts'

/** What the parties of a world share. */
export interface Surroundings {
  readonly fetch: GuardedFetch
  readonly options: WorldOptions
}

/** The organization Acme: issuer, and host of DIDs, status lists and events. */
export async function createAcme(
  server: { origin: string; use(handler: WebHandler): void },
  { fetch, resolver, options }: Surroundings & { resolver: DidResolver },
): Promise<World['acme']> {
  const { origin } = server
  const did = didWebFromUrl(origin)
  const signer = await generateSigner({ alg: options.issuerAlg ?? 'Ed25519', kid: `${did}#key-1` })
  const store = createMemoryStore()
  const wallet = createMemoryWallet()
  await wallet.addKey(did, signer)
  const publisher = createEventPublisher({ store, signer, issuer: did })
  const statusLists = createStatusPublisher({ store, signer, issuer: did, url: `${origin}/status` })
  const host = createHost({
    origin,
    statusLists,
    events: {
      publisher,
      resolver,
      replay: store,
      admit: () => true,
      heartbeatMs: options.heartbeatMs ?? 500,
    },
    didDocuments: [
      createDidDocument({
        did,
        keys: [
          { fragment: '#key-1', jwk: signer.publicJwk, relationships: ['authentication', 'assertionMethod'] },
        ],
        services: [{ fragment: '#events', type: 'ComityEvents', serviceEndpoint: `${origin}${EVENTS_PATH}` }],
      }),
    ],
  })
  const issuer = createIssuer({ wallet, did, store, statusLists, events: publisher })
  server.use(
    async (request, context) =>
      (await options.intercept?.(request, context)) ??
      (await host.handle(request)) ??
      new Response(null, { status: 404 }),
  )
  return {
    did,
    signer,
    origin,
    host,
    issuer,
    statusLists,
    store,
    publisher,
    createAgent: (name, agentOptions = {}) =>
      createAcmeAgent(name, { did, origin, host, issuer, fetch }, agentOptions),
  }
}

async function createAcmeAgent(
  name: string,
  acme: { did: string; origin: string; host: Host; issuer: Issuer; fetch: GuardedFetch },
  options: AcmeAgentOptions,
): Promise<AcmeAgent> {
  const did = didWebFromUrl(`${acme.origin}/agents/${name}`)
  const signer = await generateSigner({ alg: options.alg ?? 'Ed25519', kid: `${did}#key-1` })
  const { relationships = ['authentication'] } = options
  acme.host.publishDocument(
    createDidDocument({
      did,
      controller: options.controller ?? acme.did,
      alsoKnownAs: options.alsoKnownAs ?? [],
      keys: [{ fragment: '#key-1', jwk: signer.publicJwk, relationships }],
    }),
  )
  const wallet = createMemoryWallet()
  await wallet.addKey(did, signer)
  const credentials: Record<string, string> = {}
  for (const [type, claims] of Object.entries(attestations(acme.did, options))) {
    const { token } = await acme.issuer.issue(type as AgentCredentialType, {
      subject: did,
      claims,
      lifetimeSeconds: 3600,
    })
    await wallet.addCredential(token, { release: options.release ?? 'public' })
    credentials[type] = token
  }
  // The agent trusts whoever the partner's organization is: what it asks for is tested elsewhere.
  const agent = await createAgent({
    did,
    wallet,
    trust: { judge: () => Promise.resolve({ accepted: true, reason: 'test' }) },
    fetch: acme.fetch,
    ...(options.registry === undefined ? {} : { registry: options.registry }),
    ...(options.spiffe === undefined ? {} : { spiffe: options.spiffe }),
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  })
  return { did, signer, wallet, agent, credentials }
}
