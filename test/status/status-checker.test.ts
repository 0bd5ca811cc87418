import { describe, expect, it } from 'vitest'
import type { StatusEntry } from '../../src/credentials/index.ts'
import { didWebUrl } from '../../src/did/index.ts'
import type { JsonObject, JsonValue } from '../../src/encoding/index.ts'
import { ComityError, type ComityErrorCode } from '../../src/errors/index.ts'
import { generateSigner, withKid } from '../../src/keys/index.ts'
import { createFetchBudget } from '../../src/net/index.ts'
import { createStatusChecker } from '../../src/status/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { createIssuer, NOW, signDocument } from '../credentials/world.ts'
import { BASE, createStatusWorld, encode, ENTRY, listDocument, type StatusWorld, URL_1 } from './world.ts'

async function codeFor(
  world: StatusWorld,
  entries: readonly StatusEntry[],
): Promise<ComityErrorCode | undefined> {
  return codeOfPromise(async () => world.check(entries))
}

/** What is said of {@link ENTRY} where this document is served, signed by the issuer's key or another. */
async function codeForList(
  more: JsonObject = {},
  subject: JsonObject = {},
  sign?: (world: StatusWorld, document: JsonObject) => Promise<string>,
): Promise<ComityErrorCode | undefined> {
  const world = await createStatusWorld()
  const document = listDocument(world.issuer.did, more, subject)
  world.web.pages.set(URL_1, await (sign?.(world, document) ?? signDocument(world.issuer.signer, document)))
  return codeFor(world, [ENTRY])
}

describe('createStatusChecker', () => {
  it('lets a credential through whose bits are clear', async () => {
    const world = await createStatusWorld()
    const entries = await world.allocate(['revocation', 'suspension'])
    await world.publish()
    expect(await codeFor(world, entries)).toBeUndefined()
    expect(await codeFor(world, [])).toBeUndefined()
  })

  it('refuses what was revoked, and what is suspended for as long as it is', async () => {
    const world = await createStatusWorld({ ttlMs: 0 })
    const [revocation, suspension] = await world.allocate(['revocation', 'suspension'])
    if (suspension === undefined) throw new TypeError('no entry')
    await world.publisher.set(suspension, true)
    await world.publish()
    expect(await codeFor(world, [revocation, suspension])).toBe('COMITY_STATUS_SUSPENDED')
    await world.publisher.set(suspension, false)
    await world.publish()
    expect(await codeFor(world, [revocation, suspension])).toBeUndefined()
    await world.publisher.set(revocation, true)
    await world.publish()
    expect(await codeFor(world, [revocation, suspension])).toBe('COMITY_STATUS_REVOKED')
  })

  it('leaves the neighbours of a revoked credential alone', async () => {
    const world = await createStatusWorld({ ttlMs: 0 })
    const [entry] = await world.allocate('revocation')
    await world.publisher.set(entry, true)
    await world.publish()
    const index = Number(entry.statusListIndex)
    for (const near of [index - 1, index + 1].filter((place) => place >= 0 && place < 131_072)) {
      expect(await codeFor(world, [{ ...entry, statusListIndex: String(near) }])).toBeUndefined()
    }
  })

  it('counts a revocation before what is wrong with other entries', async () => {
    const world = await createStatusWorld()
    const [revocation, suspension] = await world.allocate(['revocation', 'suspension'])
    if (suspension === undefined) throw new TypeError('no entry')
    await world.publisher.set(revocation, true)
    await world.publisher.set(suspension, true)
    await world.publish()
    expect(await codeFor(world, [suspension, revocation])).toBe('COMITY_STATUS_REVOKED')
    world.web.pages.delete(suspension.statusListCredential)
    const fresh = createStatusChecker({
      fetch: world.web.fetch,
      resolver: world.resolver,
      clock: world.clock,
    })
    const asked = { entries: [suspension, revocation], issuer: world.issuer.did, now: NOW }
    expect(await codeOfPromise(async () => fresh.check(asked))).toBe('COMITY_STATUS_REVOKED')
  })

  it.each([404, 500, 304, 204])('refuses where the answer is %d', async (status) => {
    const world = await createStatusWorld()
    world.web.pages.set(URL_1, status)
    expect(await codeFor(world, [ENTRY])).toBe('COMITY_STATUS_UNAVAILABLE')
  })

  it('refuses where nobody answers, and where the issuer cannot be resolved', async () => {
    const world = await createStatusWorld()
    expect(await codeFor(world, [ENTRY])).toBe('COMITY_STATUS_UNAVAILABLE')
    world.web.pages.set(URL_1, await signDocument(world.issuer.signer, listDocument(world.issuer.did)))
    world.web.pages.delete(didWebUrl(world.issuer.did))
    expect(await codeFor(world, [ENTRY])).toBe('COMITY_STATUS_UNAVAILABLE')
  })

  it('says nothing of the list in its errors', async () => {
    const world = await createStatusWorld()
    const error: unknown = await world.check([ENTRY]).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ComityError)
    expect(JSON.stringify(error)).not.toContain('acme')
    expect(error).toHaveProperty('details', { because: 'COMITY_NET_UNREACHABLE' })
  })

  it('asks for the media type of lists, within the bounds that it is given', async () => {
    const world = await createStatusWorld()
    await world.allocate('revocation')
    await world.publish()
    const budget = createFetchBudget({ requests: 5, bytes: 100_000, timeoutMs: 1000 })
    await world.checker.check({ entries: [ENTRY], issuer: world.issuer.did, now: NOW, budget })
    const asked = world.web.requests.find(({ url }) => url === URL_1)
    expect(asked?.request).toEqual({
      headers: { accept: 'application/vc+jwt' },
      maxBytes: 8_388_608,
      share: false,
      budget,
    })
  })

  it('has one answer to a list that cannot be had', () => {
    const options = { unreachable: 'pass' } as unknown as Parameters<typeof createStatusChecker>[0]
    expect(() => createStatusChecker(options)).toThrow(TypeError)
  })
})

describe('a status list', () => {
  it('is good as it is', async () => {
    expect(await codeForList()).toBeUndefined()
  })

  it('may end with a line break, as files do', async () => {
    const signed = async (world: StatusWorld, document: JsonObject): Promise<string> =>
      `${await signDocument(world.issuer.signer, document)}\n`
    expect(await codeForList({}, {}, signed)).toBeUndefined()
  })

  it.each<[string, JsonObject]>([
    ['has another id than its URL', { id: `${BASE}/revocation/2` }],
    ['has an id that only starts alike', { id: `${URL_1}#` }],
    ['is no status list', { type: ['VerifiableCredential'] }],
    ['is not valid yet', { validFrom: '2026-11-24T00:02:00Z' }],
    ['is not valid any more', { validFrom: '2026-11-23T00:00:00Z', validUntil: '2026-11-23T23:58:00Z' }],
    ['is malformed', { '@context': [] }],
    ['is for others', { aud: 'did:web:globex.example' }],
  ])('that %s is refused', async (_name, more) => {
    expect(await codeForList(more)).toBe('COMITY_STATUS_LIST_INVALID')
  })

  it.each<[string, string, JsonValue]>([
    ['is of another kind', 'type', 'StatusList2021'],
    ['is of another purpose', 'statusPurpose', 'suspension'],
    ['is of no purpose', 'statusPurpose', []],
    ['is of odd purposes', 'statusPurpose', ['revocation', 7]],
    ['has no bits', 'encodedList', null],
    ['has a ttl that is none', 'ttl', -1],
    ['has a ttl in words', 'ttl', '60000'],
    ['is too short', 'encodedList', encode(new Uint8Array(16_383))],
    ['is too long', 'encodedList', encode(new Uint8Array(8 * 1024 * 1024 + 1))],
    ['is not gzip', 'encodedList', `u${Buffer.alloc(16_384).toString('base64url')}`],
    ['has no multibase prefix', 'encodedList', encode(new Uint8Array(16_384)).slice(1)],
    ['is base58', 'encodedList', 'z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'],
    ['has padding', 'encodedList', `${encode(new Uint8Array(16_384))}=`],
    ['is cut short', 'encodedList', encode(new Uint8Array(16_384)).slice(0, -8)],
  ])('that %s is refused', async (_name, member, value) => {
    expect(await codeForList({}, { [member]: value })).toBe('COMITY_STATUS_LIST_INVALID')
  })

  it('may be long, and have bits that do not compress', async () => {
    const bytes = new Uint8Array(131_072)
    for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536))
    bytes[0] = 0
    expect(await codeForList({}, { encodedList: encode(bytes) })).toBeUndefined()
    bytes[0] = 1
    expect(await codeForList({}, { encodedList: encode(bytes) })).toBe('COMITY_STATUS_REVOKED')
  })

  it('may be for several purposes', async () => {
    expect(await codeForList({}, { statusPurpose: ['suspension', 'revocation'] })).toBeUndefined()
  })

  it('must be signed by the issuer of the credential, not by another that is as good', async () => {
    const other = async (world: StatusWorld): Promise<string> => {
      const { did, signer } = await createIssuer(world.web, 'did:web:globex.example')
      return signDocument(signer, listDocument(did))
    }
    expect(await codeForList({}, {}, other)).toBe('COMITY_STATUS_LIST_INVALID')
  })

  it('must be signed with a key for assertions, truly, as a credential', async () => {
    const login = async (world: StatusWorld, document: JsonObject): Promise<string> =>
      signDocument(world.issuer.login, document)
    expect(await codeForList({}, {}, login)).toBe('COMITY_STATUS_LIST_INVALID')
    const forged = async (world: StatusWorld, document: JsonObject): Promise<string> =>
      signDocument(withKid(await generateSigner({ alg: 'EdDSA' }), world.issuer.signer.kid), document)
    expect(await codeForList({}, {}, forged)).toBe('COMITY_STATUS_LIST_INVALID')
    const typed = async (world: StatusWorld, document: JsonObject): Promise<string> =>
      signDocument(world.issuer.signer, document, { typ: 'jwt' })
    expect(await codeForList({}, {}, typed)).toBe('COMITY_STATUS_LIST_INVALID')
    const unsecured = async (_world: StatusWorld, document: JsonObject): Promise<string> =>
      JSON.stringify(document)
    expect(await codeForList({}, {}, unsecured)).toBe('COMITY_STATUS_LIST_INVALID')
  })

  it.each(['131072', '-1', '1.5', '', ' 7', '0x7', '07', '1e3', '999999999999999'])(
    'has no index %o',
    async (statusListIndex) => {
      const world = await createStatusWorld()
      await world.allocate('revocation')
      await world.publish()
      expect(await codeFor(world, [{ ...ENTRY, statusListIndex }])).toBe('COMITY_STATUS_LIST_INVALID')
    },
  )
})
