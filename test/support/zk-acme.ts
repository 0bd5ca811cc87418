import type { WebHandler } from '../../src/adapters/node/index.ts'
import {
  createDidDocument,
  didWebFromUrl,
  statusListAggregationService,
  type DidResolver,
} from '../../src/did/index.ts'
import { createHost, EVENTS_PATH, type Host } from '../../src/gateway/index.ts'
import { createIssuer, type Issuer } from '../../src/issuer/index.ts'
import { generateSigner } from '../../src/keys/index.ts'
import { createEventPublisher } from '../../src/revocation/index.ts'
import { createStatusPublisher } from '../../src/status/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { createMemoryWallet, zkDocumentKey } from '../../src/wallet/index.ts'
import {
  babyJubJubJwk,
  createZkSigner,
  generateAuditorKey,
  generateZkPrivateKey,
} from '../../src/zk/index.ts'
import { attestations } from './attestations.ts'
import type { ZkAgent } from './zk-world.ts'

const POSTURE = 'AgentPostureCredential'

/** Where a party is served. */
export interface Server {
  readonly origin: string
  use(handler: WebHandler): void
}

/** The issuer, and the auditor in its DID document. */
export interface Acme {
  readonly did: string
  readonly issuer: Issuer
  readonly host: Host
  readonly auditor: ReturnType<typeof generateAuditorKey>
  readonly auditorKid: string
  issuePosture(name: string): Promise<Omit<ZkAgent, 'agent' | 'source'>>
}

/** Makes Acme. */
export async function createAcme({ origin, use }: Server, resolver: DidResolver): Promise<Acme> {
  const did = didWebFromUrl(origin)
  const signer = await generateSigner({ alg: 'Ed25519', kid: `${did}#key-1` })
  const zkSigner = createZkSigner({ kid: `${did}#zk-1`, privateKey: generateZkPrivateKey() })
  const auditor = generateAuditorKey()
  const store = createMemoryStore()
  const wallet = createMemoryWallet()
  await wallet.addKey(did, signer)
  const publisher = createEventPublisher({ store, signer, issuer: did })
  const statusLists = createStatusPublisher({ store, signer, issuer: did, url: `${origin}/status` })
  const host = createHost({
    origin,
    statusLists,
    events: { publisher, resolver, replay: store, admit: () => true, heartbeatMs: 500 },
    didDocuments: [
      createDidDocument({
        did,
        keys: [
          { fragment: '#key-1', jwk: signer.publicJwk, relationships: ['authentication', 'assertionMethod'] },
          zkDocumentKey('#zk-1', babyJubJubJwk(zkSigner.publicKey), 'assertionMethod'),
          zkDocumentKey('#auditor', auditor.jwk, 'keyAgreement'),
        ],
        services: [
          { fragment: '#events', type: 'ComityEvents', serviceEndpoint: `${origin}${EVENTS_PATH}` },
          statusListAggregationService({ url: statusLists.aggregationUrl }),
        ],
      }),
    ],
  })
  const issuer = createIssuer({ wallet, did, store, statusLists, events: publisher, zkSigner })
  use(async (request) => (await host.handle(request)) ?? new Response(null, { status: 404 }))
  return {
    did,
    issuer,
    host,
    auditor,
    auditorKid: `${did}#auditor`,
    async issuePosture(name) {
      const agent = didWebFromUrl(`${origin}/agents/${name}`)
      const key = await generateSigner({ alg: 'Ed25519', kid: `${agent}#key-1` })
      const keys = [{ fragment: '#key-1', jwk: key.publicJwk, relationships: ['authentication'] as const }]
      host.publishDocument(createDidDocument({ did: agent, controller: did, keys }))
      const holder = createMemoryWallet()
      await holder.addKey(agent, key)
      const nonce = await issuer.complianceNonce()
      const posture = await issuer.issue(POSTURE, {
        subject: agent,
        claims: attestations(did)[POSTURE] ?? {},
        lifetimeSeconds: 3600,
        compliance: { commitment: await holder.commitCompliance({ issuer: did, nonce }), nonce },
      })
      await holder.addComplianceCredential(posture.compliance ?? '', { release: 'public', resolver })
      return { did: agent, signer: key, wallet: holder, posture }
    },
  }
}
