import { createAgent, type IDIDManager, type IKeyManager, type TAgent } from '@veramo/core'
import { DIDManager, MemoryDIDStore } from '@veramo/did-manager'
import { KeyManager, MemoryKeyStore, MemoryPrivateKeyStore } from '@veramo/key-manager'
import { KeyManagementSystem } from '@veramo/kms-local'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createComityPlugin,
  type ComityPluginOptions,
  type IComityPlugin,
} from '../../../src/adapters/veramo/index.ts'
import { createDidKeyProvider, createHostedProvider } from '../../../src/adapters/veramo/providers.ts'
import { createIssuer } from '../../../src/issuer/index.ts'
import { createStatusPublisher, type StatusPublisher } from '../../../src/status/index.ts'
import { createMemoryStore } from '../../../src/store/index.ts'
import { createTrustRegistry } from '../../../src/trust/index.ts'
import { codeOfPromise } from '../../support/codes.ts'
import { createWorld, PARTNER_DEMAND, REQUEST, type World } from '../../support/world.ts'
import { attestations } from '../../support/world-acme.ts'

const TYPES = ['AgentCapabilityCredential', 'AgentProvenanceCredential', 'AgentPostureCredential']

type FullAgent = TAgent<IKeyManager & IDIDManager & IComityPlugin>

const publishers = new Map<string, StatusPublisher>()
let world: World

beforeAll(async () => {
  world = await createWorld({
    intercept: async (request) => {
      for (const [url, publisher] of publishers) {
        if (!request.url.startsWith(url)) continue
        const token = await publisher.credential(request.url)
        return token === undefined
          ? undefined
          : new Response(token, { headers: { 'content-type': 'application/vc+jwt' } })
      }
      return undefined
    },
  })
})
afterAll(async () => {
  await world.close()
})

/** An agent as somebody has it already, with the plugin put in. */
function makeAgent(options: Partial<ComityPluginOptions> = {}): FullAgent {
  const plugin = createComityPlugin({
    store: createMemoryStore(),
    trust: createTrustRegistry({ issuers: [{ did: world.acme.did, types: TYPES }] }),
    fetch: world.fetch,
    resolver: world.resolver,
    ...options,
  })
  return createAgent<IKeyManager & IDIDManager & IComityPlugin>({
    plugins: [
      new KeyManager({
        store: new MemoryKeyStore(),
        kms: { local: new KeyManagementSystem(new MemoryPrivateKeyStore()) },
      }),
      new DIDManager({
        store: new MemoryDIDStore(),
        defaultProvider: 'did:key',
        providers: { 'did:key': createDidKeyProvider(), 'did:web': createHostedProvider() },
      }),
      plugin,
    ],
  })
}

/** A `did:key` that the agent makes by itself, without Comity. */
async function newDid(agent: FullAgent, keyType = 'Ed25519'): Promise<string> {
  return (await agent.didManagerCreate({ provider: 'did:key', kms: 'local', options: { keyType } })).did
}

/** A plugin whose DIDs issue, with status lists under a path of Acme's server. */
function issuing(path: string): Pick<ComityPluginOptions, 'issuer'> {
  return {
    issuer: async ({ did, wallet }) => {
      const store = createMemoryStore()
      const url = `${world.acme.origin}/${path}`
      const signer = await wallet.signer(did, 'assertionMethod')
      const statusLists = createStatusPublisher({ store, signer, issuer: did, url })
      publishers.set(url, statusLists)
      return createIssuer({ wallet, did, store, statusLists })
    },
  }
}

const claims = (): never => attestations(world.acme.did)['AgentPostureCredential'] as never

describe('a Veramo agent with the plugin', () => {
  it('issues as a DID that it had before, and others verify it', async () => {
    const agent = makeAgent(issuing('lists-a'))
    const issuer = await newDid(agent)
    const subject = await newDid(agent)
    const type = 'AgentPostureCredential'
    const issued = await agent.comityIssue({ issuer, type, subject, claims: claims(), lifetimeSeconds: 600 })
    const trusting = makeAgent({ trust: createTrustRegistry({ issuers: [{ did: issuer, types: [type] }] }) })
    const verified = await trusting.comityVerify({ credential: issued.token, holder: subject })
    expect(verified).toMatchObject({ issuer, subject, types: ['VerifiableCredential', type] })
    // Whoever is not asked to believe the issuer does not.
    expect(
      await codeOfPromise(async () =>
        makeAgent().comityVerify({ credential: issued.token, holder: subject }),
      ),
    ).toBe('COMITY_ISSUER_NOT_TRUSTED')
    expect(
      await codeOfPromise(async () => trusting.comityVerify({ credential: issued.token, holder: issuer })),
    ).toBe('COMITY_CREDENTIAL_HOLDER')
  })

  it('issues with a key that is P-256', async () => {
    const agent = makeAgent(issuing('lists-b'))
    const issuer = await newDid(agent, 'Secp256r1')
    const { token } = await agent.comityIssue({
      issuer,
      type: 'AgentPostureCredential',
      subject: issuer,
      claims: claims(),
      lifetimeSeconds: 600,
    })
    expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({
      alg: 'ES256',
    })
  })

  it('holds what it was issued and connects to a gateway over HTTPS', async () => {
    const agent = makeAgent()
    const did = await newDid(agent)
    for (const [type, each] of Object.entries(attestations(world.acme.did))) {
      const { token } = await world.acme.issuer.issue(type as 'AgentPostureCredential', {
        subject: did,
        claims: each,
        lifetimeSeconds: 600,
      })
      await agent.comityHold({ credential: token, holder: did, release: 'public' })
    }
    const session = await agent.comityConnect({
      did,
      peer: world.globex.did,
      request: REQUEST,
      demand: { anyone: true },
    })
    expect(session.peer).toBe(world.globex.did)
    // It judges the peer: nobody attests Globex's provenance to it that it believes.
    expect(
      await codeOfPromise(async () =>
        agent.comityConnect({ did, peer: world.globex.did, request: REQUEST, demand: PARTNER_DEMAND }),
      ),
    ).toBe('COMITY_ISSUER_NOT_TRUSTED')
  })

  it('refuses DIDs that are not its own', async () => {
    const agent = makeAgent(issuing('lists-c'))
    const other = makeAgent()
    const did = await newDid(other)
    const options = { type: 'AgentPostureCredential', subject: did, lifetimeSeconds: 600 } as const
    expect(
      await codeOfPromise(async () => agent.comityIssue({ ...options, issuer: did, claims: claims() })),
    ).toBe('COMITY_WALLET_KEY_UNKNOWN')
    await expect(agent.comityHold({ credential: 'x', holder: did, release: 'public' })).rejects.toMatchObject(
      {
        code: 'COMITY_WALLET_KEY_UNKNOWN',
      },
    )
  })

  it('does not sign as a DID whose document names none of its keys', async () => {
    const agent = makeAgent()
    // Acme's DID: its document is hosted, and has another key.
    const { did } = world.acme
    const key = await agent.keyManagerCreate({ kms: 'local', type: 'Ed25519' })
    await agent.didManagerImport({ did, provider: 'did:web', keys: [], services: [] })
    await agent.didManagerAddKey({ did, key, options: { localOnly: true } })
    expect(
      await codeOfPromise(async () =>
        agent.comityConnect({
          did,
          peer: world.globex.did,
          request: REQUEST,
          demand: { anyone: true },
        }),
      ),
    ).toBe('COMITY_WALLET_KEY_UNKNOWN')
  })

  it('needs to be told whom to believe, where to keep things, and how to issue', async () => {
    expect(() => createComityPlugin({ store: createMemoryStore() } as never)).toThrow(TypeError)
    const trust = createTrustRegistry({ issuers: [] })
    expect(() => createComityPlugin({ trust } as never)).toThrow(TypeError)
    const agent = makeAgent()
    const did = await newDid(agent)
    const options = { type: 'AgentPostureCredential', subject: did, lifetimeSeconds: 600 } as const
    await expect(agent.comityIssue({ ...options, issuer: did, claims: claims() })).rejects.toThrow(TypeError)
  })
})
