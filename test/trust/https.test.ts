import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveHttps, type HttpsServer, type WebHandler } from '../../src/adapters/node/index.ts'
import { createDidDocument, createDidResolver, didWebFromUrl } from '../../src/did/index.ts'
import { createHost, type Host } from '../../src/gateway/index.ts'
import { generateSigner, type Signer } from '../../src/keys/index.ts'
import { createGuardedFetch, insecureAllowLoopback, type GuardedFetch } from '../../src/net/index.ts'
import { createStatusChecker, createStatusPublisher, type StatusPublisher } from '../../src/status/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import {
  createTrustRegistry,
  issueAccreditation,
  issueTrustList,
  type TrustListEntry,
  type TrustRegistryOptions,
} from '../../src/trust/index.ts'
import { createCertificateAuthority, type CertificateAuthority } from '../support/certificate-authority.ts'
import { answerOf, POSTURE } from './world.ts'

/** An organization behind an HTTPS server of its own, with `createHost`. */
interface Organization {
  readonly did: string
  readonly origin: string
  readonly signer: Signer
  readonly statuses: StatusPublisher
  readonly host: Host
  readonly server: HttpsServer
  /** Whether its server answers. */
  up: boolean
}

const SERVICES = [
  ['/trust-list.jwt', 'ComityTrustList'],
  ['/accreditation.jwt', 'ComityAccreditation'],
] as const

async function startOrganization(authority: CertificateAuthority): Promise<Organization> {
  let handler: WebHandler = () => Promise.resolve(new Response(null, { status: 503 }))
  const server = await serveHttps({
    ...(await authority.issue()),
    port: 0,
    handler: (request, context) => handler(request, context),
  })
  const { origin } = server
  const did = didWebFromUrl(origin)
  const signer = await generateSigner({ alg: 'ES256', kid: `${did}#key-1` })
  const store = createMemoryStore()
  const statuses = createStatusPublisher({ store, signer, issuer: did, url: `${origin}/status`, ttlMs: 0 })
  const host = createHost({
    origin,
    statusLists: statuses,
    didDocuments: [
      createDidDocument({
        did,
        keys: [{ fragment: '#key-1', jwk: signer.publicJwk, relationships: ['assertionMethod'] }],
        services: SERVICES.map(([path, type], index) => ({
          fragment: `#s${String(index)}`,
          type,
          serviceEndpoint: `${origin}${path}`,
        })),
      }),
    ],
  })
  const organization: Organization = { did, origin, signer, statuses, host, server, up: true }
  handler = async (request) => {
    if (!organization.up) return new Response(null, { status: 503 })
    return (await host.handle(request)) ?? new Response(null, { status: 404 })
  }
  return organization
}

let fetch: GuardedFetch
let organizations: readonly [Organization, Organization, Organization]
const now = (): number => Math.floor(Date.now() / 1000)

beforeAll(async () => {
  const authority = await createCertificateAuthority()
  const start = (): Promise<Organization> => startOrganization(authority)
  organizations = [await start(), await start(), await start()]
  const origins = organizations.map(({ origin }) => origin)
  fetch = createGuardedFetch({ [insecureAllowLoopback]: origins, ca: authority.ca })
})
afterAll(async () => {
  fetch.close()
  await Promise.all(organizations.map(({ server }) => server.close()))
})

function registry(more: Partial<TrustRegistryOptions>) {
  const resolver = createDidResolver({ fetch })
  const status = createStatusChecker({ fetch, resolver })
  return createTrustRegistry({ issuers: [], fetch, resolver, status, ...more })
}

async function publishList(owner: Organization, sequence: number, entries: TrustListEntry[]): Promise<void> {
  const { did: issuer, signer, origin, host } = owner
  const url = `${origin}/trust-list.jwt`
  const times = { validFrom: now(), validUntil: now() + 3600 }
  const body = await issueTrustList({ signer, issuer, url, sequence, entries, ...times })
  host.publishFile({ path: '/trust-list.jwt', contentType: 'application/vc+jwt', body })
}

describe('a trust list over HTTPS', () => {
  it('is hosted by its owner, found, replaced, and fails closed when it is gone', async () => {
    const [owner, issuer, other] = organizations
    await publishList(owner, 1, [{ issuer: issuer.did, types: [POSTURE] }])
    const lists = [{ did: owner.did }]
    const store = createMemoryStore()
    const question = { issuer: issuer.did }
    expect(await answerOf(registry({ lists, store }), question)).toBe(
      `yes: rule=list list=${owner.did} sequence=1`,
    )
    await publishList(owner, 2, [{ issuer: other.did, types: [POSTURE] }])
    expect(await answerOf(registry({ lists, store }), question)).toMatch(/^no/)
    expect(await answerOf(registry({ lists, store }), { issuer: other.did })).toMatch(/sequence=2$/)
    await publishList(owner, 1, [{ issuer: issuer.did, types: [POSTURE] }])
    expect(await answerOf(registry({ lists, store }), question)).toBe(
      'COMITY_TRUST_LIST_UNAVAILABLE: COMITY_TRUST_LIST_ROLLBACK',
    )
    owner.up = false
    expect(await answerOf(registry({ lists, store }), question)).toMatch(/^COMITY_TRUST_LIST_UNAVAILABLE/)
    owner.up = true
  })

  it('of more than 1 MiB is not read', async () => {
    const [owner, issuer] = organizations
    const body = `e30.${'A'.repeat(1_100_000)}.AAAA`
    owner.host.publishFile({ path: '/trust-list.jwt', contentType: 'application/vc+jwt', body })
    expect(await answerOf(registry({ lists: [{ did: owner.did }] }), { issuer: issuer.did })).toBe(
      'COMITY_TRUST_LIST_UNAVAILABLE: COMITY_NET_TOO_LARGE',
    )
  })
})

describe('a chain of accreditations over HTTPS', () => {
  it('holds from the accepted body down to the issuer, until one is revoked', async () => {
    const [root, middle, issuer] = organizations
    const [entry] = await root.statuses.allocate('revocation')
    const accredit = async (body: Organization, subject: Organization, more: object): Promise<void> => {
      const token = await issueAccreditation({
        signer: body.signer,
        issuer: body.did,
        subject: subject.did,
        accreditedFor: [POSTURE],
        validFrom: now(),
        validUntil: now() + 3600,
        ...more,
      })
      subject.host.publishFile({
        path: '/accreditation.jwt',
        contentType: 'application/vc+jwt',
        body: token,
      })
    }
    await accredit(root, middle, { depth: 1, status: entry })
    await accredit(middle, issuer, {})
    const accreditors = [{ did: root.did, types: [POSTURE] }]
    const one = registry({ accreditors })
    const chain = [root, middle, issuer].map(({ did }) => did).join(',')
    expect(await answerOf(one, { issuer: issuer.did })).toBe(`yes: rule=accreditation chain=${chain}`)
    await root.statuses.set(entry!, true)
    expect(await answerOf(one, { issuer: issuer.did })).toContain('refused=COMITY_STATUS_REVOKED')
    expect(await answerOf(one, { issuer: middle.did })).toContain('refused=COMITY_STATUS_REVOKED')
  })
})
