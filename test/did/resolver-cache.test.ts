import type { DIDResolver } from 'did-resolver'
import { describe, expect, it, vi } from 'vitest'
import { createDidResolver, type DidResolverOptions } from '../../src/did/index.ts'
import { createFetchBudget, createGuardedFetch } from '../../src/net/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { documentOf, resolverFor, startHost } from './support.ts'

describe('the cache', () => {
  async function hostAndClock(options: Partial<DidResolverOptions> = {}) {
    const host = await startHost()
    const clock = { seconds: 1_000_000, now: () => clock.seconds }
    const resolver = resolverFor(host, { clock, ...options })
    const keys = async (resolveOptions = {}) =>
      (await resolver.resolveDocument(host.did, resolveOptions)).authentication.map(
        (kid) => kid.split('#')[1],
      )
    return { host, clock, resolver, keys }
  }

  it('keeps a document for its time and no longer', async () => {
    const { host, clock, keys } = await hostAndClock()
    await keys()
    host.body = documentOf(host.did, '#key-2')
    clock.seconds += 59.9
    expect(await keys()).toEqual(['key-1'])
    clock.seconds += 0.1
    expect(await keys()).toEqual(['key-2'])
    expect(host.asked()).toBe(2)
  })

  it('is not fooled by a clock that is set back', async () => {
    const { host, clock, keys } = await hostAndClock()
    await keys()
    clock.seconds -= 1000
    await keys()
    expect(host.asked()).toBe(2)
  })

  it.each([
    ['no-store', 0],
    ['no-cache', 0],
    ['public, max-age=10', 10],
    ['MAX-AGE=10', 10],
    ['max-age=100000', 60],
    ['max-age=-1', 0],
    ['max-age=0', 0],
    ['max-age="10"', 10],
    ['max-age=99999999999999', 60],
    ['max-age=30, max-age=10', 10],
    ['max-age=10, no-cache="set-cookie"', 0],
    ['s-maxage=1', 60],
  ])('keeps to the host’s `%s` within its bound', async (value, seconds) => {
    const { host, clock, keys } = await hostAndClock()
    host.headers = { 'cache-control': value }
    await keys()
    clock.seconds += Math.max(0, seconds - 0.1)
    await keys()
    expect(host.asked()).toBe(seconds === 0 ? 2 : 1)
    clock.seconds += 0.2
    await keys()
    expect(host.asked()).toBe(seconds === 0 ? 3 : 2)
  })

  it('can be passed over, and is renewed then', async () => {
    const { host, keys } = await hostAndClock()
    await keys()
    host.body = documentOf(host.did, '#key-2')
    expect(host.cacheControl()).toBeUndefined()
    expect(await keys({ fresh: true })).toEqual(['key-2'])
    expect(host.cacheControl()).toBe('no-cache')
    expect(await keys()).toEqual(['key-2'])
    expect(host.asked()).toBe(2)
  })

  it('can be told to forget', async () => {
    const { host, resolver, keys } = await hostAndClock()
    await keys()
    host.status = 410
    await keys()
    resolver.invalidate(host.did)
    expect(await codeOfPromise(keys)).toBe('COMITY_DID_DEACTIVATED')
  })

  it('does not keep what was on its way when it was told to forget', async () => {
    const { host, resolver, keys } = await hostAndClock()
    host.delayMs = 50
    const early = keys()
    await vi.waitFor(() => expect(host.asked()).toBe(1))
    host.body = documentOf(host.did, '#key-2')
    resolver.invalidate(host.did)
    const late = keys({ fresh: true })
    expect(await early).toEqual(['key-1'])
    expect(await late).toEqual(['key-2'])
    expect(await keys()).toEqual(['key-2'])
  })

  it('does not keep it either when nothing came after', async () => {
    const { host, resolver, keys } = await hostAndClock()
    host.delayMs = 50
    const early = keys()
    await vi.waitFor(() => expect(host.asked()).toBe(1))
    host.body = documentOf(host.did, '#key-2')
    resolver.invalidate(host.did)
    expect(await early).toEqual(['key-1'])
    expect(await keys()).toEqual(['key-2'])
  })

  it.each([
    {},
    { budget: createFetchBudget({ requests: 5, bytes: 1e6, timeoutMs: 60_000 }) },
    { fresh: true },
  ])('joins nothing that was on its way when it was told to forget (%j)', async (options) => {
    const { host, resolver, keys } = await hostAndClock()
    host.delayMs = 300
    const early = [keys(), keys({ fresh: true })]
    await vi.waitFor(() => expect(host.asked()).toBe(2))
    host.body = documentOf(host.did, '#key-2')
    resolver.invalidate(host.did)
    expect(await keys(options)).toEqual(['key-2'])
    expect(await Promise.all(early)).toEqual([['key-1'], ['key-1']])
  })

  it('keeps failures for a short while, and not at all where told so', async () => {
    const { host, clock, keys } = await hostAndClock()
    host.status = 500
    await codeOfPromise(keys)
    host.status = 200
    expect(await codeOfPromise(keys)).toBe('COMITY_DID_UNRESOLVABLE')
    clock.seconds += 2
    expect(await codeOfPromise(keys)).toBeUndefined()
    const eager = await hostAndClock({ failureCacheSeconds: 0 })
    eager.host.status = 500
    await codeOfPromise(eager.keys)
    eager.host.status = 200
    expect(await codeOfPromise(eager.keys)).toBeUndefined()
  })

  it('does not blame a DID for the caller’s budget', async () => {
    const { keys } = await hostAndClock()
    const budget = createFetchBudget({ requests: 0, bytes: 1e6, timeoutMs: 5000 })
    expect(await codeOfPromise(() => keys({ budget }))).toBe('COMITY_NET_BUDGET')
    expect(await codeOfPromise(keys)).toBeUndefined()
    expect(await codeOfPromise(() => keys({ budget }))).toBeUndefined()
  })

  it('shares one resolution among those who ask at once', async () => {
    const { host, resolver } = await hostAndClock()
    host.delayMs = 30
    const budget = createFetchBudget({ requests: 5, bytes: 1e6, timeoutMs: 5000 })
    const options = [{}, {}, { budget }, {}]
    const documents = await Promise.all(options.map((one) => resolver.resolveDocument(host.did, one)))
    expect(documents[0]).toBe(documents[1])
    expect(host.asked()).toBe(1)
    expect(budget.requests).toBe(4)
  })

  it('is bounded, and lets go of what was not used for the longest time', async () => {
    const calls: string[] = []
    const method: DIDResolver = async (did) => {
      calls.push(did)
      return { didResolutionMetadata: {}, didDocument: { id: did }, didDocumentMetadata: {} }
    }
    const fetch = createGuardedFetch()
    const resolver = createDidResolver({ fetch, methods: { x: method }, maxCached: 2 })
    for (const did of ['did:x:1', 'did:x:2', 'did:x:1', 'did:x:3', 'did:x:1', 'did:x:2']) {
      await resolver.resolveDocument(did)
    }
    expect(calls).toEqual(['did:x:1', 'did:x:2', 'did:x:3', 'did:x:2'])
  })

  it.each([
    { cacheSeconds: -1 },
    { cacheSeconds: 301 },
    { cacheSeconds: Number.NaN },
    { failureCacheSeconds: 61 },
    { maxCached: 0 },
  ])('cannot be made with %j', (options) => {
    expect(() => createDidResolver({ fetch: createGuardedFetch(), ...options })).toThrow(TypeError)
  })
})
