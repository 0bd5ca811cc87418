import type { CredentialClaims } from '../../src/credentials/index.ts'
import { parseCredential, type StatusReference } from '../../src/credentials/index.ts'
import { createAuditLog, type AuditLog } from '../../src/audit/index.ts'
import { createIssuer, type Issuer, type IssuerOptions } from '../../src/issuer/index.ts'
import { generateSigner, parseJws, type Signer } from '../../src/keys/index.ts'
import { createEventPublisher, type EventPublisher } from '../../src/revocation/index.ts'
import {
  createStatusPublisher,
  decodeStatusList,
  decodeTokenStatusList,
  type StatusPublisher,
} from '../../src/status/index.ts'
import { createMemoryStore, type Store } from '../../src/store/index.ts'
import { createMemoryWallet, type Wallet } from '../../src/wallet/index.ts'

export const ORGANIZATION = 'did:web:acme.example'
export const AGENT = 'did:web:acme.example:agents:invoices'
export const OTHER_AGENT = 'did:web:acme.example:agents:invoices:more'
export const NOW = 1_790_000_000
export const HOUR = 3600
export const DAY = 86_400

const PEER = 'did:web:globex.example'

/** Claims that pass, for each type. */
export const CLAIMS: CredentialClaims = {
  AgentCapabilityCredential: { authorizationDetails: [{ type: 'invoices', actions: ['read', 'match'] }] },
  AgentProvenanceCredential: {
    organization: ORGANIZATION,
    accountable: ORGANIZATION,
    model: { family: 'ledger', version: '4.2.0' },
    codeDigest: `sha256:${'0'.repeat(64)}`,
  },
  AgentScopeCredential: {
    autonomyLevel: 2,
    tools: ['invoice-matching'],
    dataClasses: ['financial'],
    oversight: 'on-the-loop',
    jurisdictions: ['eu'],
  },
  AgentPostureCredential: {
    assessedAt: '2026-09-21T14:13:20Z',
    attestation: { method: 'none' },
    patchAgeDays: 3,
    openCriticalVulnerabilities: 0,
    sandbox: 'container',
    egressControl: 'allow-list',
    region: 'eu',
  },
  TrustDomainCredential: {
    trustDomain: 'acme.example',
    bundleEndpoint: 'https://acme.example/bundle',
    profile: 'https_web',
  },
  OrganizationCredential: {
    legalName: 'Acme GmbH',
    jurisdiction: 'de',
    contact: { email: 'agents@acme.example' },
    liability: { accepts: ['contract'] },
    agents: { under: [ORGANIZATION] },
  },
}

/** An event as its payload says it. */
export interface SeenEvent {
  readonly subject: string
  readonly kind: string
  readonly reason: string
  readonly digest?: string
}

/** An organization with everything that its issuer works with. */
export interface World {
  readonly issuer: Issuer
  readonly signer: Signer
  readonly store: Store
  readonly wallet: Wallet
  readonly statusLists: StatusPublisher
  readonly events: EventPublisher
  readonly audit: AuditLog
  now(): number
  /** Moves the clock. */
  pass(seconds: number): void
  /** The same organization in a new process: all that is left is the store. */
  restart(change?: Partial<IssuerOptions>): Issuer
  /** Whether the bit of the entry is set in the list that is served now. */
  isSet(entries: readonly StatusReference[], purpose: 'revocation' | 'suspension'): Promise<boolean>
  /** All that a new subscriber gets. */
  told(): Promise<readonly SeenEvent[]>
}

/** Makes one, at {@link NOW}. */
export async function createWorld(): Promise<World> {
  let now = NOW
  const clock = { now: () => now }
  const store = createMemoryStore({ clock })
  const signer = await generateSigner({ alg: 'Ed25519', kid: `${ORGANIZATION}#key-1` })
  const wallet = createMemoryWallet()
  await wallet.addKey(ORGANIZATION, signer)
  const common = { store, signer, issuer: ORGANIZATION, clock }
  const statusLists = createStatusPublisher({ ...common, url: 'https://acme.example/status' })
  const events = createEventPublisher(common)
  const audit = createAuditLog({ store, log: 'audit' })
  const restart = (change: Partial<IssuerOptions> = {}): Issuer =>
    createIssuer({ wallet, did: ORGANIZATION, store, statusLists, events, audit, clock, ...change })

  return {
    issuer: restart(),
    signer,
    store,
    wallet,
    statusLists,
    events,
    audit,
    restart,
    now: () => now,
    pass: (seconds) => (now += seconds),
    isSet: async (entries, purpose) => {
      const entry = entries.find((each) => each.type === 'TokenStatusList' || each.statusPurpose === purpose)
      if (entry === undefined) throw new Error(`no entry for ${purpose}`)
      if (entry.type === 'TokenStatusList') {
        const { claims } = parseJws((await statusLists.credential(entry.uri)) ?? '')
        const list = await decodeTokenStatusList(claims['status_list'])
        return list.get(entry.idx) === (purpose === 'revocation' ? 1 : 2)
      }
      const token = await statusLists.credential(entry.statusListCredential)
      const { encodedList } = parseCredential(token ?? '').document['credentialSubject'] as {
        encodedList: string
      }
      const list = await decodeStatusList(encodedList)
      return list.get(Number(entry.statusListIndex))
    },
    told: async () => {
      const seen: SeenEvent[] = []
      const stop = new AbortController()
      for await (const delivery of events.subscribe({ audience: PEER, signal: stop.signal })) {
        if (delivery.type === 'event') seen.push(readEvent(delivery.set))
        if (delivery.type === 'idle') stop.abort()
      }
      return seen
    },
  }
}

function readEvent(set: string): SeenEvent {
  const claims = parseJws(set).claims as {
    sub_id: { url: string }
    events: Record<string, { reason_admin: { en: string }; credential_digest?: string }>
  }
  const [[type, event] = ['', undefined]] = Object.entries(claims.events)
  if (event === undefined) throw new Error('an event token without an event')
  const digest = event.credential_digest
  return {
    subject: claims.sub_id.url,
    kind: type.split('/').at(-1) ?? '',
    reason: event.reason_admin.en,
    ...(digest === undefined ? {} : { digest }),
  }
}
