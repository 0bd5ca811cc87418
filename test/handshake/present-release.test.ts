import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { credentialDigest, verifyCredential, type VerifiedCredential } from '../../src/credentials/index.ts'
import { generateSigner } from '../../src/keys/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { createWorld, type AcmeAgent, type World } from '../support/world.ts'
import {
  CAPABILITY,
  createPresenter,
  issueTo,
  judging,
  part,
  POSTURE,
  present,
  whole,
  type Presenter,
} from './presenter.ts'

let world: World
let presenter: Presenter

beforeAll(async () => {
  world = await createWorld()
})
afterAll(async () => {
  await world.close()
})

describe('a release rule', () => {
  const demand = { credentials: [whole('capability', CAPABILITY), part('posture', 'region')] }
  const rule = { credentials: [whole('capability', CAPABILITY)] } as never
  let verifier: AcmeAgent
  let evidence: VerifiedCredential

  beforeAll(async () => {
    verifier = await world.acme.createAgent('verifier')
    evidence = await verifyCredential(verifier.credentials[CAPABILITY] ?? '', judging(world, verifier.did))
  })

  it('that says never holds, whoever asks', async () => {
    presenter = await createPresenter(world, 'never')
    const options = { audience: verifier.did, shown: [evidence] }
    expect(await codeOfPromise(async () => present(presenter, demand, options))).toBe('COMITY_DEMAND_UNMET')
  })

  it('that is a demand is met by what the verifier has shown, and not by its name', async () => {
    presenter = await createPresenter(world, rule)
    const audience = verifier.did
    expect(await codeOfPromise(async () => present(presenter, demand, { audience }))).toBe(
      'COMITY_DEMAND_UNMET',
    )
    expect(await present(presenter, demand, { audience, shown: [evidence] })).toHaveLength(2)
  })

  it('that anyone meets who proves its DID is not met by a name', async () => {
    presenter = await createPresenter(world, { anyone: true })
    const audience = verifier.did
    expect(await codeOfPromise(async () => present(presenter, demand, { audience }))).toBe(
      'COMITY_DEMAND_UNMET',
    )
  })

  it('is not met by evidence of somebody else, or that nobody verified', async () => {
    presenter = await createPresenter(world, rule)
    await expect(present(presenter, demand, { shown: [evidence] })).rejects.toThrow(TypeError)
    const made = { ...evidence }
    await expect(present(presenter, demand, { audience: verifier.did, shown: [made] })).rejects.toThrow(
      TypeError,
    )
  })
})

describe('after a rotation', () => {
  it('an SD-JWT VC that is bound to the old key is not presented', async () => {
    const agent = await world.acme.createAgent('rotating')
    presenter = { wallet: agent.wallet, holder: agent.did }
    const token = await issueTo(world, presenter, POSTURE, true)
    await agent.wallet.addCredential(token, { release: 'public' })
    const demand = { credentials: [part('posture', 'region')] }
    const [shown] = await present(presenter, demand)
    expect(credentialDigest(shown?.token.split('~')[0] ?? '')).toBe(
      credentialDigest(token.split('~')[0] ?? ''),
    )
    await agent.wallet.addKey(agent.did, await generateSigner({ alg: 'Ed25519', kid: `${agent.did}#new` }))
    expect(await codeOfPromise(async () => present(presenter, demand))).toBe('COMITY_DEMAND_UNMET')
  })
})
