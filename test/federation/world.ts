import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { issueCredential, type IssuerTrust, type StatusEntry } from '../../src/credentials/index.ts'
import {
  createDidDocument,
  createDidResolver,
  didWebUrl,
  spiffeTrustDomainService,
  type DidResolver,
  type DocumentService,
  type SpiffeTrustDomainOptions,
} from '../../src/did/index.ts'
import {
  createTrustDomainFederation,
  type FederationLogEntry,
  type TrustDomainChange,
  type TrustDomainFederation,
  type TrustDomainFederationOptions,
} from '../../src/federation/index.ts'
import { generateSigner, type Signer } from '../../src/keys/index.ts'
import {
  createGuardedFetch,
  insecureAllowLoopback,
  type GuardedFetch,
  type GuardedRequest,
} from '../../src/net/index.ts'
import { formatPem, formatTrustBundle, type X509Svid } from '../../src/spiffe/index.ts'
import {
  createCertificateAuthority,
  createSpiffeAuthority,
  createTestClock,
  type SpiffeAuthority,
  type TestClock,
} from '../../src/testing/index.ts'
import { createTestTimers, type TestTimers } from './timers.ts'

/** Names that the hosts of the tests have: each a name of loopback, by RFC 6761. */
const HOSTS = [
  'acme.localhost',
  'agents.acme.localhost',
  'globex.localhost',
  'evilacme.localhost',
  'acme.localhost.evil.localhost',
  'xn--acm-dma.localhost',
  'body.localhost',
  'localhost',
]

/** What a page answers with: 200 and a text, or a status alone. */
export type Page = string | number

/** One organization or agent with a DID document on its host. */
export interface TestParty {
  readonly did: string
  readonly signer: Signer
}

/** Hosts on loopback behind real HTTPS servers, and a federation that goes to them as to port 443. */
export interface FederationWorld {
  readonly clock: TestClock
  readonly timers: TestTimers
  readonly resolver: DidResolver
  readonly fetch: GuardedFetch
  /** By URL, without the port. */
  readonly pages: Map<string, Page>
  /** The URLs that were asked for, without the port, in order. */
  readonly requests: string[]
  readonly log: FederationLogEntry[]
  readonly changes: TrustDomainChange[]
  /** Publishes a DID document; the key of a DID stays the same. */
  publish(
    did: string,
    options?: { controller?: string; services?: readonly DocumentService[] },
  ): Promise<TestParty>
  /** Publishes a DID document that claims a trust domain, with the bundle at `https_web`, and says where that is. */
  claim(
    did: string,
    authority: SpiffeAuthority,
    more?: Partial<SpiffeTrustDomainOptions>,
  ): Promise<{ readonly url: string }>
  /** Serves the bundle of an authority as it is now. */
  serveBundle(authority: SpiffeAuthority, url?: string): string
  /** Starts an endpoint that shows an SVID. */
  serveSpiffe(
    svid: () => X509Svid,
    body: () => string,
  ): Promise<{ readonly url: string; readonly asked: () => number }>
  /** A credential about a DID and its trust domain. */
  attest(issuer: string, subject: string, claims: object, more?: AttestOptions): Promise<string>
  federation(options?: Partial<TrustDomainFederationOptions>): Promise<TrustDomainFederation>
}

/** How an attestation is made. */
export interface AttestOptions {
  readonly validUntil?: number
  readonly status?: StatusEntry
}

/** Nobody's credentials are believed. */
export const NOBODY: IssuerTrust = { judge: async () => ({ accepted: false, reason: 'test' }) }

/** Believes some issuers for `TrustDomainCredential`. */
export function believe(...issuers: readonly string[]): IssuerTrust {
  return {
    judge: async ({ issuer, type }) => ({
      accepted: type === 'TrustDomainCredential' && issuers.includes(issuer),
      reason: 'test',
    }),
  }
}

function listen(server: Server): Promise<number> {
  const sockets = new Set<{ destroy(): void }>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve((server.address() as AddressInfo).port)
    })
  })
}

/** Builds the world. Everything ends with the test. */
export async function createFederationWorld(): Promise<FederationWorld> {
  const authority = await createCertificateAuthority()
  // OpenSSL has the system's time alone: what is issued later by this clock must not be from its future.
  const clock = createTestClock(Math.floor(Date.now() / 1000) - 1800)
  const timers = createTestTimers(clock)
  const pages = new Map<string, Page>()
  const requests: string[] = []
  const log: FederationLogEntry[] = []
  const changes: TrustDomainChange[] = []
  const parties = new Map<string, Signer>()
  const extraPorts: number[] = []

  const server = createServer(await authority.issue({ names: HOSTS }), (request, response) => {
    const url = `https://${(request.headers.host ?? '').replace(/:\d+$/, '')}${request.url ?? ''}`
    requests.push(url)
    const page = pages.get(url) ?? 404
    if (typeof page === 'number') response.writeHead(page).end()
    else response.writeHead(200, { 'cache-control': 'no-cache' }).end(page)
  })
  const port = await listen(server)
  let inner: GuardedFetch | undefined
  const guarded = (): GuardedFetch => {
    const ports = [port, ...extraPorts]
    const origins = HOSTS.flatMap((host) => ports.map((each) => `https://${host}:${String(each)}`))
    inner ??= createGuardedFetch({ [insecureAllowLoopback]: origins, ca: authority.ca })
    return inner
  }
  // Port 443 is not for tests to listen on, and a DID with a port does not speak for a name.
  const toPort = (url: string): string =>
    url.replace(/^(https:\/\/[a-z0-9.-]+)(?=\/|$)/, `$1:${String(port)}`)
  const get = (url: string, request?: GuardedRequest) => guarded()(toPort(url), request)
  const fetch: GuardedFetch = Object.assign(get, {
    stream: async (): Promise<never> => {
      throw new TypeError('not in this test')
    },
    close: () => inner?.close(),
  })
  onTestFinished(() => inner?.close())
  const resolver = createDidResolver({ fetch, clock, cacheSeconds: 0, failureCacheSeconds: 0 })

  async function publish(
    did: string,
    { controller, services = [] }: { controller?: string; services?: readonly DocumentService[] } = {},
  ): Promise<TestParty> {
    const signer = parties.get(did) ?? (await generateSigner({ alg: 'Ed25519', kid: `${did}#key-1` }))
    parties.set(did, signer)
    const document = createDidDocument({
      did,
      keys: [{ fragment: '#key-1', jwk: signer.publicJwk, relationships: ['assertionMethod'] }],
      services,
      ...(controller !== undefined && { controller }),
    })
    pages.set(didWebUrl(did), JSON.stringify(document))
    return { did, signer }
  }
  function serveBundle(
    spiffe: SpiffeAuthority,
    url = `https://acme.localhost/bundles/${spiffe.trustDomain.name}`,
  ): string {
    pages.set(url, formatTrustBundle(spiffe.bundle()))
    return url
  }

  return {
    clock,
    timers,
    resolver,
    fetch,
    pages,
    requests,
    log,
    changes,
    publish,
    serveBundle,
    async claim(did, spiffe, more = {}) {
      const url = serveBundle(spiffe)
      const service = spiffeTrustDomainService({
        trustDomain: spiffe.trustDomain.name,
        bundleEndpoint: url,
        profile: 'https_web',
        ...more,
      })
      await publish(did, { services: [service] })
      return { url }
    },
    async serveSpiffe(svid, body) {
      let asked = 0
      const material = () => ({
        cert: svid()
          .chain.map(({ der }) => formatPem('CERTIFICATE', der))
          .join(''),
        key: formatPem('PRIVATE KEY', svid().privateKey),
      })
      const endpoint = createServer(material(), (_request, response) => {
        asked += 1
        endpoint.setSecureContext(material())
        response.writeHead(200, { connection: 'close' }).end(body())
      })
      const own = await listen(endpoint)
      extraPorts.push(own)
      inner?.close()
      inner = undefined
      return { url: `https://acme.localhost:${String(own)}/bundle`, asked: () => asked }
    },
    async attest(issuer, subject, claims, { validUntil = clock.now() + 3600, status } = {}) {
      const { signer } = await publish(issuer)
      return issueCredential({
        signer,
        issuer,
        subject,
        type: 'TrustDomainCredential',
        claims: claims as never,
        validFrom: Math.floor(clock.now()) - 60,
        validUntil: Math.floor(validUntil),
        ...(status !== undefined && { status }),
      })
    },
    async federation(options = {}) {
      const made = await createTrustDomainFederation({
        resolver,
        fetch,
        trust: NOBODY,
        clock,
        timers,
        log: (entry) => log.push(entry),
        ...options,
      })
      made.onChange((change) => changes.push(change))
      onTestFinished(() => made.close())
      return made
    },
  }
}

/** An authority of a trust domain at the test's time. */
export function authorityOf(world: FederationWorld, name: string): Promise<SpiffeAuthority> {
  return createSpiffeAuthority(name, world.clock)
}
