import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveHttps, type HttpsServer } from '../../src/adapters/node/index.ts'
import { createFolder } from '../../src/cli/folder.ts'
import { withState } from '../../src/cli/state.ts'
import {
  createDidDocument,
  createDidResolver,
  didKeyFromJwk,
  didWebFromUrl,
  statusListAggregationService,
} from '../../src/did/index.ts'
import { generateSigner, withKid } from '../../src/keys/index.ts'
import { createGuardedFetch, insecureAllowLoopback } from '../../src/net/index.ts'
import { createStatusPublisher } from '../../src/status/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { zkDocumentKey } from '../../src/wallet/index.ts'
import {
  babyJubJubJwk,
  createAnchorPublisher,
  createZkSigner,
  generateZkPrivateKey,
  issueComplianceCredential,
  verifyHolderCommitment,
} from '../../src/zk/index.ts'
import { createCertificateAuthority } from '../support/certificate-authority.ts'
import { postureTemplate } from '../support/zk-world.ts'
import { comity } from './run-comity.ts'

const ARTIFACTS = fileURLToPath(new URL('../../circuits/build', import.meta.url))
const authority = await createCertificateAuthority()
const NONCE = 'a-nonce-for-one-test-1'

let folder: string
let audience: string
let network: string[]
let server: HttpsServer
const pages = new Map<string, () => Promise<string | undefined>>()
const at = (name: string): string => join(folder, name)
const json = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>

/** An issuer on loopback, a credential in the agent's folder, and a demand with the anchors of its verifier. */
async function prepare(origin: string): Promise<void> {
  const fetch = createGuardedFetch({ [insecureAllowLoopback]: [origin], ca: authority.ca })
  const resolver = createDidResolver({ fetch })
  const issuer = didWebFromUrl(origin)
  const signer = await generateSigner({ alg: 'Ed25519', kid: `${issuer}#key-1` })
  const zkSigner = createZkSigner({ kid: `${issuer}#zk-1`, privateKey: generateZkPrivateKey() })
  const store = createMemoryStore()
  const lists = createStatusPublisher({ store, signer, issuer, url: `${origin}/status`, length: 131_072 })
  const document = createDidDocument({
    did: issuer,
    keys: [
      { fragment: '#key-1', jwk: signer.publicJwk, relationships: ['assertionMethod'] },
      zkDocumentKey('#zk-1', babyJubJubJwk(zkSigner.publicKey), 'assertionMethod'),
    ],
    services: [statusListAggregationService({ url: lists.aggregationUrl })],
  })
  pages.set('/.well-known/did.json', async () => JSON.stringify(document))
  for (const path of ['aggregation', 'token/1', 'token/2', 'token/3']) {
    pages.set(`/status/${path}`, () => lists.credential(`${origin}/status/${path}`))
  }
  const entry = await lists.allocateToken()
  const now = Math.floor(Date.now() / 1000)
  await createFolder(at('agent'), { kind: 'agent', did: `${issuer}:agent`, organization: issuer })
  await withState(at('agent'), async ({ wallet, config }) => {
    await wallet.createKey(config.did, { alg: 'Ed25519' })
    const commitment = await wallet.commitCompliance({ issuer, nonce: NONCE })
    const text = await issueComplianceCredential({
      ...{
        signer: zkSigner,
        issuer,
        type: 'AgentPostureCredential',
        validFrom: now - 60,
        validUntil: now + 3600,
      },
      claims: {
        openCriticalVulnerabilities: 0,
        region: 'eu',
        assessedAt: new Date((now - 600) * 1000).toISOString(),
      },
      status: entry,
      commitment: verifyHolderCommitment(commitment, { issuer, nonce: NONCE }),
    })
    await wallet.addComplianceCredential(text, { release: 'public', resolver })
  })
  const key = await generateSigner({ alg: 'Ed25519' })
  audience = didKeyFromJwk(key.publicJwk)
  const publisher = createAnchorPublisher({
    did: audience,
    signer: withKid(key, `${audience}#${audience.slice('did:key:'.length)}`),
    resolver,
    fetch,
    trust: { judge: async () => ({ accepted: true, reason: 'a test' }) },
    anchored: [{ type: 'AgentPostureCredential', issuers: [issuer] }],
  })
  await publisher.startEpoch()
  const { digest } = publisher.current('AgentPostureCredential')
  await writeFile(at('demand.json'), JSON.stringify(publisher.complete(postureTemplate({}))))
  await writeFile(at('anchors.json'), publisher.document(digest) ?? '')
  await publisher.close()
  fetch.close()
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'comity-zk-'))
  await writeFile(at('ca.pem'), authority.ca)
  server = await serveHttps({
    ...(await authority.issue()),
    port: 0,
    handler: async (request) => {
      const body = await pages.get(new URL(request.url).pathname)?.()
      return body === undefined
        ? new Response(null, { status: 404 })
        : new Response(body, { headers: { 'content-type': 'application/json' } })
    },
  })
  network = ['--ca', at('ca.pem'), '--allow-loopback', new URL(server.origin).host]
  await prepare(server.origin)
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

const occasion = (): string[] => [
  '--demand',
  at('demand.json'),
  '--audience',
  audience,
  '--anchors',
  at('anchors.json'),
]

describe('comity zk prove', () => {
  it(
    'proves from the wallet of a folder what comity zk verify takes, for this key alone',
    { timeout: 120_000 },
    async () => {
      const proved = await comity(
        ...['zk', 'prove', '--dir', at('agent'), ...occasion(), ...network, '--artifacts', ARTIFACTS],
        ...['--accept-development-setup', '--out', at('proof'), '--json'],
      )
      expect(proved.errors).toBe('')
      const { key, ms } = json(proved.output)
      expect(typeof ms).toBe('number')
      expect((await stat(at('proof'))).mode & 0o777).toBe(0o600)
      expect(proved.output).not.toContain((await readFile(at('proof'), 'utf8')).trim())
      const verify = (thumbprint: string) =>
        comity(
          ...['zk', 'verify', at('proof'), ...occasion(), ...network, '--key', thumbprint],
          ...['--accept-development-setup', '--json'],
        )
      const verified = await verify(String(key))
      expect(json(verified.output)).toMatchObject({
        ok: true,
        query: 'posture-zk',
        type: 'AgentPostureCredential',
      })
      expect(verified.output).not.toContain('localhost')
      expect((await verify('A'.repeat(43))).output).toContain('COMITY_ZK_PROOF_INVALID')
    },
  )

  it('says when nothing in the wallet satisfies the query', async () => {
    const demand = json(await readFile(at('demand.json'), 'utf8')) as {
      credentials: { predicates: object[] }[]
    }
    demand.credentials[0]!.predicates.push({ path: ['credentialSubject', 'region'], op: 'eq', value: 'uk' })
    await writeFile(at('other.json'), JSON.stringify(demand))
    const { code, errors } = await comity(
      ...['zk', 'prove', '--dir', at('agent'), ...occasion(), '--demand', at('other.json'), ...network],
      ...['--artifacts', ARTIFACTS, '--accept-development-setup'],
    )
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining('COMITY_ZK_UNSATISFIED') })
  })
})
