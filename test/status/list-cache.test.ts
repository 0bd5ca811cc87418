import { describe, expect, it } from 'vitest'
import type { StatusEntry } from '../../src/credentials/index.ts'
import type { JsonObject, JsonValue } from '../../src/encoding/index.ts'
import type { ComityErrorCode } from '../../src/errors/index.ts'
import { createStatusReader, type StatusReaderOptions } from '../../src/status/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { NOW, signDocument } from '../credentials/world.ts'
import { BASE, createStatusWorld, ENTRY, listDocument, type StatusWorld, URL_1 } from './world.ts'

async function codeFor(
  world: StatusWorld,
  entries: readonly StatusEntry[],
): Promise<ComityErrorCode | undefined> {
  return codeOfPromise(async () => world.check(entries))
}

describe('cache', () => {
  /** How often the list was asked for. */
  function fetches({ web }: StatusWorld): number {
    return web.requests.filter(({ url }) => url === URL_1).length
  }

  async function worldWithList(ttl: JsonValue, more: JsonObject = {}): Promise<StatusWorld> {
    const world = await createStatusWorld()
    const document = listDocument(world.issuer.did, more, ttl === null ? {} : { ttl })
    world.web.pages.set(URL_1, await signDocument(world.issuer.signer, document))
    return world
  }

  it.each<[string, JsonValue, number]>([
    ['as many milliseconds as its ttl says', 60_000, 60],
    ['five minutes at most', 86_400_000, 300],
    ['one minute where there is no ttl', null, 60],
  ])('uses a list again for %s', async (_name, ttl, seconds) => {
    const world = await worldWithList(ttl)
    for (const passed of [0, 1, seconds - 0.5]) {
      world.clock.seconds = NOW + passed
      expect(await codeFor(world, [ENTRY])).toBeUndefined()
    }
    expect(fetches(world)).toBe(1)
    world.clock.seconds = NOW + seconds
    expect(await codeFor(world, [ENTRY])).toBeUndefined()
    expect(fetches(world)).toBe(2)
  })

  it('asks each time where the ttl is 0, and where the clock was set back', async () => {
    const world = await worldWithList(0)
    await world.check([ENTRY])
    await world.check([ENTRY])
    expect(fetches(world)).toBe(2)
    const back = await worldWithList(60_000)
    await back.check([ENTRY])
    back.clock.seconds -= 1
    await back.check([ENTRY])
    expect(fetches(back)).toBe(2)
  })

  it('does not outlive the validity of the list', async () => {
    const world = await worldWithList(300_000, { validUntil: '2026-11-24T00:00:30Z' })
    await world.check([ENTRY])
    world.clock.seconds = NOW + 89
    expect(await codeFor(world, [ENTRY])).toBeUndefined()
    world.clock.seconds = NOW + 90
    expect(await codeFor(world, [ENTRY])).toBe('COMITY_STATUS_LIST_INVALID')
  })

  it('refuses once the list is stale and cannot be had again', async () => {
    const world = await worldWithList(60_000)
    await world.check([ENTRY])
    world.web.pages.delete(URL_1)
    world.clock.seconds = NOW + 59
    expect(await codeFor(world, [ENTRY])).toBeUndefined()
    world.clock.seconds = NOW + 60
    expect(await codeFor(world, [ENTRY])).toBe('COMITY_STATUS_UNAVAILABLE')
  })

  it('does not take a list that was good for one issuer for the list of another', async () => {
    const world = await worldWithList(60_000)
    await world.check([ENTRY])
    const asked = { entries: [ENTRY], issuer: 'did:web:globex.example', now: NOW }
    expect(await codeOfPromise(async () => world.checker.check(asked))).toBe('COMITY_STATUS_LIST_INVALID')
  })

  it('asks once for many checks at the same time', async () => {
    const world = await worldWithList(60_000)
    await Promise.all(Array.from({ length: 20 }, async () => world.check([ENTRY])))
    expect(fetches(world)).toBe(1)
  })

  it('asks again in its own name where somebody else was let down', async () => {
    const world = await worldWithList(60_000)
    world.web.pages.delete(URL_1)
    const token = await signDocument(world.issuer.signer, listDocument(world.issuer.did))
    const first = codeFor(world, [ENTRY])
    const second = codeFor(world, [ENTRY])
    world.web.pages.set(URL_1, token)
    expect(await first).toBe('COMITY_STATUS_UNAVAILABLE')
    expect(await second).toBeUndefined()
  })

  it('forgets the lists of an issuer that says that something has changed, and of no other', async () => {
    const world = await worldWithList(60_000)
    await world.check([ENTRY])
    world.checker.invalidate?.('did:web:acme')
    await world.check([ENTRY])
    expect(fetches(world)).toBe(1)
    world.checker.invalidate?.(world.issuer.did)
    await world.check([ENTRY])
    expect(fetches(world)).toBe(2)
  })

  it('keeps nothing that was asked for before the issuer said so', async () => {
    const world = await worldWithList(60_000)
    const underWay = world.check([ENTRY])
    world.checker.invalidate?.(world.issuer.did)
    await underWay
    await world.check([ENTRY])
    expect(fetches(world)).toBe(2)
    await world.check([ENTRY])
    expect(fetches(world)).toBe(2)
  })

  it('keeps as many bytes as it may', async () => {
    const world = await worldWithList(60_000)
    const url = `${BASE}/revocation/2`
    const document = { ...listDocument(world.issuer.did, {}, { ttl: 60_000 }), id: url }
    world.web.pages.set(url, await signDocument(world.issuer.signer, document))
    const options = { fetch: world.web.fetch, resolver: world.resolver, clock: world.clock }
    const context = { issuer: world.issuer.did, now: NOW }
    const lists = (): number => world.web.requests.filter((request) => request.url.startsWith(BASE)).length
    const count = async (maxCacheBytes: number): Promise<number> => {
      const reader = createStatusReader({ ...options, maxCacheBytes })
      const before = lists()
      for (const place of [URL_1, url, URL_1, url]) {
        await reader.read({ ...ENTRY, statusListCredential: place }, context)
      }
      return lists() - before
    }
    expect(await count(32_768)).toBe(2)
    expect(await count(32_767)).toBe(4)
    expect(await count(0)).toBe(4)
  })

  it.each<Partial<StatusReaderOptions>>([
    { maxCacheSeconds: 301 },
    { maxCacheSeconds: -1 },
    { maxCacheSeconds: NaN },
    { maxCacheBytes: -1 },
    { maxCacheBytes: 2 ** 31 },
  ])('is bounded: not %o', async (more) => {
    const { web, resolver } = await createStatusWorld()
    expect(() => createStatusReader({ fetch: web.fetch, resolver, ...more })).toThrow(TypeError)
  })
})
