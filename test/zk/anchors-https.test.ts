import { afterAll, describe, expect, it } from 'vitest'
import { serveHttps, type HttpsServer, type WebHandler } from '../../src/adapters/node/index.ts'
import {
  createDidDocument,
  createDidResolver,
  didWebFromUrl,
  statusListAggregationService,
} from '../../src/did/index.ts'
import { createHost } from '../../src/gateway/index.ts'
import { generateSigner } from '../../src/keys/index.ts'
import { createGuardedFetch, insecureAllowLoopback } from '../../src/net/index.ts'
import { createStatusPublisher } from '../../src/status/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import {
  babyJubJubJwk,
  createAnchorPublisher,
  createAnchorSource,
  createZkSigner,
  generateZkPrivateKey,
} from '../../src/zk/index.ts'
import { createCertificateAuthority } from '../support/certificate-authority.ts'
import { codeOfPromise } from '../support/codes.ts'
import { trustAllBut, TYPE } from './support/anchors-world.ts'

describe('anchors over HTTPS', async () => {
  const authority = await createCertificateAuthority()
  const servers: HttpsServer[] = []
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.close()))
  })
  async function serve(): Promise<{ origin: string; use(next: WebHandler): void }> {
    let handler: WebHandler = async () => new Response(null, { status: 503 })
    const server = await serveHttps({
      ...(await authority.issue()),
      port: 0,
      handler: (request, context) => handler(request, context),
    })
    servers.push(server)
    return { origin: server.origin, use: (next) => (handler = next) }
  }

  it('takes the lists of a real issuer from its host, and gives them to a real prover', async () => {
    const [acmeServer, globexServer] = [await serve(), await serve()]
    const origins = [acmeServer.origin, globexServer.origin]
    const fetch = createGuardedFetch({ [insecureAllowLoopback]: origins, ca: authority.ca })
    const resolver = createDidResolver({ fetch })
    const acme = didWebFromUrl(`${acmeServer.origin}/`)
    const globex = didWebFromUrl(`${globexServer.origin}/`)
    const signer = await generateSigner({ alg: 'Ed25519', kid: `${acme}#key-1` })
    const zkSigner = createZkSigner({ kid: `${acme}#zk-1`, privateKey: generateZkPrivateKey() })
    const statusLists = createStatusPublisher({
      store: createMemoryStore(),
      signer,
      issuer: acme,
      url: `${acmeServer.origin}/status`,
    })
    const acmeDocument = createDidDocument({
      did: acme,
      keys: [
        { fragment: '#key-1', jwk: signer.publicJwk, relationships: ['assertionMethod'] },
        {
          fragment: '#zk-1',
          type: 'JsonWebKey',
          material: { publicKeyJwk: { ...babyJubJubJwk(zkSigner.publicKey) } },
          relationships: ['assertionMethod'],
        },
      ],
      services: [statusListAggregationService({ url: statusLists.aggregationUrl })],
    })
    const acmeHost = createHost({ origin: acmeServer.origin, didDocuments: [acmeDocument], statusLists })
    acmeServer.use(async (request) => (await acmeHost.handle(request)) ?? new Response(null, { status: 404 }))

    const own = await generateSigner({ alg: 'Ed25519', kid: `${globex}#key-1` })
    const globexDocument = createDidDocument({
      did: globex,
      keys: [{ fragment: '#key-1', jwk: own.publicJwk, relationships: ['assertionMethod'] }],
    })
    const globexHost = createHost({ origin: globexServer.origin, didDocuments: [globexDocument] })
    const problems: unknown[] = []
    await using publisher = createAnchorPublisher({
      did: globex,
      signer: own,
      resolver,
      fetch,
      trust: trustAllBut(),
      anchored: [{ type: TYPE, issuers: [acme] }],
      onProblem: (problem) => problems.push(problem),
    })
    globexServer.use(async (request) => {
      const [, hash] = /^\/comity\/anchors\/([\w-]+)$/.exec(new URL(request.url).pathname) ?? []
      const body = hash === undefined ? undefined : publisher.document(`urn:sha256:${hash}`)
      if (body !== undefined) return new Response(body)
      return (await globexHost.handle(request)) ?? new Response(null, { status: 404 })
    })

    const { idx, uri } = await statusLists.allocateToken()
    await publisher.startEpoch()
    expect(problems).toEqual([])
    const source = createAnchorSource({ fetch, resolver })
    const location = { verifier: globex, endpoint: `${globexServer.origin}/comity/anchors/` }
    const credential = { issuer: acme, issuerKey: zkSigner.publicKey, type: TYPE, status: { idx, uri } }
    const before = await source.get(publisher.current(TYPE).digest, location)
    await expect(before.leafOf(credential)).resolves.toMatchObject({ index: 0 })

    await statusLists.set({ type: 'TokenStatusList', uri, idx }, true, 'revocation')
    await publisher.noteChange({ issuer: acme })
    const after = await source.get(publisher.current(TYPE).digest, location)
    expect(after.anchors.epoch).toBeGreaterThan(before.anchors.epoch)
    expect(await codeOfPromise(() => after.leafOf(credential))).toBe('COMITY_ZK_CREDENTIAL_REVOKED')
    fetch.close()
  })
})
