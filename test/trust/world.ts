import { createDidDocument, createDidResolver, didWebUrl, type DidResolver } from '../../src/did/index.ts'
import { generateSigner, withKid, type Signer } from '../../src/keys/index.ts'
import { createStatusChecker, createStatusPublisher, type StatusPublisher } from '../../src/status/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import {
  createTrustRegistry,
  issueAccreditation,
  issueTrustList,
  type IssueAccreditationOptions,
  type IssueTrustListOptions,
  type TrustListEntry,
  type TrustRegistry,
  type TrustRegistryOptions,
} from '../../src/trust/index.ts'
import { createWeb, NOW, type TestWeb } from '../credentials/world.ts'
import { createClock, type TestClock } from '../status/world.ts'

export const POSTURE = 'AgentPostureCredential'
export const SCOPE = 'AgentScopeCredential'
export const LIST = 'did:web:list.example'
export const LIST_URL = 'https://list.example/trust-list.jwt'
export const ISSUER = 'did:web:issuer.example'
export const GLOBEX = 'did:web:globex.example'
export const INITECH = 'did:web:initech.example'

/** What becomes of an accreditation in {@link TrustWorld.accredit}. */
export type AccreditOptions = Partial<Omit<IssueAccreditationOptions, 'issuer' | 'subject'>> & {
  /** Where it is served. Defaults to the subject's host. */
  readonly at?: string
}

/** Parties on a web in memory, for what real servers cannot be made to do. */
export interface TrustWorld {
  readonly web: TestWeb
  readonly clock: TestClock
  readonly resolver: DidResolver
  /** The URLs that were asked for, in order. */
  requests(): readonly string[]
  /** A DID with a key for assertions, made and published at its first use. */
  party(did: string): Promise<Signer>
  /** Publishes the document of a party anew, with other services. */
  serve(did: string, services: Readonly<Record<string, string>>): Promise<void>
  /** Issues a list of `did:web:list.example`. */
  list(entries: readonly TrustListEntry[], more?: Partial<IssueTrustListOptions>): Promise<string>
  /** Issues a list and serves it at {@link LIST_URL}. */
  publish(entries: readonly TrustListEntry[], more?: Partial<IssueTrustListOptions>): Promise<void>
  /** A body accredits an issuer, which serves it and points to it in its document. */
  accredit(body: string, subject: string, more?: AccreditOptions): Promise<string>
  /** The publisher of a body's statuses, and its lists on the web. */
  statuses(body: string): Promise<StatusPublisher & { readonly refresh: () => Promise<void> }>
  /** A registry on this web, which believes nobody by itself. */
  registry(more?: Partial<TrustRegistryOptions>): TrustRegistry
}

/** Builds the world, at {@link NOW}. */
export async function createTrustWorld(): Promise<TrustWorld> {
  const web = createWeb()
  const clock = createClock()
  const resolver = createDidResolver({ fetch: web.fetch, clock })
  const signers = new Map<string, Signer>()
  const endpoints = new Map<string, string[]>()

  async function publishDocument(did: string, services: Readonly<Record<string, string>>): Promise<void> {
    const { publicJwk } = await party(did)
    const document = createDidDocument({
      did,
      keys: [{ fragment: '#key-1', jwk: publicJwk, relationships: ['assertionMethod'] }],
      services: Object.entries(services).map(([endpoint, type], index) => ({
        fragment: `#service-${String(index)}`,
        type,
        serviceEndpoint: endpoint,
      })),
    })
    web.pages.set(didWebUrl(did), JSON.stringify(document))
    resolver.invalidate(did)
  }
  async function party(did: string): Promise<Signer> {
    const known = signers.get(did)
    if (known !== undefined) return known
    const signer = withKid(await generateSigner({ alg: 'Ed25519' }), `${did}#key-1`)
    signers.set(did, signer)
    await publishDocument(did, did === LIST ? { [LIST_URL]: 'ComityTrustList' } : {})
    return signer
  }
  async function list(entries: readonly TrustListEntry[], more: Partial<IssueTrustListOptions> = {}) {
    const signer = await party(more.issuer ?? LIST)
    const times = { validFrom: NOW - 60, validUntil: NOW + 86_400 }
    return issueTrustList({ signer, issuer: LIST, url: LIST_URL, sequence: 1, ...times, entries, ...more })
  }
  return {
    web,
    clock,
    resolver,
    requests: () => web.requests.map(({ url }) => url),
    party,
    serve: publishDocument,
    list,
    publish: async (entries, more) => void web.pages.set(LIST_URL, await list(entries, more)),
    async accredit(body, subject, { at, ...more } = {}) {
      const signer = await party(body)
      await party(subject)
      const token = await issueAccreditation({
        signer,
        issuer: body,
        subject,
        accreditedFor: [POSTURE],
        validFrom: NOW - 60,
        validUntil: NOW + 86_400,
        ...more,
      })
      const own = endpoints.get(subject) ?? []
      const url = at ?? new URL(`/accreditations/${String(own.length + 1)}`, didWebUrl(subject)).href
      endpoints.set(subject, [...own, url])
      web.pages.set(url, token)
      const services = [...own, url].map((endpoint) => [endpoint, 'ComityAccreditation'] as const)
      await publishDocument(subject, Object.fromEntries(services))
      return token
    },
    async statuses(body) {
      const signer = await party(body)
      const url = new URL('/status', didWebUrl(body)).href
      const store = createMemoryStore({ clock })
      const publisher = createStatusPublisher({ store, signer, issuer: body, url, clock, ttlMs: 0 })
      const refresh = async (): Promise<void> => {
        const place = `${url}/revocation/1`
        const token = await publisher.credential(place)
        if (token !== undefined) web.pages.set(place, token)
      }
      return { ...publisher, refresh }
    },
    registry(more = {}) {
      const status = createStatusChecker({ fetch: web.fetch, resolver, clock })
      return createTrustRegistry({ issuers: [], fetch: web.fetch, resolver, status, clock, ...more })
    },
  }
}

/** The code that a registry's judgement fails with, and why; or its answer. */
export async function answerOf(
  registry: TrustRegistry,
  question: { issuer?: string; type?: string; audience?: string } = {},
): Promise<string> {
  const asked = { issuer: ISSUER, type: POSTURE, ...question }
  try {
    const { accepted, reason } = await registry.judge(asked)
    return accepted ? `yes: ${reason}` : `no: ${reason}`
  } catch (error) {
    const { code, details } = error as { code: string; details: { because?: string } }
    return `${code}: ${details.because ?? ''}`
  }
}
