import { describe, expect, it } from 'vitest'
import type { StatusChecker, StatusReference } from '../../src/credentials/index.ts'
import type { DidResolver } from '../../src/did/index.ts'
import { TrustError, VerificationError, type ComityErrorCode } from '../../src/errors/index.ts'
import { createFetchBudget } from '../../src/net/index.ts'
import { createStatusChecker, type StatusCheckerOptions } from '../../src/status/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { NOW, type Page } from '../credentials/world.ts'
import { createStatusWorld, publishTokenList, TOKEN_URL_1, type StatusWorld } from './world.ts'

const REFERENCE: StatusReference = { type: 'TokenStatusList', uri: TOKEN_URL_1, idx: 0 }

interface StaleWorld extends StatusWorld {
  readonly stale: StatusChecker
  /** Moves the clock to so many seconds after the first check, and asks again. */
  readonly ask: (seconds: number) => Promise<ComityErrorCode | undefined>
  readonly fetches: () => number
}

/** A checker that has seen a list with a ttl of one minute, and then goes by what it has for five. */
async function createStaleWorld(options: Partial<StatusCheckerOptions> = {}): Promise<StaleWorld> {
  const world = await createStatusWorld()
  const { web, resolver, clock, issuer } = world
  await publishTokenList(world, [0])
  const stale = createStatusChecker({
    fetch: web.fetch,
    resolver,
    clock,
    unreachable: 'accept-stale',
    maxStaleSeconds: 300,
    ...options,
  })
  const ask = async (seconds: number): Promise<ComityErrorCode | undefined> => {
    clock.seconds = NOW + seconds
    const asked = { entries: [REFERENCE], issuer: issuer.did, now: clock.now() }
    return codeOfPromise(async () => stale.check(asked))
  }
  const fetches = (): number => web.requests.filter(({ url }) => url === TOKEN_URL_1).length
  expect(await ask(0)).toBeUndefined()
  return { ...world, stale, ask, fetches }
}

function serve({ web }: StaleWorld, page: Page | undefined): void {
  if (page === undefined) web.pages.delete(TOKEN_URL_1)
  else web.pages.set(TOKEN_URL_1, page)
}

describe('accept-stale', () => {
  it.each<[string, Page | undefined]>([
    ['nobody answers', undefined],
    ['the server fails', 503],
    ['the server has too much to do', 429],
  ])('goes by the last list for as long as it may, where %s', async (_name, page) => {
    const world = await createStaleWorld()
    serve(world, page)
    expect(await world.ask(61)).toBeUndefined()
    expect(await world.ask(299)).toBeUndefined()
    expect(await world.ask(300)).toBe('COMITY_STATUS_UNAVAILABLE')
  })

  it('asks again every five seconds, and takes the new list at once', async () => {
    const world = await createStaleWorld()
    serve(world, undefined)
    expect(await world.ask(60)).toBeUndefined()
    expect(await world.ask(64.9)).toBeUndefined()
    expect(world.fetches()).toBe(2)
    expect(await world.ask(65)).toBeUndefined()
    expect(world.fetches()).toBe(3)
    await publishTokenList(world, [1])
    expect(await world.ask(70)).toBe('COMITY_STATUS_REVOKED')
  })

  it('does not make a revocation good again', async () => {
    const world = await createStaleWorld()
    await publishTokenList(world, [1])
    expect(await world.ask(60)).toBe('COMITY_STATUS_REVOKED')
    serve(world, undefined)
    expect(await world.ask(130)).toBe('COMITY_STATUS_REVOKED')
  })

  it.each([404, 410, 403, 204])('takes %d for an answer', async (page) => {
    const world = await createStaleWorld()
    serve(world, page)
    expect(await world.ask(61)).toBe('COMITY_STATUS_UNAVAILABLE')
  })

  it('does not outlive the list itself', async () => {
    const world = await createStaleWorld({ maxStaleSeconds: 86_400 })
    serve(world, undefined)
    expect(await world.ask(3659)).toBeUndefined()
    expect(await world.ask(3661)).toBe('COMITY_STATUS_UNAVAILABLE')
  })

  it('has nothing to go by without a list, or once its issuer said that something has changed', async () => {
    const world = await createStaleWorld()
    serve(world, undefined)
    world.stale.invalidate?.(world.issuer.did)
    expect(await world.ask(61)).toBe('COMITY_STATUS_UNAVAILABLE')
  })

  it('is not for a list that does not verify', async () => {
    const world = await createStaleWorld()
    await publishTokenList(world, [0], { signer: world.issuer.login })
    expect(await world.ask(61)).toBe('COMITY_STATUS_LIST_INVALID')
  })

  it.each([
    [new TrustError('COMITY_DID_UNRESOLVABLE', 'nobody answers'), undefined],
    [new TrustError('COMITY_DID_NOT_FOUND', 'no such DID'), 'COMITY_STATUS_UNAVAILABLE'],
    [new TrustError('COMITY_DID_KEY_UNKNOWN', 'no such key'), 'COMITY_STATUS_UNAVAILABLE'],
    [new VerificationError('COMITY_DID_DEACTIVATED', 'given up'), 'COMITY_STATUS_LIST_INVALID'],
  ] as const)('where the issuer resolves to %s: %s', async (error, expected) => {
    const failing: { error?: Error } = {}
    const { resolver } = await createStatusWorld()
    const resolveDocument: DidResolver['resolveDocument'] = async (...asked) => {
      if (failing.error !== undefined) throw failing.error
      return resolver.resolveDocument(...asked)
    }
    const world = await createStaleWorld({ resolver: { ...resolver, resolveDocument } })
    failing.error = error
    expect(await world.ask(61)).toBe(expected)
  })

  it('is not for who has spent its budget: a peer could see to that', async () => {
    const world = await createStaleWorld()
    world.clock.seconds = NOW + 61
    const fetch: StatusCheckerOptions['fetch'] = Object.assign(
      async (...[url, request]: Parameters<StatusCheckerOptions['fetch']>) => {
        request?.budget?.takeRequest()
        return world.web.fetch(url, request)
      },
      { stream: world.web.fetch.stream, close: () => undefined },
    )
    const options = { fetch, resolver: world.resolver, clock: world.clock }
    const checker = createStatusChecker({ ...options, unreachable: 'accept-stale', maxStaleSeconds: 300 })
    const asked = { entries: [REFERENCE], issuer: world.issuer.did, now: NOW + 61 }
    await checker.check(asked)
    world.clock.seconds = NOW + 130
    const budget = createFetchBudget({ requests: 0, bytes: 0, timeoutMs: 1000 })
    expect(await codeOfPromise(async () => checker.check({ ...asked, now: NOW + 130, budget }))).toBe(
      'COMITY_STATUS_UNAVAILABLE',
    )
    expect(await codeOfPromise(async () => checker.check({ ...asked, now: NOW + 130 }))).toBeUndefined()
  })

  it('refuses at once by default', async () => {
    const world = await createStatusWorld()
    await publishTokenList(world, [0])
    await world.check([REFERENCE])
    world.web.pages.delete(TOKEN_URL_1)
    world.clock.seconds = NOW + 60
    expect(await codeOfPromise(async () => world.check([REFERENCE]))).toBe('COMITY_STATUS_UNAVAILABLE')
  })

  it.each<object>([
    { unreachable: 'accept' },
    { unreachable: 'accept-stale' },
    { unreachable: 'accept-stale', maxStaleSeconds: 0 },
    { unreachable: 'accept-stale', maxStaleSeconds: 86_401 },
    { unreachable: 'accept-stale', maxStaleSeconds: NaN },
    { maxStaleSeconds: 60 },
    { unreachable: 'fail', maxStaleSeconds: 60 },
  ])('is not what %j means', async (options) => {
    const { web, resolver } = await createStatusWorld()
    expect(() => createStatusChecker({ fetch: web.fetch, resolver, ...options })).toThrow(TypeError)
  })
})
