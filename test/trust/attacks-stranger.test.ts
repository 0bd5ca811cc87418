import { describe, expect, it } from 'vitest'
import { createDidResolver } from '../../src/did/index.ts'
import { createFetchBudget } from '../../src/net/index.ts'
import { createStatusChecker } from '../../src/status/index.ts'
import { MAX_LOOKUPS } from '../../src/trust/index.ts'
import { createWorld } from '../credentials/world.ts'
import { answerOf, createTrustWorld, ISSUER, LIST, POSTURE, SCOPE, type TrustWorld } from './world.ts'

const ENTRY = { issuer: ISSUER, types: [POSTURE] }
const ROOT = 'did:web:root.example'
const LISTS = { lists: [{ did: LIST }] }
const ACCREDITORS = { accreditors: [{ did: ROOT, types: [POSTURE, SCOPE] }] }
const NOBODY = 'no: rule=static refused=unknown-issuer; rule=accreditation refused='

describe('a look-alike DID', () => {
  it.each([
    ['in another case', 'did:web:ISSUER.example'],
    ['percent-encoded', 'did:web:issuer%2Eexample'],
    ['percent-encoded in lower case', 'did:web:issuer%2eexample'],
    ['of another method', 'did:key:issuer.example'],
    ['with a port', 'did:web:issuer.example%3A443'],
    ['with a path', 'did:web:issuer.example:a'],
    ['as a DID URL', `${ISSUER}#key-1`],
    ['with a trailing dot', 'did:web:issuer.example.'],
    ['in other letters', 'did:web:іssuer.example'],
    ['with a space', `${ISSUER} `],
  ])('is another DID: %s', async (_name, issuer) => {
    const world = await createTrustWorld()
    await world.publish([ENTRY])
    await world.accredit(ROOT, ISSUER)
    const registry = world.registry({
      issuers: [{ did: ISSUER, types: [POSTURE] }],
      ...LISTS,
      ...ACCREDITORS,
    })
    expect(await answerOf(registry)).toMatch(/^yes/)
    const { rules } = await registry.explain({ issuer, type: POSTURE })
    expect(rules.map(({ accepted }) => accepted)).toEqual([false, false, false])
  })
})

describe('a hostile tree of accreditations', () => {
  /** Each issuer shows four accreditations, each by another body of the attacker's. */
  async function plant(world: TrustWorld): Promise<void> {
    const bodies = ['p', 'q', 'r', 's'].map((letter) => `did:web:${letter}.example`)
    for (const body of bodies) {
      await world.accredit(body, ISSUER, { depth: 2 })
      for (const upper of bodies) {
        const top = upper.replace('did:web:', 'did:web:upper-')
        await world.accredit(top, body, { depth: 2 })
      }
    }
  }

  it('is given up after a few look-ups', async () => {
    const world = await createTrustWorld()
    await plant(world)
    const before = world.requests().length
    expect(await answerOf(world.registry(ACCREDITORS))).toBe(`${NOBODY}too-many`)
    const asked = world.requests().slice(before)
    expect(asked.filter((url) => url.includes('/accreditations/'))).toHaveLength(MAX_LOOKUPS)
    expect(asked.length).toBeLessThanOrEqual(3 * MAX_LOOKUPS)
  })

  it('uses up its own budget and no more', async () => {
    const world = await createTrustWorld()
    await plant(world)
    const registry = world.registry({
      ...ACCREDITORS,
      fetch: spending(world),
      resolver: spendingResolver(world),
    })
    const budget = createFetchBudget({ requests: 5, bytes: 65_536, timeoutMs: 60_000 })
    const error: unknown = await registry
      .judge({ issuer: ISSUER, type: POSTURE, budget })
      .catch((e: unknown) => e)
    expect(error).toMatchObject({
      code: 'COMITY_ACCREDITATION_UNAVAILABLE',
      details: { because: 'COMITY_NET_BUDGET' },
    })
    expect(budget.requests).toBe(0)
  })

  function spending({ web }: TrustWorld): TrustWorld['web']['fetch'] {
    const fetch = async (...[url, request]: Parameters<typeof web.fetch>) => {
      request?.budget?.takeRequest()
      return web.fetch(url, request)
    }
    return Object.assign(fetch, { stream: web.fetch.stream, close: () => undefined })
  }
  const spendingResolver = (world: TrustWorld) =>
    createDidResolver({ fetch: spending(world), clock: world.clock })
})

describe('evidence of the stranger kind', () => {
  it('does not make a registry throw anything but TrustErrors', async () => {
    const { web, resolver } = await createWorld()
    const world = await createTrustWorld()
    const registry = world.registry({
      ...LISTS,
      ...ACCREDITORS,
      fetch: web.fetch,
      resolver,
      status: createStatusChecker({ fetch: web.fetch, resolver }),
    })
    for (const issuer of [
      '',
      'x',
      'did:',
      'did:web:',
      'did:nope:1',
      '\u0000',
      'did:web:a%00b',
      'x'.repeat(9999),
    ]) {
      expect(await answerOf(registry, { issuer })).toMatch(
        /^COMITY_(TRUST_LIST|ACCREDITATION)_UNAVAILABLE|^no/,
      )
    }
  })
})
