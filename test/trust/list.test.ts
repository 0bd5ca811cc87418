import { describe, expect, it } from 'vitest'
import { encodeUtf8 } from '../../src/encoding/index.ts'
import type { GuardedFetch, GuardedRequest, GuardedResponse } from '../../src/net/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { verifyTrustList, type TrustListEntry } from '../../src/trust/index.ts'
import { NOW } from '../credentials/world.ts'
import { codeOfPromise } from '../support/codes.ts'
import {
  answerOf,
  createTrustWorld,
  GLOBEX,
  INITECH,
  ISSUER,
  LIST,
  LIST_URL,
  POSTURE,
  SCOPE,
  type TrustWorld,
} from './world.ts'

const ENTRY: TrustListEntry = { issuer: ISSUER, types: [POSTURE] }
/** A fetch that brings this list, and else what the world has. */
function serving({ web }: TrustWorld, token: string): GuardedFetch {
  const answer = async (url: string, request?: GuardedRequest): Promise<GuardedResponse> => {
    if (url !== LIST_URL) return web.fetch(url, request)
    return { url, status: 200, headers: new Headers(), body: encodeUtf8(token) }
  }
  return Object.assign(answer, { stream: web.fetch.stream, close: () => undefined })
}

const UNAVAILABLE = 'COMITY_TRUST_LIST_UNAVAILABLE'

describe('a trust list', () => {
  it('is found through its owner, and its entries are believed', async () => {
    const world = await createTrustWorld()
    await world.publish([
      ENTRY,
      { issuer: GLOBEX, types: [SCOPE], audiences: [INITECH], note: 'for a pilot' },
    ])
    const registry = world.registry({ lists: [{ did: LIST }] })
    expect(await answerOf(registry)).toBe(`yes: rule=list list=${LIST} sequence=1`)
    expect(await answerOf(registry, { type: SCOPE })).toBe(
      `no: rule=static refused=unknown-issuer; rule=list list=${LIST} refused=other-type`,
    )
    const towards = { issuer: GLOBEX, type: SCOPE, audience: INITECH }
    expect(await answerOf(registry, towards)).toBe(`yes: rule=list list=${LIST} sequence=1 audience=named`)
    expect(await answerOf(registry, { ...towards, audience: LIST })).toContain('refused=other-audience')
    expect(await answerOf(registry, { issuer: GLOBEX, type: SCOPE })).toContain('refused=other-audience')
    expect(world.requests().filter((url) => url === LIST_URL)).toHaveLength(1)
  })

  it('is found where the configuration says, too', async () => {
    const world = await createTrustWorld()
    await world.publish([ENTRY])
    await world.serve(LIST, {})
    expect(await answerOf(world.registry({ lists: [{ did: LIST, url: LIST_URL }] }))).toMatch(/^yes/)
    expect(await answerOf(world.registry({ lists: [{ did: LIST }] }))).toBe(
      `${UNAVAILABLE}: COMITY_DID_SERVICE_UNKNOWN`,
    )
  })

  it('is believed no more than the configuration says, and is not fetched for the rest', async () => {
    const world = await createTrustWorld()
    await world.publish([{ issuer: ISSUER, types: [POSTURE, SCOPE] }])
    const registry = world.registry({ lists: [{ did: LIST, types: [SCOPE], audiences: [GLOBEX] }] })
    expect(await answerOf(registry, { audience: GLOBEX })).toContain('refused=other-type')
    expect(await answerOf(registry, { type: SCOPE })).toContain('refused=other-audience')
    expect(world.requests()).toEqual([])
    expect(await answerOf(registry, { type: SCOPE, audience: GLOBEX })).toMatch(/^yes/)
  })

  it('counts from the second to the second that an entry says', async () => {
    const world = await createTrustWorld()
    await world.publish([{ ...ENTRY, validFrom: NOW + 10, validUntil: NOW + 20 }])
    const registry = world.registry({ lists: [{ did: LIST }] })
    const at = async (now: number): Promise<string> =>
      (await registry.judge({ issuer: ISSUER, type: POSTURE, now })).reason
    expect(await at(NOW + 9)).toContain('refused=not-yet-valid')
    expect(await at(NOW + 10)).toContain('sequence=1')
    expect(await at(NOW + 19)).toContain('sequence=1')
    expect(await at(NOW + 20)).toContain('refused=expired')
  })

  it('is not asked where the configuration decides', async () => {
    const world = await createTrustWorld()
    const registry = world.registry({
      issuers: [{ did: ISSUER, types: [POSTURE] }],
      lists: [{ did: LIST }],
    })
    expect(await answerOf(registry)).toBe('yes: rule=static')
    expect(world.requests()).toEqual([])
  })

  it('is one of several, and one that is down does not spoil the others', async () => {
    const world = await createTrustWorld()
    await world.publish([ENTRY])
    const registry = world.registry({ lists: [{ did: 'did:web:down.example' }, { did: LIST }] })
    expect(await answerOf(registry)).toMatch(/^yes: rule=list/)
    expect(await answerOf(registry, { issuer: GLOBEX })).toBe(`${UNAVAILABLE}: COMITY_DID_UNRESOLVABLE`)
  })
})

describe('a trust list, as time goes by', () => {
  it('is used for its ttl, within bounds, and fetched ahead of its end', async () => {
    const world = await createTrustWorld()
    await world.publish([ENTRY], { ttl: 100 })
    const registry = world.registry({ lists: [{ did: LIST }] })
    const fetches = (): number => world.requests().filter((url) => url === LIST_URL).length
    await answerOf(registry)
    world.clock.seconds += 49
    await answerOf(registry)
    expect(fetches()).toBe(1)
    world.clock.seconds += 1
    await world.publish([], { ttl: 100, sequence: 2 })
    expect(await answerOf(registry)).toMatch(/^yes/)
    await expect.poll(fetches).toBe(2)
    await expect.poll(() => answerOf(registry)).toMatch(/^no/)
    expect(fetches()).toBe(2)
  })

  it.each([
    ['a short one', 0, 10],
    ['a long one', 86_400, 300],
  ])('keeps to the bounds: %s', async (_name, ttl, seconds) => {
    const world = await createTrustWorld()
    await world.publish([ENTRY], { ttl })
    const registry = world.registry({ lists: [{ did: LIST }] })
    await answerOf(registry)
    await world.publish([], { ttl, sequence: 2 })
    world.clock.seconds += seconds / 2 - 1
    expect(await answerOf(registry)).toMatch(/^yes/)
    world.clock.seconds += seconds / 2 + 1
    expect(await answerOf(registry)).toMatch(/^no/)
  })

  it('is fetched once for all who ask at once', async () => {
    const world = await createTrustWorld()
    await world.publish([ENTRY])
    const registry = world.registry({ lists: [{ did: LIST }] })
    const answers = await Promise.all(Array.from({ length: 20 }, () => answerOf(registry)))
    expect(new Set(answers).size).toBe(1)
    expect(world.requests().filter((url) => url === LIST_URL)).toHaveLength(1)
  })

  it('is used while it is valid when its host is down, and asked for again every ten seconds', async () => {
    const world = await createTrustWorld()
    await world.publish([ENTRY], { validUntil: NOW + 1000 })
    const registry = world.registry({ lists: [{ did: LIST }] })
    expect(await answerOf(registry)).toMatch(/^yes/)
    world.web.pages.delete(LIST_URL)
    world.clock.seconds += 400
    expect(await answerOf(registry)).toMatch(/^yes/)
    const asked = world.requests().length
    expect(await answerOf(registry)).toMatch(/^yes/)
    expect(world.requests()).toHaveLength(asked)
    world.clock.seconds += 10
    expect(await answerOf(registry)).toMatch(/^yes/)
    expect(world.requests().length).toBeGreaterThan(asked)
    world.clock.seconds = NOW + 1060
    expect(await answerOf(registry)).toBe(`${UNAVAILABLE}: COMITY_NET_UNREACHABLE`)
  })

  it('fails closed when it was never there, and is found when it comes', async () => {
    const world = await createTrustWorld()
    await world.party(LIST)
    const registry = world.registry({ lists: [{ did: LIST }] })
    expect(await answerOf(registry)).toBe(`${UNAVAILABLE}: COMITY_NET_UNREACHABLE`)
    world.web.pages.set(LIST_URL, 404)
    world.clock.seconds += 10
    expect(await answerOf(registry)).toBe(`${UNAVAILABLE}: COMITY_NET_RESPONSE_INVALID`)
    await world.publish([ENTRY])
    expect(await answerOf(registry)).toBe(`${UNAVAILABLE}: COMITY_NET_RESPONSE_INVALID`)
    world.clock.seconds += 10
    expect(await answerOf(registry)).toMatch(/^yes/)
  })

  it('goes on when the clock is set back', async () => {
    const world = await createTrustWorld()
    await world.publish([ENTRY])
    const registry = world.registry({ lists: [{ did: LIST }] })
    await answerOf(registry)
    world.clock.seconds -= 30
    await world.publish([], { sequence: 2 })
    expect(await answerOf(registry)).toMatch(/^no/)
  })
})

describe('rollback', () => {
  it('is refused for a list older than one seen, and what is kept goes on', async () => {
    const world = await createTrustWorld()
    await world.publish([ENTRY], { sequence: 7 })
    const registry = world.registry({ lists: [{ did: LIST }] })
    expect(await answerOf(registry)).toMatch(/sequence=7$/)
    await world.publish([{ issuer: GLOBEX, types: [POSTURE] }], { sequence: 6 })
    world.clock.seconds += 400
    expect(await answerOf(registry)).toMatch(/sequence=7$/)
    expect(await answerOf(registry, { issuer: GLOBEX })).toMatch(/^no/)
    await world.publish([], { sequence: 8 })
    world.clock.seconds += 400
    expect(await answerOf(registry)).toMatch(/^no/)
  })

  it('is remembered by a store, across restarts and wherever the list is served', async () => {
    const world = await createTrustWorld()
    const store = createMemoryStore()
    const registry = () => world.registry({ lists: [{ did: LIST }], store })
    await world.publish([ENTRY], { sequence: 7 })
    expect(await answerOf(registry())).toMatch(/^yes/)
    await world.publish([ENTRY], { sequence: 6 })
    expect(await answerOf(registry())).toBe(`${UNAVAILABLE}: COMITY_TRUST_LIST_ROLLBACK`)
    expect(await answerOf(world.registry({ lists: [{ did: LIST }] }))).toMatch(/sequence=6$/)
    const moved = 'https://list.example/moved.jwt'
    await world.serve(LIST, { [moved]: 'ComityTrustList' })
    world.web.pages.set(moved, await world.list([ENTRY], { sequence: 6, url: moved }))
    expect(await answerOf(registry())).toBe(`${UNAVAILABLE}: COMITY_TRUST_LIST_ROLLBACK`)
  })

  it('is what another list with the same number would be', async () => {
    const world = await createTrustWorld()
    const store = createMemoryStore()
    await world.publish([ENTRY], { sequence: 7 })
    expect(await answerOf(world.registry({ lists: [{ did: LIST }], store }))).toMatch(/^yes/)
    expect(await answerOf(world.registry({ lists: [{ did: LIST }], store }))).toMatch(/^yes/)
    await world.publish([ENTRY, { issuer: GLOBEX, types: [POSTURE] }], { sequence: 7 })
    expect(await answerOf(world.registry({ lists: [{ did: LIST }], store }))).toBe(
      `${UNAVAILABLE}: COMITY_TRUST_LIST_ROLLBACK`,
    )
  })

  it('cannot happen between two processes that share a store', async () => {
    const world = await createTrustWorld()
    const store = createMemoryStore()
    await world.party(LIST)
    const answers = await Promise.all(
      Array.from({ length: 8 }, async (_none, index) => {
        const token = await world.list([ENTRY], { sequence: index + 1 })
        return answerOf(world.registry({ lists: [{ did: LIST }], store, fetch: serving(world, token) }))
      }),
    )
    expect(answers.some((answer) => answer.startsWith('yes'))).toBe(true)
    const [stored] = await store.list('trust/list/')
    const newest = Number(stored?.value.split(' ')[0])
    for (const answer of answers) {
      const sequence = /sequence=(\d+)$/.exec(answer)?.[1]
      if (sequence !== undefined) expect(Number(sequence)).toBeLessThanOrEqual(newest)
    }
  })

  it('is not forgotten because what was remembered is damaged', async () => {
    const world = await createTrustWorld()
    const store = createMemoryStore()
    await world.publish([ENTRY])
    await answerOf(world.registry({ lists: [{ did: LIST }], store }))
    const [stored] = await store.list('trust/list/')
    await store.put(stored?.key ?? '', '0 x')
    expect(await answerOf(world.registry({ lists: [{ did: LIST }], store }))).toBe(
      `${UNAVAILABLE}: COMITY_STORE_CORRUPT`,
    )
  })
})

describe('verifyTrustList', () => {
  it('gives a frozen list', async () => {
    const world = await createTrustWorld()
    const token = await world.list([ENTRY])
    const { resolver } = world
    const list = await verifyTrustList(token, { owner: LIST, url: LIST_URL, resolver, now: NOW })
    expect(list).toMatchObject({ owner: LIST, sequence: 1, ttl: 300, validUntil: NOW + 86_400 })
    expect(list.find(ISSUER)).toEqual(ENTRY)
    expect(list.find('constructor')).toBeUndefined()
    for (const value of [list, list.entries, list.entries[0], list.entries[0]?.types]) {
      expect(Object.isFrozen(value)).toBe(true)
    }
  })

  it('takes the very list that was seen, and a newer one', async () => {
    const world = await createTrustWorld()
    const options = { owner: LIST, url: LIST_URL, resolver: world.resolver, now: NOW }
    const seen = await verifyTrustList(await world.list([ENTRY], { sequence: 5 }), options)
    const at = async (sequence: number) => {
      const token = await world.list([ENTRY], { sequence })
      return codeOfPromise(() => verifyTrustList(token, { ...options, seen }))
    }
    expect(await at(4)).toBe('COMITY_TRUST_LIST_ROLLBACK')
    expect(await at(5)).toBeUndefined()
    expect(await at(6)).toBeUndefined()
  })
})
