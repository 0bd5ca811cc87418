import { createAgent, type AgentSpiffeOptions } from '../../../agent/index.ts'
import { createAuditLog, type AuditLog } from '../../../audit/index.ts'
import { issueCredential, vctOf } from '../../../credentials/index.ts'
import { parseDemand, type Demand } from '../../../demand/index.ts'
import { createDidDocument, createDidResolver } from '../../../did/index.ts'
import { createGateway, createHost, type Gateway, type Host } from '../../../gateway/index.ts'
import { generateSigner, type Signer } from '../../../keys/index.ts'
import type { GuardedFetch } from '../../../net/index.ts'
import { systemClock } from '../../../runtime/index.ts'
import type { SessionCredential, SessionRecord } from '../../../session/index.ts'
import { createMemoryStore } from '../../../store/index.ts'
import { createTrustRegistry } from '../../../trust/index.ts'
import { createMemoryWallet, type Wallet } from '../../../wallet/index.ts'
import { loadAccounts } from '../invoice-matching.ts'
import { serveRole } from '../role-process.ts'
import { listen, reach, type LateServer, type RoleCertificate } from './connectivity.ts'
import { globexApi } from './globex-api.ts'
import type { PublishedAuditorKey } from './auditor.ts'
import { demoDids, type DemoDids, type DemoOrigins } from './names.ts'

const DAY = 86_400

/** What Globex asks of every agent: Acme-like evidence, and a posture assessed within a day. */
const DEMAND = {
  credentials: [
    {
      id: 'capability',
      format: 'vc+jwt',
      meta: { type_values: [['AgentCapabilityCredential']] },
    },
    {
      id: 'provenance',
      format: 'vc+jwt',
      meta: { type_values: [['AgentProvenanceCredential']] },
    },
    {
      id: 'scope',
      format: 'dc+sd-jwt',
      meta: { vct_values: [vctOf('AgentScopeCredential')] },
      // What is to be shown, and what must hold for it. The other claims are none of Globex's business.
      claims: [{ path: ['autonomyLevel'] }, { path: ['oversight'] }],
      predicates: [
        { path: ['autonomyLevel'], op: 'range', max: 3 },
        { path: ['oversight'], op: 'in', values: ['in-the-loop', 'on-the-loop'] },
      ],
    },
    {
      id: 'posture',
      format: 'vc+jwt',
      meta: { type_values: [['AgentPostureCredential']] },
      predicates: [
        { path: ['credentialSubject', 'openCriticalVulnerabilities'], op: 'range', min: 0, max: 0 },
        { path: ['credentialSubject', 'region'], op: 'in', values: ['eu', 'uk'] },
      ],
    },
  ],
  posture: { maxAge: DAY },
}

/** One line of the audit log, as it crosses processes. */
export type AuditLine = Awaited<ReturnType<AuditLog['read']>>[number]

/** What is kept of agents that have proven what they are. */
export interface ProvenSessions {
  readonly sessions: readonly SessionRecord[]
  readonly records: readonly AuditLine[]
}

/** The organization Globex: a gateway in front of its invoice matching. */
const methods = {
  async listen(certificate: RoleCertificate): Promise<string> {
    server = await listen(certificate)
    ca = certificate.ca
    return server.server.origin
  },

  /** For the gateway that takes proofs; it answers once that is open. */
  async listenForProofs(certificate: RoleCertificate): Promise<string> {
    proofServer = await listen(certificate)
    return proofServer.server.origin
  },

  /** Opens the gateway that takes proofs. Comes after the credentials: they must be older than the epoch. */
  async openForProofs(input: {
    readonly origins: DemoOrigins
    readonly auditor: PublishedAuditorKey
  }): Promise<void> {
    const { openProofGateway } = await import('./proof-gateway.ts')
    const fetch = reach(Object.values(input.origins), ca)
    const opened = await openProofGateway({ ...input, fetch })
    const api = globexApi(opened, loadAccounts())
    proofServer?.use(
      async (request, context) =>
        (await opened.handle(request, context)) ??
        (await api(request)) ??
        new Response(null, { status: 404 }),
    )
    proofGateway = opened
  },

  /** The sessions that rest on proofs, and the records about them: all that Globex knows of who came. */
  async provenSessions(): Promise<ProvenSessions> {
    if (proofGateway === undefined) throw new TypeError('openForProofs comes first')
    const records = await proofGateway.audit.read()
    const visitors = [...new Set(records.flatMap(({ record }) => record.actor ?? []))]
    const { sessions } = proofGateway
    return {
      sessions: (await Promise.all(visitors.map((agent) => sessions.find({ agent })))).flat(),
      records,
    }
  },

  /** Asks every agent for an SVID of this trust domain, too, and believes Acme that it is Acme's. */
  async askForSvids(trustDomain: string): Promise<void> {
    acmeTrustDomain = trustDomain
    return Promise.resolve()
  },

  async configure(origins: DemoOrigins): Promise<void> {
    const dids = demoDids(origins)
    const fetch = reach(Object.values(origins), ca)
    const organizationKey = await generateSigner({ alg: 'Ed25519', kid: `${dids.globex}#key-1` })
    const gatewayKey = await generateSigner({ alg: 'Ed25519', kid: `${dids.gateway}#key-1` })
    const store = createMemoryStore()
    const log = createAuditLog({ store, log: 'globex' })
    const agent = await createAgent({
      did: dids.gateway,
      wallet: await gatewayWallet(dids, organizationKey, gatewayKey),
      trust: createTrustRegistry({
        issuers: [
          {
            did: dids.acme,
            types: [
              'AgentCapabilityCredential',
              'AgentProvenanceCredential',
              'AgentScopeCredential',
              'AgentPostureCredential',
            ],
          },
        ],
      }),
      fetch,
      ...(await spiffeOptions(dids.acme, fetch)),
    })
    gateway = await createGateway({
      agent,
      origin: origins.globex,
      demand: demandFor(acmeTrustDomain),
      offers: [{ type: 'invoices', actions: ['read', 'match'] }],
      store,
      audit: log,
      host: hostOf(origins, dids, organizationKey, gatewayKey),
      log: (entry) => process.stderr.write(`${JSON.stringify(entry)}\n`),
    })
    audit = log
    const api = globexApi(gateway, loadAccounts())
    const serving = gateway
    server?.use(
      async (request, context) =>
        (await serving.handle(request, context)) ??
        (await api(request)) ??
        new Response(null, { status: 404 }),
    )
  },

  /** Who an agent's open sessions say it is, by its SVIDs. */
  async spiffeIdsOf({ agent }: { agent: string }): Promise<readonly string[]> {
    if (gateway === undefined) throw new TypeError('configure comes first')
    const sessions = await gateway.sessions.find({ agent })
    return sessions.flatMap(({ spiffeIds = [] }) => spiffeIds)
  },

  /** What the open sessions of an agent rest on. */
  async evidenceOf({ agent }: { agent: string }): Promise<readonly SessionCredential[]> {
    if (gateway === undefined) throw new TypeError('configure comes first')
    const sessions = await gateway.sessions.find({ agent })
    return sessions.flatMap(({ credentials }) => credentials)
  },

  async audit(): Promise<readonly AuditLine[]> {
    if (audit === undefined) throw new TypeError('configure comes first')
    return audit.read()
  },
}

/** The methods of this role, for the one who starts it. */
export type GlobexMethods = typeof methods

let server: LateServer | undefined
let proofServer: LateServer | undefined
let proofGateway: Gateway | undefined
let acmeTrustDomain: string | undefined
let ca = ''
let gateway: Gateway | undefined
let audit: AuditLog | undefined

function demandFor(trustDomain: string | undefined): Demand {
  if (trustDomain === undefined) return parseDemand(DEMAND)
  return parseDemand({ ...DEMAND, spiffe: { trustDomains: [trustDomain], paths: ['/*'], svid: 'required' } })
}

/**
 * Learns Acme's bundle from Acme's DID at first contact. That the DID may speak for the trust domain is pinned here: its
 * name has a port and so says nothing about names.
 */
async function spiffeOptions(acme: string, fetch: GuardedFetch): Promise<{ spiffe?: AgentSpiffeOptions }> {
  if (acmeTrustDomain === undefined) return {}
  const { createTrustDomainFederation } = await import('../../../federation/index.ts')
  const federation = await createTrustDomainFederation({
    resolver: createDidResolver({ fetch }),
    fetch,
    trust: createTrustRegistry({ issuers: [] }),
    pinned: [{ did: acme, trustDomain: acmeTrustDomain }],
  })
  return { spiffe: { bundles: federation, learner: federation } }
}

function hostOf(origins: DemoOrigins, dids: DemoDids, organizationKey: Signer, gatewayKey: Signer): Host {
  return createHost({
    origin: origins.globex,
    didDocuments: [
      createDidDocument({
        did: dids.globex,
        keys: [
          {
            fragment: '#key-1',
            jwk: organizationKey.publicJwk,
            relationships: ['authentication', 'assertionMethod'],
          },
        ],
      }),
      createDidDocument({
        did: dids.gateway,
        controller: dids.globex,
        keys: [{ fragment: '#key-1', jwk: gatewayKey.publicJwk, relationships: ['authentication'] }],
        services: [
          {
            fragment: '#handshake',
            type: 'ComityHandshake',
            serviceEndpoint: `${origins.globex}/comity/handshake`,
          },
        ],
      }),
    ],
  })
}

/** The gateway holds its key, and Globex's word on who runs it, which anyone may see. */
async function gatewayWallet(dids: DemoDids, organizationKey: Signer, gatewayKey: Signer): Promise<Wallet> {
  const wallet = createMemoryWallet()
  await wallet.addKey(dids.gateway, gatewayKey)
  const now = Math.floor(systemClock.now())
  const provenance = await issueCredential({
    signer: organizationKey,
    issuer: dids.globex,
    type: 'AgentProvenanceCredential',
    subject: dids.gateway,
    claims: {
      organization: dids.globex,
      accountable: dids.globex,
      model: { family: 'gateway', version: '1.0.0' },
      codeDigest: 'sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
    },
    validFrom: now - 60,
    validUntil: now + 30 * DAY,
  })
  await wallet.addCredential(provenance, { release: 'public' })
  return wallet
}

serveRole(methods)
