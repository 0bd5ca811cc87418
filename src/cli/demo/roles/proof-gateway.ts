import { createAgent } from '../../../agent/index.ts'
import { createAuditLog } from '../../../audit/index.ts'
import { createDidDocument, createDidResolver } from '../../../did/index.ts'
import { createGateway, createHost, type Gateway } from '../../../gateway/index.ts'
import { generateSigner } from '../../../keys/index.ts'
import type { GuardedFetch } from '../../../net/index.ts'
import { createMemoryStore } from '../../../store/index.ts'
import { createTrustRegistry } from '../../../trust/index.ts'
import { createMemoryWallet } from '../../../wallet/index.ts'
import {
  createAnchorPublisher,
  DEVELOPMENT_VERIFICATION_KEY,
  parseBabyJubJubJwk,
  parseVerificationKey,
  type DemandTemplate,
} from '../../../zk/index.ts'
import type { PublishedAuditorKey } from './auditor.ts'
import { demoDids, type DemoOrigins } from './names.ts'

const CAPABILITY = 'AgentCapabilityCredential'
const POSTURE = 'AgentPostureCredential'

/** What is to be proven. Which issuers are accepted, and since when, the gateway fills in. */
function demandFor(auditor: string): DemandTemplate {
  const at = (...path: (string | null)[]): (string | null)[] => ['credentialSubject', ...path]
  return {
    credentials: [
      {
        id: 'may-read',
        format: 'comity-zk',
        meta: { type_values: [[CAPABILITY]], auditor },
        predicates: [
          { path: at('authorizationDetails', null, 'type'), op: 'eq', value: 'invoices' },
          { path: at('authorizationDetails', null, 'actions'), op: 'eq', value: 'read' },
        ],
      },
      {
        id: 'sound',
        format: 'comity-zk',
        meta: { type_values: [[POSTURE]], auditor },
        predicates: [
          { path: at('assessedAt'), op: 'range', min: { epoch: -86_400 } },
          { path: at('openCriticalVulnerabilities'), op: 'range', min: 0, max: 0 },
          { path: at('region'), op: 'in', values: ['eu', 'uk'] },
        ],
      },
    ],
  }
}

/** Opens Globex's gateway for agents that prove what they are and show nothing: neither credential nor issuer nor DID. */
export async function openProofGateway(options: {
  readonly origins: DemoOrigins
  readonly fetch: GuardedFetch
  readonly auditor: PublishedAuditorKey
}): Promise<Gateway> {
  const { origins, fetch, auditor } = options
  const { acme, proofs: did } = demoDids(origins)
  const signer = await generateSigner({ alg: 'Ed25519', kid: `${did}#key-1` })
  const wallet = createMemoryWallet()
  await wallet.addKey(did, signer)
  const trust = createTrustRegistry({ issuers: [{ did: acme, types: [CAPABILITY, POSTURE] }] })
  const resolver = createDidResolver({ fetch })
  const publisher = createAnchorPublisher({
    did,
    signer,
    resolver,
    fetch,
    trust,
    anchored: [CAPABILITY, POSTURE].map((type) => ({ type, issuers: [acme] })),
  })
  await publisher.startEpoch()
  const store = createMemoryStore()
  return createGateway({
    agent: await createAgent({ did, wallet, trust, fetch, resolver }),
    origin: origins.proofs,
    demand: demandFor(auditor.kid),
    compliance: {
      publisher,
      verificationKey: parseVerificationKey(DEVELOPMENT_VERIFICATION_KEY, { acceptDevelopmentSetup: true }),
      auditors: { [auditor.kid]: parseBabyJubJubJwk(auditor.jwk) },
      attests: { 'may-read': [{ type: 'invoices', actions: ['read'] }] },
    },
    offers: [{ type: 'invoices', actions: ['read'] }],
    store,
    audit: createAuditLog({ store, log: 'globex-proofs' }),
    host: createHost({
      origin: origins.proofs,
      didDocuments: [
        createDidDocument({
          did,
          keys: [
            {
              fragment: '#key-1',
              jwk: signer.publicJwk,
              relationships: ['authentication', 'assertionMethod'],
            },
          ],
          services: [
            {
              fragment: '#handshake',
              type: 'ComityHandshake',
              serviceEndpoint: `${origins.proofs}/comity/handshake`,
            },
          ],
        }),
      ],
    }),
  })
}
