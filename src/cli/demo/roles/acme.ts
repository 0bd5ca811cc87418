import { createAuditLog } from '../../../audit/index.ts'
import {
  createDidDocument,
  createDidResolver,
  spiffeTrustDomainService,
  statusListAggregationService,
  type DocumentService,
} from '../../../did/index.ts'
import { BUNDLE_PATH, createHost, EVENTS_PATH, type Host } from '../../../gateway/index.ts'
import { createIssuer, type Issuer } from '../../../issuer/index.ts'
import { generateSigner, type PublicJwk } from '../../../keys/index.ts'
import type { TrustBundle, TrustDomain } from '../../../spiffe/index.ts'
import type { X509Source } from '../../../spiffe/workload-api.ts'
import { createEventPublisher } from '../../../revocation/index.ts'
import { createStatusPublisher } from '../../../status/index.ts'
import { createMemoryStore } from '../../../store/index.ts'
import { createMemoryWallet, zkDocumentKey } from '../../../wallet/index.ts'
import { babyJubJubJwk, type HolderCommitment, type ZkSigner } from '../../../zk/index.ts'
import { serveRole } from '../role-process.ts'
import { agentClaims } from './agent-claims.ts'
import { listen, reach, type LateServer, type RoleCertificate } from './connectivity.ts'
import { spireSource } from './spire-source.ts'
import { demoDids, type DemoDids, type DemoOrigins } from './names.ts'

const DAY = 86_400

/** An agent of Acme's, and how old the assessment of its posture is. */
export interface AgentToIssueFor {
  readonly agent: 'invoices' | 'reports'
  /** Seconds since the posture was assessed. */
  readonly postureAge: number
  /** What its wallet commits itself to, for forms of capability and posture that proofs are made of; none without. */
  readonly commitments?: readonly AgentCommitment[]
}

/** A commitment of a wallet's, and the nonce that it was made for. */
export interface AgentCommitment {
  readonly commitment: HolderCommitment
  readonly nonce: string
}

/** What Acme gives to an agent. */
export interface AgentCredentials {
  readonly tokens: readonly string[]
  /** The forms that proofs are made of. */
  readonly compliance: readonly string[]
}

/** The organization Acme: issuer of its agents' credentials, host of DIDs, status lists and events. */
const methods = {
  async listen(certificate: RoleCertificate): Promise<string> {
    server = await listen(certificate)
    ca = certificate.ca
    return server.server.origin
  },

  /** Takes Acme's trust domain from a SPIRE agent, and says its name. Comes before `configure`. */
  async useSpire(address: string): Promise<string> {
    spire = await spireSource(address)
    return spire.getX509Svid().id.trustDomain.name
  },

  async configure(origins: DemoOrigins): Promise<void> {
    dids = demoDids(origins)
    const { acme, gateway, proofs } = dids
    const trustDomain = spire?.getX509Svid().id.trustDomain
    const signer = await generateSigner({ alg: 'Ed25519', kid: `${acme}#key-1` })
    const wallet = createMemoryWallet()
    await wallet.addKey(acme, signer)
    const zkSigner = await wallet.zkSigner(acme)
    const store = createMemoryStore()
    const resolver = createDidResolver({ fetch: reach(Object.values(origins), ca) })
    const publisher = createEventPublisher({ store, signer, issuer: acme })
    const statusLists = createStatusPublisher({
      store,
      signer,
      issuer: acme,
      url: `${origins.acme}/status`,
    })
    host = createHost({
      origin: origins.acme,
      didDocuments: [
        createDidDocument({
          did: acme,
          keys: [
            {
              fragment: '#key-1',
              jwk: signer.publicJwk,
              relationships: ['authentication', 'assertionMethod'],
            },
            zkKeyOf(zkSigner),
          ],
          services: [
            ...servicesOf(origins.acme),
            statusListAggregationService({ url: statusLists.aggregationUrl }),
          ],
        }),
      ],
      statusLists,
      bundles: trustDomain === undefined ? [] : [{ getBundle: () => bundleOf(trustDomain) }],
      events: {
        publisher,
        resolver,
        replay: store,
        admit: (subscriber) => [gateway, proofs].includes(subscriber),
      },
    })
    issuer = createIssuer({
      wallet,
      did: acme,
      store,
      statusLists,
      events: publisher,
      audit: createAuditLog({ store, log: 'acme' }),
      zkSigner,
    })
    const serving = host
    server?.use(async (request) => (await serving.handle(request)) ?? new Response(null, { status: 404 }))
  },

  async publishAgent({ agent, jwk }: { agent: 'invoices' | 'reports'; jwk: PublicJwk }): Promise<string> {
    const { did, acme } = { did: known().dids[agent], acme: known().dids.acme }
    agentKeys.set(agent, jwk)
    known().host.publishDocument(
      createDidDocument({
        did,
        controller: acme,
        keys: [{ fragment: '#key-1', jwk, relationships: ['authentication'] }],
      }),
    )
    return did
  },

  /** For an agent's commitment; each is good once. */
  async complianceNonce(): Promise<string> {
    return known().issuer.complianceNonce()
  },

  async issue({ agent, postureAge, commitments = [] }: AgentToIssueFor): Promise<AgentCredentials> {
    const [forCapability, forPosture] = commitments
    const subject = known().dids[agent]
    const holderKey = agentKeys.get(agent)
    if (holderKey === undefined) throw new TypeError('publishAgent comes first')
    const claims = agentClaims(known().dids.acme, postureAge)
    const issued = [
      await known().issuer.issue('AgentCapabilityCredential', {
        subject,
        claims: claims.capability,
        lifetimeSeconds: 30 * DAY,
        ...(forCapability === undefined ? {} : { compliance: forCapability }),
      }),
      await known().issuer.issue('AgentProvenanceCredential', {
        subject,
        claims: claims.provenance,
        lifetimeSeconds: 30 * DAY,
      }),
      // Of this one the agent shows only what it is asked for; it is bound to the agent's key.
      await known().issuer.issue('AgentScopeCredential', {
        subject,
        claims: claims.scope,
        lifetimeSeconds: 30 * DAY,
        format: 'dc+sd-jwt',
        holderKey,
      }),
      await known().issuer.issue('AgentPostureCredential', {
        subject,
        claims: claims.posture,
        lifetimeSeconds: DAY / 2,
        ...(forPosture === undefined ? {} : { compliance: forPosture }),
      }),
    ]
    return {
      tokens: issued.map(({ token }) => token),
      compliance: issued.flatMap(({ compliance }) => compliance ?? []),
    }
  },

  /** Whom a credential is about that an auditor has found behind a proof; undefined where it is not Acme's. */
  async subjectOf({ complianceDigest }: { complianceDigest: string }): Promise<string | undefined> {
    return (await known().issuer.find({ complianceDigest }))?.subject
  },

  async revoke({ agent }: { agent: 'invoices' }): Promise<void> {
    await known().issuer.revoke({ agent: known().dids[agent] }, { reason: 'compromised' })
  },
}

/** The methods of this role, for the one who starts it. */
export type AcmeMethods = typeof methods

let server: LateServer | undefined
let spire: X509Source | undefined
let ca = ''
let dids: DemoDids | undefined
let host: Host | undefined
let issuer: Issuer | undefined
const agentKeys = new Map<string, PublicJwk>()

function zkKeyOf({ kid, publicKey }: ZkSigner): ReturnType<typeof zkDocumentKey> {
  return zkDocumentKey(kid.slice(kid.indexOf('#')), babyJubJubJwk(publicKey), 'assertionMethod')
}

function servicesOf(origin: string): DocumentService[] {
  const events = { fragment: '#events', type: 'ComityEvents', serviceEndpoint: `${origin}${EVENTS_PATH}` }
  if (spire === undefined) return [events]
  const trustDomain = spire.getX509Svid().id.trustDomain.name
  const bundleEndpoint = `${origin}${BUNDLE_PATH}`
  return [events, spiffeTrustDomainService({ trustDomain, bundleEndpoint, profile: 'https_web' })]
}

/** Of SPIRE as it is now, so that a rotation reaches whoever asks. */
function bundleOf(trustDomain: TrustDomain): TrustBundle {
  const bundle = spire?.getBundle(trustDomain)
  if (bundle === undefined) throw new TypeError('there is no bundle')
  return bundle
}

function known(): { dids: DemoDids; host: Host; issuer: Issuer } {
  if (dids === undefined || host === undefined || issuer === undefined)
    throw new TypeError('configure comes first')
  return { dids, host, issuer }
}

serveRole(methods)
