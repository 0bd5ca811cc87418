/** One process of Globex's gateway: the same DID, key, origin and store as the other's, and a port of its own. */
import { createAgent } from '../../../src/agent/index.ts'
import { serveHttps } from '../../../src/adapters/node/index.ts'
import { createSqliteStore } from '../../../src/adapters/sqlite/index.ts'
import { serveRole } from '../../../src/cli/demo/role-process.ts'
import { reach } from '../../../src/cli/demo/roles/connectivity.ts'
import { createDidDocument } from '../../../src/did/index.ts'
import { createGateway, createHost } from '../../../src/gateway/index.ts'
import { importSigner, type PrivateJwk, type PublicJwk } from '../../../src/keys/index.ts'
import { createTrustRegistry } from '../../../src/trust/index.ts'
import { createMemoryWallet } from '../../../src/wallet/index.ts'
import { AGENT_DEMAND } from '../../support/demands.ts'
import { ignoringEventsAbout } from '../ignore-events.ts'
import { measure, type Held } from '../resources.ts'

/** What a gateway process has to know. */
export interface GatewaySetup {
  readonly key: string
  readonly cert: string
  readonly ca: string
  readonly port: number
  /** The public origin: the balancer's. */
  readonly origin: string
  readonly origins: readonly string[]
  readonly dids: { readonly acme: string; readonly globex: string; readonly gateway: string }
  readonly gatewayKey: PrivateJwk
  readonly organizationJwk: PublicJwk
  readonly provenance: string
  /** The file that both processes share. */
  readonly store: string
  readonly tokenSeconds: number
  readonly leaseSeconds: number
  /** An agent whose revocations this gateway does not hear of: the fault that the judge must find. */
  readonly deafTo?: string
}

const STRANGERS = { burst: 2000, perSecond: 1000, openPerSource: 2000 }

const methods = {
  async start(setup: GatewaySetup): Promise<number> {
    const { key, cert, port, origin, store } = setup
    const gateway = await createGateway({
      agent: await createGlobexAgent(setup),
      origin,
      demand: AGENT_DEMAND,
      offers: [{ type: 'invoices', actions: ['read'] }],
      store: createSqliteStore({ file: store }),
      host: await createGlobexHost(setup),
      limits: STRANGERS,
      tokenSeconds: setup.tokenSeconds,
      leaseSeconds: setup.leaseSeconds,
      log: (entry) => {
        const isNews = entry.level === 'error' || entry.event.startsWith('events.')
        if (isNews) process.stderr.write(`${JSON.stringify({ t: Date.now(), ...entry })}\n`)
      },
    })
    const read = gateway.protect({ type: 'invoices', action: 'read' }, () =>
      Promise.resolve(Response.json({ by: process.pid })),
    )
    const server = await serveHttps({
      key,
      cert,
      port,
      origin,
      handler: async (request, context) => (await gateway.handle(request, context)) ?? read(request),
      onError: (error) => {
        process.stderr.write(
          `${JSON.stringify({ t: Date.now(), level: 'error', event: 'handler.failed', error: String(error) })}\n`,
        )
      },
    })
    return server.port
  },

  measure: (): Promise<Held> => measure(),
}

/** The methods of this role, for the one who starts it. */
export type GatewayMethods = typeof methods

async function createGlobexAgent(setup: GatewaySetup): ReturnType<typeof createAgent> {
  const { dids, ca, origins, deafTo } = setup
  const wallet = createMemoryWallet()
  await wallet.addKey(dids.gateway, await importSigner(setup.gatewayKey, { kid: `${dids.gateway}#key-1` }))
  await wallet.addCredential(setup.provenance, { release: 'public' })
  const fetch = reach(origins, ca)
  return createAgent({
    did: dids.gateway,
    wallet,
    trust: createTrustRegistry({
      issuers: [{ did: dids.acme, types: ['AgentCapabilityCredential', 'AgentPostureCredential'] }],
    }),
    fetch: deafTo === undefined ? fetch : ignoringEventsAbout(deafTo, fetch),
  })
}

async function createGlobexHost(setup: GatewaySetup): Promise<ReturnType<typeof createHost>> {
  const { dids, origin } = setup
  const { publicJwk } = await importSigner(setup.gatewayKey)
  return createHost({
    origin,
    didDocuments: [
      createDidDocument({
        did: dids.globex,
        keys: [{ fragment: '#key-1', jwk: setup.organizationJwk, relationships: ['assertionMethod'] }],
      }),
      createDidDocument({
        did: dids.gateway,
        controller: dids.globex,
        keys: [{ fragment: '#key-1', jwk: publicJwk, relationships: ['authentication'] }],
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
}

serveRole(methods)
