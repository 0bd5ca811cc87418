import { describe, expect, it } from 'vitest'
import type { StatusReference, TokenStatusReference } from '../../src/credentials/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import type { ComityErrorCode } from '../../src/errors/index.ts'
import { generateSigner, signJws, withKid } from '../../src/keys/index.ts'
import { STATUS_LIST_MEDIA_TYPE, TOKEN_STATUS_LIST_MEDIA_TYPE } from '../../src/status/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { createIssuer, NOW } from '../credentials/world.ts'
import { createStatusWorld, publishTokenList, TOKEN_URL_1, tokenClaims, type StatusWorld } from './world.ts'

const at = (idx: number): TokenStatusReference => ({ type: 'TokenStatusList', uri: TOKEN_URL_1, idx })

async function codeFor(
  world: StatusWorld,
  ...references: StatusReference[]
): Promise<ComityErrorCode | undefined> {
  return codeOfPromise(async () => world.check(references))
}

/** What is said of place 0, which is valid, in a list with other claims. */
async function codeForClaims(more: JsonObject): Promise<ComityErrorCode | undefined> {
  const world = await createStatusWorld()
  await publishTokenList(world, [0], { more })
  return codeFor(world, at(0))
}

function fetches({ web }: StatusWorld): number {
  return web.requests.filter(({ url }) => url === TOKEN_URL_1).length
}

describe('a Token Status List', () => {
  it('says valid, invalid, suspended, and nothing that is known', async () => {
    const world = await createStatusWorld()
    await publishTokenList(world, [0, 1, 2, 3])
    expect(await codeFor(world, at(0))).toBeUndefined()
    expect(await codeFor(world, at(1))).toBe('COMITY_STATUS_REVOKED')
    expect(await codeFor(world, at(2))).toBe('COMITY_STATUS_SUSPENDED')
    expect(await codeFor(world, at(3))).toBe('COMITY_STATUS_UNKNOWN')
    expect(await codeFor(world, at(4))).toBe('COMITY_STATUS_LIST_INVALID')
    expect(await codeFor(world, at(3), at(2), at(1))).toBe('COMITY_STATUS_REVOKED')
    expect(fetches(world)).toBe(1)
  })

  it.each([4, 15, 255])('does not know the status %d', async (status) => {
    const world = await createStatusWorld()
    const list = { bits: 8, lst: Buffer.from(await deflated(status)).toString('base64url') }
    await publishTokenList(world, [0], { more: { status_list: list } })
    expect(await codeFor(world, at(0))).toBe('COMITY_STATUS_UNKNOWN')
  })

  it.each<[string, Partial<TokenStatusReference>]>([
    ['is negative', { idx: -1 }],
    ['is a text', { idx: '0' as unknown as number }],
    ['is no number', { idx: NaN }],
    ['is missing', { idx: undefined as unknown as number }],
    ['has no URL', { uri: '' }],
  ])('is not asked about a place that %s', async (_name, more) => {
    const world = await createStatusWorld()
    await publishTokenList(world, [0])
    expect(await codeFor(world, { ...at(0), ...more })).toBe('COMITY_STATUS_LIST_INVALID')
    expect(fetches(world)).toBe(0)
  })

  it('is asked for by its media type, also where a Bitstring list has the same URL', async () => {
    const world = await createStatusWorld()
    await publishTokenList(world, [0])
    await world.check([at(0)])
    const entry = {
      type: 'BitstringStatusListEntry',
      statusPurpose: 'revocation',
      statusListIndex: '0',
      statusListCredential: TOKEN_URL_1,
    } as const
    expect(await codeFor(world, entry)).toBe('COMITY_STATUS_LIST_INVALID')
    const accepted = world.web.requests.filter(({ url }) => url === TOKEN_URL_1)
    expect(accepted.map(({ request }) => request.headers?.['accept'])).toEqual([
      TOKEN_STATUS_LIST_MEDIA_TYPE,
      STATUS_LIST_MEDIA_TYPE,
    ])
  })

  it.each<[string, JsonObject, ComityErrorCode | undefined]>([
    ['with another sub', { sub: `${TOKEN_URL_1}0` }, 'COMITY_STATUS_LIST_INVALID'],
    ['without sub', { sub: null }, 'COMITY_STATUS_LIST_INVALID'],
    ['without iat', { iat: null }, 'COMITY_STATUS_LIST_INVALID'],
    ['issued in the future', { iat: NOW + 61 }, 'COMITY_STATUS_LIST_INVALID'],
    ['issued within the tolerance', { iat: NOW + 60 }, undefined],
    ['that has expired', { iat: NOW - 100, exp: NOW - 60 }, 'COMITY_STATUS_LIST_INVALID'],
    ['that has expired within the tolerance', { iat: NOW - 100, exp: NOW - 59 }, undefined],
    ['that begins later', { nbf: NOW + 61 }, 'COMITY_STATUS_LIST_INVALID'],
    ['with exp as text', { exp: String(NOW + 60) }, 'COMITY_STATUS_LIST_INVALID'],
    ['with ttl 0', { ttl: 0 }, 'COMITY_STATUS_LIST_INVALID'],
    ['with a negative ttl', { ttl: -1 }, 'COMITY_STATUS_LIST_INVALID'],
    ['with ttl as text', { ttl: '60' }, 'COMITY_STATUS_LIST_INVALID'],
    ['without a list', { status_list: null }, 'COMITY_STATUS_LIST_INVALID'],
    ['with the issuer as iss', { iss: 'did:web:acme.example' }, undefined],
    ['with another iss', { iss: 'did:web:globex.example' }, 'COMITY_STATUS_LIST_INVALID'],
    ['with claims that nobody knows', { more: [1] }, undefined],
  ])('%s', async (_name, more, expected) => {
    expect(await codeForClaims(more)).toBe(expected)
  })

  it('is signed by the issuer of the credential, for assertions', async () => {
    const world = await createStatusWorld()
    const { web, issuer } = world
    const globex = await createIssuer(web, 'did:web:globex.example')
    const stranger = withKid(await generateSigner({ alg: 'Ed25519' }), issuer.signer.kid)
    for (const signer of [globex.signer, issuer.login, stranger]) {
      await publishTokenList(world, [0], { signer })
      expect(await codeFor(world, at(0))).toBe('COMITY_STATUS_LIST_INVALID')
    }
    await publishTokenList(world, [0], { signer: issuer.p256 })
    expect(await codeFor(world, at(0))).toBeUndefined()
  })

  it.each(['JWT', 'vc+jwt', 'statuslist+cwt', 'statuslist'])('is not one by the typ %s', async (typ) => {
    const world = await createStatusWorld()
    await publishTokenList(world, [0], { typ })
    expect(await codeFor(world, at(0))).toBe('COMITY_STATUS_LIST_INVALID')
  })

  it('is kept for as many seconds as its ttl says, five minutes at most, one without', async () => {
    for (const [ttl, seconds] of [
      [1.5, 1.5],
      [60, 60],
      [43_200, 300],
      [undefined, 60],
    ] as const) {
      const world = await createStatusWorld()
      const claims = tokenClaims([0], ttl === undefined ? {} : { ttl })
      const payload = Object.fromEntries(Object.entries(claims).filter(([name]) => name !== 'ttl' || ttl))
      const token = await signJws({ header: { typ: 'statuslist+jwt' }, payload, signer: world.issuer.signer })
      world.web.pages.set(TOKEN_URL_1, token)
      await world.check([at(0)])
      world.clock.seconds = NOW + seconds - 0.1
      await world.check([at(0)])
      expect(fetches(world)).toBe(1)
      world.clock.seconds = NOW + seconds
      await world.check([at(0)])
      expect(fetches(world)).toBe(2)
    }
  })

  it('is forgotten when its issuer says that something has changed', async () => {
    const world = await createStatusWorld()
    await publishTokenList(world, [0])
    await world.check([at(0)])
    await publishTokenList(world, [1])
    await world.check([at(0)])
    world.checker.invalidate?.('did:web:globex.example')
    await world.check([at(0)])
    world.checker.invalidate?.(world.issuer.did)
    expect(await codeFor(world, at(0))).toBe('COMITY_STATUS_REVOKED')
  })

  it('is fetched once by many who ask at once', async () => {
    const world = await createStatusWorld()
    await publishTokenList(world, [0, 0])
    await Promise.all(Array.from({ length: 20 }, async (_, count) => world.check([at(count % 2)])))
    expect(fetches(world)).toBe(1)
  })
})

describe('a published Token Status List', () => {
  it('goes from valid to suspended and back, and to invalid for good', async () => {
    const world = await createStatusWorld({ ttlMs: 0 })
    const { publisher, clock } = world
    const [reference, neighbour] = [await publisher.allocateToken(), await publisher.allocateToken()]
    const code = async (): Promise<ComityErrorCode | undefined> => {
      clock.seconds += 1
      await world.publish()
      expect(await codeFor(world, neighbour)).toBeUndefined()
      return codeFor(world, reference)
    }
    expect(reference.uri).toBe(TOKEN_URL_1)
    expect(publisher.mediaType(reference.uri)).toBe('application/statuslist+jwt')
    expect(await code()).toBeUndefined()
    await publisher.set(reference, true, 'suspension')
    expect(await code()).toBe('COMITY_STATUS_SUSPENDED')
    await publisher.set(reference, false, 'suspension')
    expect(await code()).toBeUndefined()
    await publisher.set(reference, true, 'suspension')
    await publisher.set([reference], true, 'revocation')
    expect(await code()).toBe('COMITY_STATUS_REVOKED')
    await publisher.set(reference, false, 'suspension')
    expect(await code()).toBe('COMITY_STATUS_REVOKED')
    await publisher.set(reference, true, 'suspension')
    expect(await code()).toBe('COMITY_STATUS_REVOKED')
    await expect(publisher.set(reference, false, 'revocation')).rejects.toThrow(TypeError)
    await expect(publisher.set(reference, true)).rejects.toThrow(TypeError)
    await expect(
      publisher.set({ ...reference, idx: reference.idx + 0.5 }, true, 'revocation'),
    ).rejects.toThrow(TypeError)
  })

  it('is for no other issuer', async () => {
    const world = await createStatusWorld()
    const reference = await world.publisher.allocateToken()
    await world.publish()
    const globex = await createIssuer(world.web, 'did:web:globex.example')
    const asked = { entries: [reference], issuer: globex.did, now: NOW }
    expect(await codeOfPromise(async () => world.checker.check(asked))).toBe('COMITY_STATUS_LIST_INVALID')
  })
})

async function deflated(byte: number): Promise<Uint8Array> {
  const stream = new Blob([Uint8Array.of(byte)]).stream().pipeThrough(new CompressionStream('deflate'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
