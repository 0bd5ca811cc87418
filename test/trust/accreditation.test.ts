import { describe, expect, it } from 'vitest'
import { issueCredential, verifyCredential } from '../../src/credentials/index.ts'
import { createFetchBudget } from '../../src/net/index.ts'
import type { TrustedIssuer } from '../../src/trust/index.ts'
import { HOLDER, NOW, POSTURE as CLAIMS, STATUS_GOOD } from '../credentials/world.ts'
import { answerOf, createTrustWorld, GLOBEX, INITECH, ISSUER, LIST, POSTURE, SCOPE } from './world.ts'

const ROOT = 'did:web:root.example'
const MIDDLE = 'did:web:middle.example'
const LOWER = 'did:web:lower.example'
const ACCREDITORS: readonly TrustedIssuer[] = [{ did: ROOT, types: [POSTURE, SCOPE] }]

describe('an accreditation', () => {
  it('by an accepted body is believed', async () => {
    const world = await createTrustWorld()
    await world.accredit(ROOT, ISSUER)
    const registry = world.registry({ accreditors: ACCREDITORS })
    expect(await answerOf(registry)).toBe(`yes: rule=accreditation chain=${ROOT},${ISSUER}`)
    expect(await answerOf(registry, { type: SCOPE })).toBe(
      'no: rule=static refused=unknown-issuer; rule=accreditation refused=other-type',
    )
  })

  it('goes over two bodies, and over three', async () => {
    const world = await createTrustWorld()
    await world.accredit(ROOT, MIDDLE, { depth: 2, accreditedFor: [POSTURE, SCOPE] })
    await world.accredit(MIDDLE, LOWER, { depth: 1, accreditedFor: [POSTURE, SCOPE] })
    await world.accredit(LOWER, ISSUER, { accreditedFor: [SCOPE] })
    const registry = world.registry({ accreditors: ACCREDITORS })
    const chain = `chain=${ROOT},${MIDDLE},${LOWER},${ISSUER}`
    expect(await answerOf(registry, { type: SCOPE })).toBe(`yes: rule=accreditation ${chain}`)
    expect(await answerOf(registry, { issuer: LOWER })).toMatch(/^yes/)
    expect(await answerOf(registry)).toContain('refused=other-type')
  })

  it('says nothing for the body itself, nor for whom nobody accredited', async () => {
    const world = await createTrustWorld()
    await world.accredit(ROOT, ISSUER)
    await world.party(GLOBEX)
    const registry = world.registry({ accreditors: ACCREDITORS })
    const none = 'no: rule=static refused=unknown-issuer; rule=accreditation refused=no-accreditation'
    expect(await answerOf(registry, { issuer: ROOT })).toBe(none)
    expect(await answerOf(registry, { issuer: GLOBEX })).toBe(none)
  })

  it('may be one of several, also where others do not hold', async () => {
    const world = await createTrustWorld()
    await world.accredit('did:web:elsewhere.example', ISSUER)
    await world.accredit(ROOT, ISSUER, { validUntil: NOW - 61, validFrom: NOW - 99 })
    await world.accredit(ROOT, ISSUER, { at: 'https://gone.example/a' })
    await world.accredit(ROOT, ISSUER)
    world.web.pages.delete('https://gone.example/a')
    expect(await answerOf(world.registry({ accreditors: ACCREDITORS }))).toMatch(/^yes/)
  })

  it('is narrowed by the configuration: types, audiences, depth', async () => {
    const world = await createTrustWorld()
    await world.accredit(ROOT, MIDDLE, { depth: 1 })
    await world.accredit(MIDDLE, ISSUER)
    const with_ = (more: object) =>
      world.registry({ accreditors: [{ did: ROOT, types: [POSTURE], ...more }] })
    expect(await answerOf(with_({}))).toMatch(/^yes/)
    expect(await answerOf(with_({ maxDepth: 1 }))).toMatch(/^no/)
    expect(await answerOf(with_({ types: [SCOPE] }))).toMatch(/^no/)
    expect(await answerOf(with_({ audiences: [GLOBEX] }))).toMatch(/^no/)
    expect(await answerOf(with_({ audiences: [GLOBEX] }), { audience: GLOBEX })).toMatch(/^yes/)
    expect(await answerOf(with_({ audiences: [GLOBEX] }), { audience: INITECH })).toMatch(/^no/)
  })

  it('counts towards the audiences that all of a chain have in common', async () => {
    const world = await createTrustWorld()
    await world.accredit(ROOT, MIDDLE, { depth: 1, audiences: [GLOBEX, INITECH] })
    await world.accredit(MIDDLE, ISSUER, { audiences: [GLOBEX, LIST] })
    const registry = world.registry({ accreditors: ACCREDITORS })
    expect(await answerOf(registry, { audience: GLOBEX })).toMatch(/^yes/)
    for (const audience of [INITECH, LIST]) {
      expect(await answerOf(registry, { audience })).toContain('refused=other-audience')
    }
    expect(await answerOf(registry)).toContain('refused=other-audience')
  })

  it('is fetched once a minute, whatever is asked', async () => {
    const world = await createTrustWorld()
    await world.accredit(ROOT, ISSUER)
    const registry = world.registry({ accreditors: ACCREDITORS })
    const fetches = (): number => world.requests().filter((url) => url.includes('/accreditations/')).length
    for (let second = 0; second < 60; second++) {
      world.clock.seconds = NOW + second
      await answerOf(registry)
    }
    expect(fetches()).toBe(1)
    world.clock.seconds = NOW + 60
    await answerOf(registry)
    expect(fetches()).toBe(2)
  })

  it('that cannot be had is no answer', async () => {
    const world = await createTrustWorld()
    const registry = world.registry({ accreditors: ACCREDITORS })
    const code = 'COMITY_ACCREDITATION_UNAVAILABLE'
    expect(await answerOf(registry)).toBe(`${code}: COMITY_DID_UNRESOLVABLE`)
    await world.accredit(ROOT, ISSUER)
    world.web.pages.set('https://issuer.example/accreditations/1', 503)
    expect(await answerOf(registry)).toBe(`${code}: COMITY_NET_RESPONSE_INVALID`)
  })

  it('is looked up within the bounds of the question', async () => {
    const world = await createTrustWorld()
    await world.accredit(ROOT, ISSUER)
    const registry = world.registry({ accreditors: ACCREDITORS })
    const budget = createFetchBudget({ requests: 9, bytes: 65_536, timeoutMs: 60_000 })
    await registry.judge({ issuer: ISSUER, type: POSTURE, budget })
    for (const { request } of world.web.requests) expect(request.budget).toBe(budget)
  })

  it('stands in a verified credential as the reason', async () => {
    const world = await createTrustWorld()
    await world.accredit(ROOT, ISSUER)
    const token = await issueCredential({
      signer: await world.party(ISSUER),
      issuer: ISSUER,
      type: POSTURE,
      subject: HOLDER,
      claims: CLAIMS,
      validFrom: NOW,
      validUntil: NOW + 600,
    })
    const { trustReason } = await verifyCredential(token, {
      resolver: world.resolver,
      trust: world.registry({ accreditors: ACCREDITORS }),
      status: STATUS_GOOD,
      holder: HOLDER,
      now: NOW,
    })
    expect(trustReason).toBe(`rule=accreditation chain=${ROOT},${ISSUER}`)
  })
})

describe('explain', () => {
  it('says what every rule says, also after one has accepted', async () => {
    const world = await createTrustWorld()
    await world.publish([{ issuer: ISSUER, types: [POSTURE] }])
    await world.accredit(ROOT, ISSUER, { accreditedFor: [SCOPE] })
    const registry = world.registry({
      issuers: [{ did: ISSUER, types: [POSTURE] }],
      lists: [{ did: LIST }, { did: 'did:web:down.example' }],
      accreditors: ACCREDITORS,
    })
    const { rules, ...answer } = await registry.explain({ issuer: ISSUER, type: POSTURE })
    expect(answer).toEqual({ accepted: true, reason: 'rule=static' })
    expect(rules.map(({ accepted, reason }) => `${String(accepted)} ${reason}`)).toEqual([
      'true rule=static',
      `true rule=list list=${LIST} sequence=1`,
      'false rule=list list=did:web:down.example refused=COMITY_DID_UNRESOLVABLE',
      'false rule=accreditation refused=other-type',
    ])
    expect(rules[2]?.unavailable?.code).toBe('COMITY_TRUST_LIST_UNAVAILABLE')
  })

  it('agrees with the judgement', async () => {
    const world = await createTrustWorld()
    await world.publish([{ issuer: ISSUER, types: [POSTURE], audiences: [GLOBEX] }])
    await world.accredit(ROOT, INITECH, { accreditedFor: [SCOPE] })
    const registry = world.registry({
      issuers: [{ did: GLOBEX, types: [SCOPE] }],
      lists: [{ did: LIST }],
      accreditors: ACCREDITORS,
    })
    for (const issuer of [ISSUER, INITECH, GLOBEX]) {
      await world.party(issuer)
      for (const type of [POSTURE, SCOPE]) {
        for (const more of [{}, { audience: GLOBEX }, { audience: INITECH }]) {
          const question = { issuer, type, ...more }
          const { rules, ...explained } = await registry.explain(question)
          expect(rules).toHaveLength(3)
          expect(explained).toEqual(await registry.judge(question))
        }
      }
    }
  })
})
