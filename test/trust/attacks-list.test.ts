import { describe, expect, it } from 'vitest'
import { parseCredential } from '../../src/credentials/index.ts'
import { didWebUrl } from '../../src/did/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { signJws } from '../../src/keys/index.ts'
import { createGuardedFetch } from '../../src/net/index.ts'
import { verifyTrustList } from '../../src/trust/index.ts'
import { NOW, signDocument } from '../credentials/world.ts'
import { codeOfPromise } from '../support/codes.ts'
import {
  answerOf,
  createTrustWorld,
  GLOBEX,
  ISSUER,
  LIST,
  LIST_URL,
  POSTURE,
  SCOPE,
  type TrustWorld,
} from './world.ts'

const ENTRY = { issuer: ISSUER, types: [POSTURE] }
const LISTS = { lists: [{ did: LIST }] }

const unavailable = (code: string): string => `COMITY_TRUST_LIST_UNAVAILABLE: ${code}`

/** A list with other members, signed by whoever owns it. */
async function forgeList(world: TrustWorld, change: (document: JsonObject) => object): Promise<void> {
  const { document } = parseCredential(await world.list([ENTRY]))
  const signer = await world.party(LIST)
  world.web.pages.set(LIST_URL, await signDocument(signer, change(document) as JsonObject))
}

function subjectOf(document: JsonObject): JsonObject {
  return document['credentialSubject'] as JsonObject
}

describe('a trust list that', () => {
  it('another DID signed, is refused', async () => {
    const world = await createTrustWorld()
    await world.party(LIST)
    const mallory = await world.party('did:web:mallory.example')
    const own = await world.list([ENTRY], { issuer: 'did:web:mallory.example', signer: mallory })
    world.web.pages.set(LIST_URL, own)
    const registry = world.registry(LISTS)
    expect(await answerOf(registry)).toBe(unavailable('COMITY_CREDENTIAL_ISSUER_MISMATCH'))
    expect(world.requests()).not.toContain(didWebUrl('did:web:mallory.example'))
    const { document } = parseCredential(await world.list([ENTRY]))
    world.web.pages.set(LIST_URL, await signDocument(mallory, document))
    expect(await answerOf(world.registry(LISTS))).toBe(unavailable('COMITY_CREDENTIAL_ISSUER_MISMATCH'))
    const payload = await signJws({
      header: { typ: 'vc+jwt' },
      payload: document,
      signer: { ...mallory, kid: `${LIST}#key-1` },
    })
    world.web.pages.set(LIST_URL, payload)
    expect(await answerOf(world.registry(LISTS))).toBe(unavailable('COMITY_SIGNATURE_INVALID'))
  })

  it('is older than one seen, is refused', async () => {
    const world = await createTrustWorld()
    const registry = world.registry(LISTS)
    await world.publish([], { sequence: 2 })
    expect(await answerOf(registry)).toMatch(/^no/)
    await world.publish([ENTRY], { sequence: 1 })
    world.clock.seconds += 400
    expect(await answerOf(registry)).toMatch(/^no/)
    world.clock.seconds = NOW + 86_400 + 60
    expect(await answerOf(registry)).toBe(unavailable('COMITY_CREDENTIAL_EXPIRED'))
    await world.publish([ENTRY], { sequence: 1, validUntil: NOW + 99 * 3600 })
    world.clock.seconds += 10
    expect(await answerOf(registry)).toBe(unavailable('COMITY_TRUST_LIST_ROLLBACK'))
  })

  it('has expired, or is not valid yet, is refused', async () => {
    const world = await createTrustWorld()
    await world.publish([ENTRY], { validUntil: NOW - 60, validFrom: NOW - 120 })
    expect(await answerOf(world.registry(LISTS))).toBe(unavailable('COMITY_CREDENTIAL_EXPIRED'))
    await world.publish([ENTRY], { validFrom: NOW + 61 })
    expect(await answerOf(world.registry(LISTS))).toBe(unavailable('COMITY_CREDENTIAL_NOT_YET_VALID'))
  })

  it('would be valid for ever, or does not say, is refused', async () => {
    const world = await createTrustWorld()
    for (const times of [
      { validUntil: '2027-11-24T00:00:00Z' },
      { validUntil: undefined },
      { validFrom: undefined },
    ]) {
      await forgeList(world, (document) => JSON.parse(JSON.stringify({ ...document, ...times })) as object)
      expect(await answerOf(world.registry(LISTS))).toBe(unavailable('COMITY_TRUST_LIST_INVALID'))
    }
  })

  it('names an issuer twice, is refused as a whole', async () => {
    const world = await createTrustWorld()
    await forgeList(world, (document) => {
      const entries = [ENTRY, { ...ENTRY, types: [SCOPE] }]
      return { ...document, credentialSubject: { ...subjectOf(document), entries } }
    })
    expect(await answerOf(world.registry(LISTS))).toBe(unavailable('COMITY_TRUST_LIST_INVALID'))
    const issue = codeOfPromise(() => world.list([ENTRY, ENTRY]))
    expect(await issue).toBe('COMITY_TRUST_LIST_INVALID')
  })

  it('names itself, is refused as a whole', async () => {
    const world = await createTrustWorld()
    await forgeList(world, (document) => {
      const entries = [ENTRY, { issuer: LIST, types: [POSTURE] }]
      return { ...document, credentialSubject: { ...subjectOf(document), entries } }
    })
    expect(await answerOf(world.registry(LISTS))).toBe(unavailable('COMITY_TRUST_LIST_INVALID'))
  })

  it('lets others keep lists or accredit, is refused', async () => {
    const world = await createTrustWorld()
    for (const type of ['TrustListCredential', 'AccreditationCredential', 'VerifiableCredential', '*']) {
      const issue = codeOfPromise(() => world.list([{ issuer: ISSUER, types: [POSTURE, type] }]))
      expect(await issue).toBe('COMITY_TRUST_LIST_INVALID')
    }
  })

  it('has a million entries, is refused before it is read', async () => {
    const world = await createTrustWorld()
    const entries = Array.from({ length: 1_000_000 }, (_none, index) => ({
      issuer: `did:web:i${String(index)}.example`,
      types: [POSTURE],
    }))
    expect(await codeOfPromise(() => world.list(entries))).toBe('COMITY_TRUST_LIST_INVALID')
    const payload = Buffer.from(JSON.stringify({ credentialSubject: { entries } })).toString('base64url')
    const options = { owner: LIST, url: LIST_URL, resolver: world.resolver, now: NOW }
    const verify = (): Promise<unknown> => verifyTrustList(`e30.${payload}.AAAA`, options)
    expect(await codeOfPromise(verify)).toBe('COMITY_CREDENTIAL_TOO_LARGE')
  })

  it('has more than ten thousand entries, is refused; with ten thousand it is not', async () => {
    const world = await createTrustWorld()
    const entries = (count: number) =>
      Array.from({ length: count }, (_none, index) => ({
        issuer: `did:web:${String(index)}x.example`,
        types: [POSTURE],
      }))
    expect(await codeOfPromise(() => world.list(entries(10_001)))).toBe('COMITY_TRUST_LIST_INVALID')
    await world.publish(entries(10_000))
    const registry = world.registry(LISTS)
    expect(await answerOf(registry, { issuer: 'did:web:9999x.example' })).toMatch(/^yes/)
  })

  it('stands in for another of its owner, is refused', async () => {
    const world = await createTrustWorld()
    const other = 'https://list.example/pilot.jwt'
    await world.party(LIST)
    world.web.pages.set(LIST_URL, await world.list([ENTRY], { url: other }))
    expect(await answerOf(world.registry(LISTS))).toBe(unavailable('COMITY_TRUST_LIST_INVALID'))
  })

  it('says something that is not known here, is refused: it might narrow', async () => {
    const world = await createTrustWorld()
    await forgeList(world, (document) => {
      const entries = [{ ...ENTRY, onlyBefore: 'noon' }]
      return { ...document, credentialSubject: { ...subjectOf(document), entries } }
    })
    expect(await answerOf(world.registry(LISTS))).toBe(unavailable('COMITY_TRUST_LIST_INVALID'))
    await forgeList(world, (document) => ({ ...document, credentialStatus: { type: 'X' } }))
    expect(await answerOf(world.registry(LISTS))).toBe(unavailable('COMITY_TRUST_LIST_INVALID'))
    await forgeList(world, (document) => ({
      ...document,
      type: [...(document['type'] as string[]), POSTURE],
    }))
    expect(await answerOf(world.registry(LISTS))).toBe(unavailable('COMITY_TRUST_LIST_INVALID'))
  })

  it('is another kind of credential of its owner, is refused', async () => {
    const world = await createTrustWorld()
    const token = await world.accredit(LIST, GLOBEX)
    world.web.pages.set(LIST_URL, token)
    await world.serve(LIST, { [LIST_URL]: 'ComityTrustList' })
    expect(await answerOf(world.registry(LISTS))).toBe(unavailable('COMITY_TRUST_LIST_INVALID'))
  })

  it('leads to a private address, is not fetched', async () => {
    const world = await createTrustWorld()
    const fetch = createGuardedFetch()
    for (const host of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '[::1]', '[::ffff:a00:1]']) {
      const registry = world.registry({ lists: [{ did: LIST, url: `https://${host}/list` }], fetch })
      expect(await answerOf(registry)).toBe(unavailable('COMITY_NET_ADDRESS_NOT_ALLOWED'))
    }
  })
})
