import { describe, expect, it } from 'vitest'
import { parseCredential } from '../../src/credentials/index.ts'
import { createDidDocument, didWebUrl } from '../../src/did/index.ts'
import { createGuardedFetch } from '../../src/net/index.ts'
import { NOW, signDocument } from '../credentials/world.ts'
import { codeOfPromise } from '../support/codes.ts'
import { answerOf, createTrustWorld, GLOBEX, ISSUER, POSTURE, SCOPE } from './world.ts'

const ROOT = 'did:web:root.example'
const A = 'did:web:a.example'
const B = 'did:web:b.example'
const ACCREDITORS = { accreditors: [{ did: ROOT, types: [POSTURE, SCOPE] }] }
const NOBODY = 'no: rule=static refused=unknown-issuer; rule=accreditation refused='

describe('an accreditation', () => {
  it('for type A is none for type B', async () => {
    const world = await createTrustWorld()
    await world.accredit(ROOT, ISSUER, { accreditedFor: [SCOPE] })
    expect(await answerOf(world.registry(ACCREDITORS))).toBe(`${NOBODY}other-type`)
  })

  it('cannot be for more than its body was given', async () => {
    const world = await createTrustWorld()
    await world.accredit(ROOT, A, { accreditedFor: [SCOPE], depth: 1 })
    await world.accredit(A, ISSUER, { accreditedFor: [POSTURE, SCOPE] })
    const registry = world.registry(ACCREDITORS)
    expect(await answerOf(registry)).toBe(`${NOBODY}other-type`)
    expect(await answerOf(registry, { type: SCOPE })).toMatch(/^yes/)
  })

  it('for another audience is refused', async () => {
    const world = await createTrustWorld()
    await world.accredit(ROOT, ISSUER, { audiences: [GLOBEX] })
    const registry = world.registry(ACCREDITORS)
    expect(await answerOf(registry, { audience: A })).toBe(`${NOBODY}other-audience`)
    expect(await answerOf(registry)).toBe(`${NOBODY}other-audience`)
  })

  it('of somebody else is refused', async () => {
    const world = await createTrustWorld()
    const token = await world.accredit(ROOT, A)
    await world.accredit(ROOT, ISSUER)
    world.web.pages.set('https://issuer.example/accreditations/1', token)
    expect(await answerOf(world.registry(ACCREDITORS))).toBe(`${NOBODY}COMITY_CREDENTIAL_HOLDER`)
  })

  it('that its body did not sign is refused', async () => {
    const world = await createTrustWorld()
    const token = await world.accredit(ROOT, ISSUER)
    const at = 'https://issuer.example/accreditations/1'
    world.web.pages.set(at, token.replace(/.{86}$/, 'A'.repeat(86)))
    expect(await answerOf(world.registry(ACCREDITORS))).toBe(`${NOBODY}COMITY_SIGNATURE_INVALID`)
    world.web.pages.set(at, await signDocument(await world.party(ISSUER), parseCredential(token).document))
    expect(await answerOf(world.registry(ACCREDITORS))).toBe(`${NOBODY}COMITY_CREDENTIAL_ISSUER_MISMATCH`)
  })

  it('that its body did not sign leads nowhere', async () => {
    const world = await createTrustWorld()
    await world.accredit(ROOT, A, { depth: 1 })
    const token = await world.accredit(A, ISSUER)
    const forged = token.replace(/.{86}$/, 'A'.repeat(86))
    world.web.pages.set('https://issuer.example/accreditations/1', forged)
    expect(await answerOf(world.registry(ACCREDITORS))).toBe(`${NOBODY}COMITY_SIGNATURE_INVALID`)
    expect(world.requests()).not.toContain('https://a.example/accreditations/1')
  })

  it('that has expired, or would hold for ever, is refused', async () => {
    const world = await createTrustWorld()
    const token = await world.accredit(ROOT, ISSUER, { validFrom: NOW - 99, validUntil: NOW - 60 })
    expect(await answerOf(world.registry(ACCREDITORS))).toBe(`${NOBODY}COMITY_CREDENTIAL_EXPIRED`)
    const document = { ...parseCredential(token).document, validUntil: '2028-01-01T00:00:00Z' }
    const signed = await signDocument(await world.party(ROOT), document)
    world.web.pages.set('https://issuer.example/accreditations/1', signed)
    expect(await answerOf(world.registry(ACCREDITORS))).toBe(`${NOBODY}COMITY_ACCREDITATION_INVALID`)
  })

  it('by a body that may not accredit is refused', async () => {
    const world = await createTrustWorld()
    await world.accredit(ROOT, A)
    await world.accredit(A, ISSUER)
    expect(await answerOf(world.registry(ACCREDITORS))).toBe(`${NOBODY}may-not-accredit`)
  })

  it('four hops below an accepted body is refused', async () => {
    const world = await createTrustWorld()
    const C = 'did:web:c.example'
    await world.accredit(ROOT, A, { depth: 2 })
    await world.accredit(A, B, { depth: 2 })
    await world.accredit(B, C, { depth: 2 })
    await world.accredit(C, ISSUER, { depth: 2 })
    expect(await answerOf(world.registry(ACCREDITORS), { issuer: C })).toMatch(/^yes/)
    const before = world.requests().length
    expect(await answerOf(world.registry(ACCREDITORS))).toBe(`${NOBODY}too-deep`)
    expect(world.requests().slice(before)).not.toContain('https://a.example/accreditations/1')
  })

  it('deeper than a body on the way was allowed is refused', async () => {
    const world = await createTrustWorld()
    await world.accredit(ROOT, A, { depth: 1 })
    await world.accredit(A, B, { depth: 2 })
    await world.accredit(B, ISSUER)
    expect(await answerOf(world.registry(ACCREDITORS))).toBe(`${NOBODY}too-deep`)
  })

  it('that goes round in a circle ends', async () => {
    const world = await createTrustWorld()
    await world.accredit(A, ISSUER, { depth: 2 })
    await world.accredit(ISSUER, A, { depth: 2 })
    expect(await answerOf(world.registry(ACCREDITORS))).toBe(`${NOBODY}cycle`)
    const issue = codeOfPromise(() => world.accredit(A, A))
    expect(await issue).toBe('COMITY_ACCREDITATION_INVALID')
  })

  it('that was revoked is refused', async () => {
    const world = await createTrustWorld()
    const statuses = await world.statuses(ROOT)
    const [entry] = await statuses.allocate('revocation')
    await world.accredit(ROOT, ISSUER, { status: entry! })
    await statuses.refresh()
    const registry = world.registry(ACCREDITORS)
    expect(await answerOf(registry)).toMatch(/^yes/)
    await statuses.set(entry!, true)
    await statuses.refresh()
    expect(await answerOf(registry)).toBe(`${NOBODY}COMITY_STATUS_REVOKED`)
  })

  it('by a body that lost its own is refused', async () => {
    const world = await createTrustWorld()
    const statuses = await world.statuses(ROOT)
    const [entry] = await statuses.allocate('revocation')
    await world.accredit(ROOT, A, { status: entry!, depth: 1 })
    await world.accredit(A, ISSUER)
    await statuses.refresh()
    const registry = world.registry(ACCREDITORS)
    expect(await answerOf(registry)).toMatch(/^yes/)
    await statuses.set(entry!, true)
    await statuses.refresh()
    expect(await answerOf(registry)).toBe(`${NOBODY}COMITY_STATUS_REVOKED`)
    expect(await answerOf(world.registry({ accreditors: [] }))).toBe('no: rule=static refused=unknown-issuer')
  })

  it('whose status cannot be had is no answer', async () => {
    const world = await createTrustWorld()
    const [entry] = await (await world.statuses(ROOT)).allocate('revocation')
    await world.accredit(ROOT, ISSUER, { status: entry! })
    expect(await answerOf(world.registry(ACCREDITORS))).toBe(
      'COMITY_ACCREDITATION_UNAVAILABLE: COMITY_STATUS_UNAVAILABLE',
    )
  })

  it('of a stranger causes no look-ups of statuses', async () => {
    const world = await createTrustWorld()
    const [entry] = await (await world.statuses(A)).allocate('revocation')
    await world.accredit(A, ISSUER, { status: entry! })
    expect(await answerOf(world.registry(ACCREDITORS))).toMatch(/^no/)
    expect(world.requests().filter((url) => url.includes('/status/'))).toEqual([])
  })

  it('on a private address is not fetched', async () => {
    const world = await createTrustWorld()
    const { publicJwk } = await world.party(ISSUER)
    const fetch = createGuardedFetch()
    const documentOf = (endpoint: string) =>
      createDidDocument({
        did: ISSUER,
        keys: [{ fragment: '#key-1', jwk: publicJwk, relationships: ['assertionMethod'] }],
        services: [{ fragment: '#a', type: 'ComityAccreditation', serviceEndpoint: endpoint }],
      })
    const urls = [
      ['https://127.0.0.1/a', 'COMITY_NET_ADDRESS_NOT_ALLOWED'],
      ['https://192.168.0.1/a', 'COMITY_NET_ADDRESS_NOT_ALLOWED'],
      ['http://issuer.example/a', 'COMITY_NET_URL_NOT_ALLOWED'],
      ['file:///etc/passwd', 'COMITY_NET_URL_NOT_ALLOWED'],
    ] as const
    for (const [url, because] of urls) {
      world.web.pages.set(didWebUrl(ISSUER), JSON.stringify(documentOf(url)))
      world.resolver.invalidate(ISSUER)
      const registry = world.registry({ ...ACCREDITORS, fetch })
      expect(await answerOf(registry)).toBe(`COMITY_ACCREDITATION_UNAVAILABLE: ${because}`)
    }
  })
})
