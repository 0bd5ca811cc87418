import { createAgent, type IDIDManager, type IKeyManager, type TAgent } from '@veramo/core'
import { DIDManager, MemoryDIDStore } from '@veramo/did-manager'
import { KeyManager, MemoryKeyStore, MemoryPrivateKeyStore } from '@veramo/key-manager'
import { KeyManagementSystem } from '@veramo/kms-local'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createComityPlugin, type IComityPlugin } from '../../../src/adapters/veramo/index.ts'
import { createDidKeyProvider } from '../../../src/adapters/veramo/providers.ts'
import { verifyPresentation, vctOf } from '../../../src/credentials/index.ts'
import { createStatusChecker } from '../../../src/status/index.ts'
import { createMemoryStore } from '../../../src/store/index.ts'
import { createTrustRegistry } from '../../../src/trust/index.ts'
import type { ReleaseRule } from '../../../src/wallet/index.ts'
import { codeOfPromise } from '../../support/codes.ts'
import { attestations } from '../../support/world-acme.ts'
import { createWorld, type World } from '../../support/world.ts'

const CAPABILITY = 'AgentCapabilityCredential'
const POSTURE = 'AgentPostureCredential'
const ASKED = { audience: 'did:web:verifier.example', nonce: 'of this form' }
const DEMAND = {
  credentials: [
    { id: 'capability', format: 'vc+jwt', meta: { type_values: [[CAPABILITY]] } },
    {
      id: 'posture',
      format: 'dc+sd-jwt',
      meta: { vct_values: [vctOf(POSTURE)] },
      claims: [{ path: ['region'] }],
    },
  ],
}

type FullAgent = TAgent<IKeyManager & IDIDManager & IComityPlugin>

let world: World

beforeAll(async () => {
  world = await createWorld()
})
afterAll(async () => {
  await world.close()
})

const trust = () => createTrustRegistry({ issuers: [{ did: world.acme.did, types: [CAPABILITY, POSTURE] }] })

function makeAgent(): FullAgent {
  return createAgent<IKeyManager & IDIDManager & IComityPlugin>({
    plugins: [
      new KeyManager({
        store: new MemoryKeyStore(),
        kms: { local: new KeyManagementSystem(new MemoryPrivateKeyStore()) },
      }),
      new DIDManager({
        store: new MemoryDIDStore(),
        defaultProvider: 'did:key',
        providers: { 'did:key': createDidKeyProvider() },
      }),
      createComityPlugin({
        store: createMemoryStore(),
        trust: trust(),
        fetch: world.fetch,
        resolver: world.resolver,
      }),
    ],
  })
}

/** An agent with a DID that it made by itself, and what Acme attests about it, in both formats. */
async function withCredentials(
  keyType: 'Ed25519' | 'Secp256r1',
  release: ReleaseRule = 'public',
): Promise<{ agent: FullAgent; holder: string }> {
  const agent = makeAgent()
  const { did: holder } = await agent.didManagerCreate({ kms: 'local', options: { keyType } })
  const [method] = (await world.resolver.resolveDocument(holder)).verificationMethod
  if (method?.publicKey === undefined) throw new TypeError('the DID has no key')
  const options = { subject: holder, lifetimeSeconds: 600 }
  const claims = attestations(world.acme.did)
  for (const { token } of [
    await world.acme.issuer.issue(CAPABILITY, { ...options, claims: claims[CAPABILITY] ?? {} }),
    await world.acme.issuer.issue(POSTURE, {
      ...options,
      claims: claims[POSTURE] ?? {},
      format: 'dc+sd-jwt',
      holderKey: method.publicKey,
    }),
  ]) {
    await agent.comityHold({ credential: token, holder, release })
  }
  return { agent, holder }
}

describe('comityPresent', () => {
  it.each(['Ed25519', 'Secp256r1'] as const)(
    'shows what is asked for, signed with a key of the agent: %s',
    async (keyType) => {
      const { agent, holder } = await withCredentials(keyType)
      const [presentation, posture] = await agent.comityPresent({ holder, demand: DEMAND, ...ASKED })
      const verifier = makeAgent()
      const { fetch, resolver } = world
      const status = createStatusChecker({ fetch, resolver })
      const options = { resolver, status, trust: trust(), holder }
      const token = presentation?.token ?? ''
      const shown = await verifyPresentation(token, { ...options, ...ASKED })
      expect(shown.credentials.map(({ types }) => types[1])).toEqual([CAPABILITY])

      const credential = posture?.token ?? ''
      const verify = async (changes: object = {}, keyBinding: object = ASKED) =>
        verifier.comityVerify({
          credential,
          holder,
          format: 'dc+sd-jwt',
          keyBinding: keyBinding as typeof ASKED,
          ...changes,
        })
      const { document } = await verify()
      expect(document).toMatchObject({ region: 'eu' })
      expect(document).not.toHaveProperty('patchAgeDays')

      const [audience, nonce] = ['did:web:other.example', 'of another form']
      const codes = await Promise.all(
        [
          async () => verifyPresentation(token, { ...options, ...ASKED, audience }),
          async () => verifyPresentation(token, { ...options, ...ASKED, nonce }),
          async () => verifyPresentation(token, { ...options, ...ASKED, holder: audience }),
          async () => verify({}, { ...ASKED, audience }),
          async () => verify({}, { ...ASKED, nonce }),
          async () => verify({ holder: audience }),
        ].map(codeOfPromise),
      )
      expect(codes).toEqual([
        'COMITY_AUDIENCE_MISMATCH',
        'COMITY_PRESENTATION_NONCE',
        'COMITY_PRESENTATION_HOLDER',
        'COMITY_AUDIENCE_MISMATCH',
        'COMITY_KEY_BINDING_NONCE',
        'COMITY_CREDENTIAL_HOLDER',
      ])
    },
  )

  it('shows nothing that its release rules hold back', async () => {
    const { agent, holder } = await withCredentials('Ed25519', 'never')
    const presenting = agent.comityPresent({ holder, demand: DEMAND, ...ASKED })
    await expect(presenting).rejects.toMatchObject({
      code: 'COMITY_DEMAND_UNMET',
      details: { unanswered: 'capability, posture' },
    })
  })

  it('shows more to a verifier that has shown what the rule asks for', async () => {
    const rule = { credentials: [DEMAND.credentials[0]] } as unknown as ReleaseRule
    const { agent, holder } = await withCredentials('Ed25519', rule)
    const peer = await world.acme.createAgent('veramo-verifier')
    const asked = { holder, demand: DEMAND, audience: peer.did, nonce: 'n' }
    expect(await codeOfPromise(async () => agent.comityPresent(asked))).toBe('COMITY_DEMAND_UNMET')
    const credential = peer.credentials[CAPABILITY] ?? ''
    const evidence = await agent.comityVerify({ credential, holder: peer.did })
    expect(await agent.comityPresent({ ...asked, shown: [evidence] })).toHaveLength(2)
  })

  it('shows nothing as a DID that is not the agent’s', async () => {
    const { holder } = await withCredentials('Ed25519')
    expect(
      await codeOfPromise(async () => makeAgent().comityPresent({ holder, demand: DEMAND, ...ASKED })),
    ).toBe('COMITY_WALLET_KEY_UNKNOWN')
  })
})
