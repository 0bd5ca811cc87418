import { createAgent } from '../../src/agent/index.ts'
import type { WebHandler } from '../../src/adapters/node/index.ts'
import { issueCredential } from '../../src/credentials/index.ts'
import { createDidDocument, createDidResolver, didWebFromUrl } from '../../src/did/index.ts'
import {
  createGateway,
  createHost,
  type Gateway,
  type GatewayLogEntry,
  type GatewayOptions,
} from '../../src/gateway/index.ts'
import { generateSigner } from '../../src/keys/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { createTrustRegistry } from '../../src/trust/index.ts'
import { createMemoryWallet } from '../../src/wallet/index.ts'
import { attestations, type Surroundings } from './world-acme.ts'
import { AGENT_DEMAND, type Globex } from './world.ts'

const DAY = 86_400

/** The organization Globex: a gateway in front of two resources. */
export async function createGlobex(
  server: { origin: string; use(handler: WebHandler): void },
  { fetch, acme, options }: Surroundings & { acme: string },
): Promise<Globex> {
  const { origin } = server
  const did = didWebFromUrl(`${origin}/gateway`)
  const signer = await generateSigner({ alg: 'Ed25519', kid: `${did}#key-1` })
  const wallet = createMemoryWallet()
  await wallet.addKey(did, signer)
  const organization = didWebFromUrl(origin)
  const organizationKey = await generateSigner({ alg: 'Ed25519', kid: `${organization}#key-1` })
  const now = Math.floor(Date.now() / 1000)
  const provenance = await issueCredential({
    signer: organizationKey,
    issuer: organization,
    type: 'AgentProvenanceCredential',
    subject: did,
    claims: attestations(organization).AgentProvenanceCredential ?? {},
    validFrom: now - 60,
    validUntil: now + DAY,
  })
  await wallet.addCredential(provenance, { release: 'public' })
  const trust =
    options.trust?.(acme) ??
    createTrustRegistry({
      issuers: [
        {
          did: acme,
          types: ['AgentCapabilityCredential', 'AgentProvenanceCredential', 'AgentPostureCredential'],
        },
      ],
    })
  const store = createMemoryStore(options.clock === undefined ? {} : { clock: options.clock })
  const log: GatewayLogEntry[] = []
  const waiting: (() => void)[] = []
  const host = createHost({
    origin,
    didDocuments: [
      createDidDocument({
        did: organization,
        keys: [{ fragment: '#key-1', jwk: organizationKey.publicJwk, relationships: ['assertionMethod'] }],
      }),
      createDidDocument({
        did,
        controller: organization,
        keys: [{ fragment: '#key-1', jwk: signer.publicJwk, relationships: ['authentication'] }],
        services: [
          {
            fragment: '#handshake',
            type: 'ComityHandshake',
            serviceEndpoint: `${origin}/comity/handshake`,
          },
        ],
      }),
    ],
  })
  const gatewayOptions = async (): Promise<GatewayOptions> => ({
    agent: await createAgent({
      did,
      wallet,
      trust,
      fetch,
      resolver: createDidResolver({ fetch, cacheSeconds: 0 }),
      ...(options.clock === undefined ? {} : { clock: options.clock }),
      ...(options.registry === undefined ? {} : { registry: options.registry }),
      ...(options.spiffe === undefined ? {} : { spiffe: options.spiffe }),
    }),
    origin,
    demand: options.demand ?? AGENT_DEMAND,
    offers: [{ type: 'invoices', actions: ['read', 'match'] }],
    store,
    log: (entry) => {
      log.push(entry)
      if (entry.event === 'revocation.applied') for (const tell of waiting.splice(0)) tell()
    },
    host,
    ...options.gateway,
  })
  const instances: { readonly gateway: Gateway; readonly answer: WebHandler }[] = []
  const startInstance = async (more: Partial<GatewayOptions> = {}): Promise<Gateway> => {
    const gateway = await createGateway({ ...(await gatewayOptions()), ...more })
    instances.push({ gateway, answer: resourcesBehind(gateway) })
    return gateway
  }
  const serveFrom = (instance: Gateway): void => {
    const found = instances.find(({ gateway }) => gateway === instance)
    if (found === undefined) throw new TypeError('no such instance')
    server.use(found.answer)
  }
  const gateway = await startInstance()
  serveFrom(gateway)
  return {
    did,
    signer,
    origin,
    endpoint: `${origin}/comity/handshake`,
    gateway,
    store,
    startInstance,
    serveFrom,
    log,
    close: async () => {
      await Promise.all(instances.map((instance) => instance.gateway.close()))
    },
    nextEvent: () => new Promise((resolve) => waiting.push(resolve)),
    lastCode: () => log.findLast(({ code }) => code !== undefined)?.code,
  }
}

/** Two resources behind a gateway. */
function resourcesBehind(gateway: Gateway): WebHandler {
  const read = gateway.protect({ type: 'invoices', action: 'read' }, (_request, { agent }) =>
    Promise.resolve(Response.json({ hello: agent })),
  )
  const approve = gateway.protect({ type: 'invoices', action: 'approve' }, () =>
    Promise.resolve(Response.json({ approved: true })),
  )
  return async (request, context) => {
    const own = await gateway.handle(request, context)
    if (own !== undefined) return own
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/invoices/')) return read(request)
    if (pathname === '/approve') return approve(request)
    return new Response(null, { status: 404 })
  }
}
