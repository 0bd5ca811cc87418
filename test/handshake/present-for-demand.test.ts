import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPresentation, parsePresentation, presentSdJwtCredential } from '../../src/credentials/index.ts'
import { didKeyFromJwk } from '../../src/did/index.ts'
import { generateSigner } from '../../src/keys/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { createWorld, type World } from '../support/world.ts'
import {
  ASKED,
  CAPABILITY,
  createPresenter,
  part,
  POSTURE,
  present,
  PROVENANCE,
  verifySd,
  verifyVp,
  whole,
  type Presenter,
} from './presenter.ts'

const ALWAYS_SHOWN = ['cnf', 'exp', 'iss', 'nbf', 'status', 'sub', 'vct']

let world: World
let presenter: Presenter

beforeAll(async () => {
  world = await createWorld()
})
afterAll(async () => {
  await world.close()
})

describe('what is presented', () => {
  beforeAll(async () => {
    presenter = await createPresenter(world, 'public')
  })

  it('is what was asked for: those credentials, and of an SD-JWT VC those claims', async () => {
    const shown = await present(presenter, {
      credentials: [whole('capability', CAPABILITY), part('posture', 'region')],
    })
    expect(shown.map(({ format, queries }) => ({ format, queries }))).toEqual([
      { format: 'vp+jwt', queries: ['capability'] },
      { format: 'dc+sd-jwt', queries: ['posture'] },
    ])
    const [presentation, posture] = shown.map(({ token }) => token)
    const { credentials } = await verifyVp(world, presenter.holder, presentation ?? '')
    expect(credentials.map(({ types }) => types)).toEqual([['VerifiableCredential', CAPABILITY]])
    const { document } = await verifySd(world, presenter.holder, posture ?? '')
    expect(Object.keys(document).sort()).toEqual([...ALWAYS_SHOWN, 'assessedAt', 'region'].sort())
  })

  it('has a credential once that answers two queries', async () => {
    const demand = { credentials: [whole('one', CAPABILITY), whole('two', CAPABILITY)] }
    const [shown, ...more] = await present(presenter, demand)
    expect(more).toEqual([])
    expect(shown?.queries).toEqual(['one', 'two'])
    expect(parsePresentation(shown?.token ?? '').credentials).toHaveLength(1)
  })

  it('is the option that shows less of alternatives', async () => {
    const shown = await present(presenter, {
      credentials: [whole('jwt', POSTURE), part('sd', 'region'), whole('optional', PROVENANCE)],
      credential_sets: [{ options: [['jwt'], ['sd']] }, { options: [['optional']], required: false }],
    })
    expect(shown.map(({ queries }) => queries)).toEqual([['sd']])
  })

  it('is a posture where only its age is asked for', async () => {
    const [shown] = await present(presenter, { posture: { maxAge: 86_400 } })
    expect(shown?.queries).toEqual([])
  })

  it('is nothing for a demand that anyone meets', async () => {
    expect(await present(presenter, { anyone: true })).toEqual([])
  })

  it('is good for the one verifier and the one nonce', async () => {
    const shown = await present(presenter, {
      credentials: [whole('capability', CAPABILITY), part('posture', 'region')],
    })
    const [presentation = '', posture = ''] = shown.map(({ token }) => token)
    for (const [changes, codes] of [
      [{ audience: 'did:web:other.example' }, ['COMITY_AUDIENCE_MISMATCH', 'COMITY_AUDIENCE_MISMATCH']],
      [{ nonce: 'n-2' }, ['COMITY_PRESENTATION_NONCE', 'COMITY_KEY_BINDING_NONCE']],
    ] as const) {
      expect([
        await codeOfPromise(async () => verifyVp(world, presenter.holder, presentation, changes)),
        await codeOfPromise(async () => verifySd(world, presenter.holder, posture, changes)),
      ]).toEqual(codes)
    }
    const other = { holder: 'did:web:other.example' }
    expect(await codeOfPromise(async () => verifyVp(world, presenter.holder, presentation, other))).toBe(
      'COMITY_PRESENTATION_HOLDER',
    )
    expect(await codeOfPromise(async () => verifySd(world, other.holder, posture))).toBe(
      'COMITY_CREDENTIAL_HOLDER',
    )
  })

  it('is refused when somebody else signs it', async () => {
    const shown = await present(presenter, {
      credentials: [whole('capability', CAPABILITY), part('posture', 'region')],
    })
    const thief = await generateSigner({ alg: 'Ed25519' })

    const [inner] = parsePresentation(shown[0]?.token ?? '').credentials
    const stolen = await createPresentation({
      signer: { ...thief, kid: `${didKeyFromJwk(thief.publicJwk)}#x` },
      holder: didKeyFromJwk(thief.publicJwk),
      credentials: [inner?.token ?? ''],
      ...ASKED,
    })
    expect(await codeOfPromise(async () => verifyVp(world, presenter.holder, stolen))).toBe(
      'COMITY_PRESENTATION_HOLDER',
    )
    await expect(
      presentSdJwtCredential(shown[1]?.token ?? '', {
        disclose: [],
        holder: thief,
        ...ASKED,
        now: Date.now() / 1000,
      }),
    ).rejects.toThrow(TypeError)
  })
})

describe('nothing is presented', () => {
  beforeAll(async () => {
    presenter = await createPresenter(world, 'public')
  })

  it.each<[string, object]>([
    ['there is no such credential', { credentials: [whole('scope', 'AgentScopeCredential')] }],
    [
      'one of two is missing',
      { credentials: [whole('capability', CAPABILITY), whole('scope', 'AgentScopeCredential')] },
    ],
    ['a claim is missing', { credentials: [part('posture', 'evaluations')] }],
    [
      'a workload identity is asked for too',
      { credentials: [whole('capability', CAPABILITY)], spiffe: { trustDomains: ['acme.example'] } },
    ],
    [
      'it would have to be bound to a connection',
      { credentials: [whole('capability', CAPABILITY)], channel: { binding: 'required' } },
    ],
    [
      'a proof is asked for',
      {
        credentials: [
          {
            id: 'proof',
            format: 'comity-zk',
            meta: { type_values: [[POSTURE]], anchors: `urn:sha256:${'ab'.repeat(32)}`, epoch: 0 },
            predicates: [{ path: ['credentialSubject', 'patchAgeDays'], op: 'range', max: 9 }],
          },
        ],
      },
    ],
  ])('when %s', async (_name, demand) => {
    expect(await codeOfPromise(async () => present(presenter, demand))).toBe('COMITY_DEMAND_UNMET')
  })

  it('when the demand is none, the audience is no DID, or the holder is another', async () => {
    expect(await codeOfPromise(async () => present(presenter, {}))).toBe('COMITY_DEMAND_INVALID')
    const demand = { credentials: [whole('capability', CAPABILITY)] }
    expect(await codeOfPromise(async () => present(presenter, demand, { audience: 'verifier' }))).toBe(
      'COMITY_DID_INVALID',
    )
    expect(await codeOfPromise(async () => present(presenter, demand, { holder: ASKED.audience }))).toBe(
      'COMITY_WALLET_KEY_UNKNOWN',
    )
  })

  it.each([[{ nonce: '' }], [{ nonce: 'n'.repeat(513) }], [{ nonce: 7 as never }], [{ now: NaN }]])(
    'when an option is out of range: %o',
    async (changes) => {
      await expect(present(presenter, { anyone: true }, changes)).rejects.toThrow(TypeError)
    },
  )

  it('when what answers has expired', async () => {
    const demand = { credentials: [whole('capability', CAPABILITY)] }
    const late = { now: Date.now() / 1000 + 3601 }
    expect(await codeOfPromise(async () => present(presenter, demand, late))).toBe('COMITY_DEMAND_UNMET')
  })

  it('when more would be in one presentation than it may hold', async () => {
    const demand = {
      credentials: Array.from({ length: 17 }, (_, n) => ({
        ...whole(`q${String(n)}`, CAPABILITY),
        predicates: [
          {
            path: ['credentialSubject', 'authorizationDetails', 0, 'type'],
            op: 'eq',
            value: `t${String(n)}`,
          },
        ],
      })),
    }
    for (let n = 0; n < 17; n += 1) {
      const { token } = await world.acme.issuer.issue(CAPABILITY, {
        subject: presenter.holder,
        claims: { authorizationDetails: [{ type: `t${String(n)}` }] },
        lifetimeSeconds: 600,
      })
      await presenter.wallet.addCredential(token, { release: 'public' })
    }
    expect(await codeOfPromise(async () => present(presenter, demand))).toBe('COMITY_DEMAND_UNMET')
    const [shown] = await present(presenter, { credentials: demand.credentials.slice(1) })
    expect(parsePresentation(shown?.token ?? '').credentials).toHaveLength(16)
  })
})
