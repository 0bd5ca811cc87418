import { fileURLToPath } from 'node:url'
import { createAgent, type Agent } from '../../src/agent/index.ts'
import { serveHttps, type HttpsServer, type WebHandler } from '../../src/adapters/node/index.ts'
import { createDidDocument, createDidResolver, didWebFromUrl, type DidResolver } from '../../src/did/index.ts'
import { createGateway, createHost, type Gateway, type GatewayLogEntry } from '../../src/gateway/index.ts'
import type { IssuedCredential, Issuer } from '../../src/issuer/index.ts'
import { generateSigner, type Signer } from '../../src/keys/index.ts'
import { createGuardedFetch, insecureAllowLoopback, type GuardedFetch } from '../../src/net/index.ts'
import { createMemoryStore, type Store } from '../../src/store/index.ts'
import { createMemoryWallet, type Wallet } from '../../src/wallet/index.ts'
import {
  createAnchorPublisher,
  parseBabyJubJubJwk,
  type AnchorPublisher,
  type DemandTemplate,
} from '../../src/zk/index.ts'
import { loadArtifacts } from '../../src/zk/prove/artifacts.ts'
import { createProver, type Prover } from '../../src/zk/prove/prover.ts'
import { createCertificateAuthority } from './certificate-authority.ts'
import { createAcme, type Acme, type Server } from './zk-acme.ts'
import { createPlainSource, type PlainSource } from './zk-source.ts'

const POSTURE = 'AgentPostureCredential'
const ARTIFACTS = fileURLToPath(new URL('../../circuits/build', import.meta.url))

/** Makes a prover with the artifacts of this repository. */
export async function createTestProver(workers = 1): Promise<Prover> {
  return createProver({
    artifacts: await loadArtifacts(ARTIFACTS, { acceptDevelopmentSetup: true }),
    workers,
    maxQueued: 256,
  })
}

/** How a world is made. */
export interface ZkWorldOptions {
  readonly prover: Prover
  /** Whether the first gateway asks for a pseudonym. */
  readonly domain?: boolean
  /** Whether the gateways name Acme's auditor. */
  readonly auditor?: boolean
  /** Sees each body that a gateway gets and gives. */
  readonly onExchange?: (gateway: string, request: string, response: string) => void
}

/** A gateway that asks for compliance proofs and nothing else. */
export interface ZkGateway {
  readonly did: string
  readonly origin: string
  readonly endpoint: string
  readonly gateway: Gateway
  readonly publisher: AnchorPublisher
  readonly store: Store
  readonly log: GatewayLogEntry[]
  /** Whether it accepts Acme. It takes effect with the next epoch. */
  accepts: { acme: boolean }
  lastCode(): string | undefined
}

/** An agent with a posture that it can prove. */
export interface ZkAgent {
  readonly did: string
  readonly signer: Signer
  readonly wallet: Wallet
  readonly agent: Agent
  readonly source: PlainSource
  readonly posture: IssuedCredential
}

/** Acme, an issuer; two organizations with gateways; and an auditor. */
export interface ZkWorld {
  readonly fetch: GuardedFetch
  readonly resolver: DidResolver
  readonly issuer: Issuer
  readonly acme: string
  readonly auditorKey: Uint8Array
  readonly globex: ZkGateway
  readonly initech: ZkGateway
  createAgent(name: string): Promise<ZkAgent>
  /** Sends one message to Globex, byte for byte. */
  post(body: string): Promise<Uint8Array>
  close(): Promise<void>
}

/** What the demand of a gateway asks for; without anchors, which the gateway fills in. */
export function postureTemplate(meta: object): DemandTemplate {
  const at = (name: string): readonly string[] => ['credentialSubject', name]
  return {
    credentials: [
      {
        id: 'posture-zk',
        format: 'comity-zk',
        meta: { type_values: [[POSTURE]], ...meta },
        predicates: [
          { path: at('openCriticalVulnerabilities'), op: 'range', min: 0, max: 0 },
          { path: at('region'), op: 'in', values: ['eu', 'uk'] },
          { path: at('assessedAt'), op: 'range', min: { epoch: -86_400 } },
        ],
      },
    ],
  }
}

/** Builds the world. Everything is real: HTTPS on loopback, the circuit, the proofs. */
export async function createZkWorld(options: ZkWorldOptions): Promise<ZkWorld> {
  const authority = await createCertificateAuthority()
  const servers: HttpsServer[] = []
  const serve = async (): Promise<Server> => {
    let handler: WebHandler = () => Promise.resolve(new Response(null, { status: 503 }))
    const server = await serveHttps({
      ...(await authority.issue()),
      port: 0,
      handler: (request, context) => handler(request, context),
      onError: (error) => {
        console.error(error)
      },
    })
    servers.push(server)
    return {
      origin: server.origin,
      use: (next) => {
        handler = next
      },
    }
  }
  const [acmeServer, globexServer, initechServer] = [await serve(), await serve(), await serve()]
  const origins = [acmeServer.origin, globexServer.origin, initechServer.origin]
  const fetch = createGuardedFetch({ [insecureAllowLoopback]: origins, ca: authority.ca })
  const resolver = createDidResolver({ fetch, cacheSeconds: 0 })
  const acme = await createAcme(acmeServer, resolver)
  // Issued before the first epoch begins: a proof says that the credential was valid then.
  const first = await acme.issuePosture('first')
  const shared = { fetch, resolver, acme, options }
  const globex = await createZkGateway(globexServer, { ...shared, name: 'globex', domain: options.domain })
  const initech = await createZkGateway(initechServer, { ...shared, name: 'initech', domain: options.domain })
  const endpointOf = (verifier: string): string =>
    `${verifier === globex.did ? globex.origin : initech.origin}/comity/anchors`
  let isFirstUsed = false
  return {
    fetch,
    resolver,
    issuer: acme.issuer,
    acme: acme.did,
    auditorKey: acme.auditor.privateKey,
    globex,
    initech,
    async createAgent(name) {
      const made = isFirstUsed ? await acme.issuePosture(name) : first
      isFirstUsed = true
      const { did, wallet, signer, posture } = made
      const source = createPlainSource({ prover: options.prover, wallet, fetch, resolver, endpointOf })
      const trust = { judge: () => Promise.resolve({ accepted: true, reason: 'test' }) } as const
      const agent = await createAgent({ did, wallet, trust, fetch, resolver, compliance: { source } })
      return { did, signer, wallet, agent, source, posture }
    },
    async post(body) {
      const headers = { 'content-type': 'application/comity+json' }
      return (await fetch(globex.endpoint, { method: 'POST', headers, body, timeoutMs: 20_000 })).body
    },
    async close() {
      for (const { gateway, publisher } of [globex, initech]) {
        await gateway.close()
        await publisher.close()
      }
      fetch.close()
      await Promise.all(servers.map((server) => server.close()))
    },
  }
}

async function createZkGateway(
  { origin, use }: Server,
  context: {
    readonly fetch: GuardedFetch
    readonly resolver: DidResolver
    readonly acme: Acme
    readonly options: ZkWorldOptions
    readonly name: string
    readonly domain: boolean | undefined
  },
): Promise<ZkGateway> {
  const { fetch, resolver, acme, options, name, domain } = context
  const did = didWebFromUrl(`${origin}/gateway`)
  const signer = await generateSigner({ alg: 'Ed25519', kid: `${did}#key-1` })
  const wallet = createMemoryWallet()
  await wallet.addKey(did, signer)
  const accepts = { acme: true }
  const trust = {
    judge: () => Promise.resolve({ accepted: accepts.acme, reason: 'test' }),
  } as const
  const document = createDidDocument({
    did,
    keys: [
      { fragment: '#key-1', jwk: signer.publicJwk, relationships: ['authentication', 'assertionMethod'] },
    ],
    services: [
      { fragment: '#handshake', type: 'ComityHandshake', serviceEndpoint: `${origin}/comity/handshake` },
    ],
  })
  const host = createHost({ origin, didDocuments: [document] })
  const publisher = createAnchorPublisher({
    did,
    signer,
    resolver,
    fetch,
    trust,
    anchored: [{ type: POSTURE, issuers: [acme.did] }],
    onProblem: ({ error }) => {
      log.push({ level: 'warn', event: 'anchors.problem', details: { code: error.code } })
    },
  })
  const store = createMemoryStore()
  const log: GatewayLogEntry[] = []
  await publisher.startEpoch()
  const gateway = await createGateway({
    agent: await createAgent({ did, wallet, trust, fetch, resolver }),
    origin,
    demand: postureTemplate({
      ...(options.auditor === true ? { auditor: acme.auditorKid } : {}),
      ...(domain === true ? { domain: did } : {}),
    }),
    compliance: {
      publisher,
      verificationKey: options.prover.verificationKey,
      auditors: { [acme.auditorKid]: parseBabyJubJubJwk(acme.auditor.jwk) },
      attests: { 'posture-zk': [{ type: 'invoices', actions: ['read'] }] },
    },
    offers: [{ type: 'invoices', actions: ['read', 'match'] }],
    store,
    host,
    log: (entry) => log.push(entry),
  })
  const read = gateway.protect({ type: 'invoices', action: 'read' }, (_request, { agent }) =>
    Promise.resolve(Response.json({ hello: agent })),
  )
  use(async (request, from) => {
    const { pathname } = new URL(request.url)
    const { onExchange } = options
    if (onExchange === undefined || pathname !== '/comity/handshake' || request.method !== 'POST') {
      return (await gateway.handle(request, from)) ?? read(request)
    }
    const body = await request.text()
    const { method, headers } = request
    const answer = await gateway.fetch(new Request(request.url, { method, headers, body }), from)
    const text = await answer.text()
    onExchange(name, body, text)
    return new Response(text, { status: answer.status, headers: answer.headers })
  })
  const endpoint = `${origin}/comity/handshake`
  const lastCode = (): string | undefined => log.findLast(({ code }) => code !== undefined)?.code
  return { did, origin, endpoint, gateway, publisher, store, log, accepts, lastCode }
}
