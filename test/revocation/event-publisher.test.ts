import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generateSigner, parseJws } from '../../src/keys/index.ts'
import {
  createEventPublisher,
  type Delivery,
  type EventPublisher,
  type SubscribeOptions,
} from '../../src/revocation/index.ts'
import { createEventLog } from '../../src/revocation/event-log.ts'
import type { Clock } from '../../src/runtime/index.ts'
import { createMemoryStore, type Store } from '../../src/store/index.ts'
import { AGENT } from './support.ts'

const ACME = 'did:web:acme.example'
const GLOBEX = 'did:web:globex.example'
const NOW = 1_790_000_000
const signer = await generateSigner({ alg: 'Ed25519', kid: `${ACME}#key-1` })

interface Scene {
  readonly clock: Clock & { time: number }
  readonly store: Store
  readonly publisher: EventPublisher
}

function setUp(maxSubscribers = 1000): Scene {
  const clock = {
    time: NOW,
    now() {
      return this.time
    },
  }
  const store = createMemoryStore({ clock })
  return {
    clock,
    store,
    publisher: createEventPublisher({ store, signer, issuer: ACME, clock, maxSubscribers }),
  }
}

async function publish(publisher: EventPublisher, ...reasons: string[]): Promise<void> {
  for (const reason of reasons) await publisher.publish({ subject: AGENT, kind: 'session-revoked', reason })
}

function reasonOf(set: string): string {
  const [event] = Object.values(
    parseJws(set).claims.events as Record<string, { reason_admin: { en: string } }>,
  )
  return event?.reason_admin.en ?? ''
}

/** What a subscriber gets until everything is told. */
async function told(
  publisher: EventPublisher,
  options: Partial<SubscribeOptions> = {},
): Promise<{ ids: string[]; reasons: string[]; jtis: unknown[] }> {
  const ids: string[] = []
  const reasons: string[] = []
  const jtis: unknown[] = []
  for await (const delivery of publisher.subscribe({ audience: GLOBEX, ...options })) {
    if (delivery.type === 'idle') break
    if (delivery.type !== 'event') continue
    ids.push(delivery.id)
    reasons.push(reasonOf(delivery.set))
    jtis.push(parseJws(delivery.set).claims.jti)
  }
  return { ids, reasons, jtis }
}

describe('subscribe', () => {
  it('tells what was published before and after, in order', async () => {
    const { publisher } = setUp()
    await publish(publisher, 'a', 'b')
    const heard: string[] = []
    for await (const delivery of publisher.subscribe({ audience: GLOBEX })) {
      heard.push(delivery.type === 'event' ? reasonOf(delivery.set) : delivery.type)
      if (heard.length === 4) await publish(publisher, 'c', 'd')
      if (heard.at(-1) === 'd') break
    }
    expect(heard).toEqual(['open', 'a', 'b', 'idle', 'c', 'd'])
  })

  it('goes on after the event that the subscriber names', async () => {
    const { publisher } = setUp()
    await publish(publisher, 'a', 'b', 'c')
    const { ids } = await told(publisher)
    expect((await told(publisher, { after: ids[0] ?? '' })).reasons).toEqual(['b', 'c'])
    expect((await told(publisher, { after: ids[2] ?? '' })).reasons).toEqual([])
  })

  it('goes on after what was confirmed where none is named', async () => {
    const { publisher } = setUp()
    await publish(publisher, 'a', 'b', 'c')
    const { ids } = await told(publisher)
    await publisher.acknowledge(GLOBEX, ids[1] ?? '')
    expect((await told(publisher)).reasons).toEqual(['c'])
    expect((await told(publisher, { audience: 'did:web:other.example' })).reasons).toEqual(['a', 'b', 'c'])
  })

  it('tells a new subscriber the last five minutes', async () => {
    const { clock, publisher } = setUp()
    for (let index = 0; index < 50; index++) {
      clock.time = NOW + index * 20
      await publish(publisher, `r${String(index)}`)
    }
    expect((await told(publisher)).reasons).toEqual(
      Array.from({ length: 16 }, (_, index) => `r${String(index + 34)}`),
    )
  })

  it('leaves nothing out for one that listened before, however long it was away, and has confirmed nothing', async () => {
    const { clock, publisher } = setUp()
    expect((await told(publisher)).reasons).toEqual([])
    await publish(publisher, 'a')
    clock.time = NOW + 1000
    await publish(publisher, 'b')
    expect((await told(publisher)).reasons).toEqual(['a', 'b'])
    expect((await told(publisher, { audience: 'did:web:other.example' })).reasons).toEqual(['b'])
  })

  it('begins anew where the log was lost', async () => {
    const lost = setUp()
    await publish(lost.publisher, 'a', 'b', 'c')
    const { ids } = await told(lost.publisher)
    const { clock, publisher } = setUp()
    await publish(publisher, 'x')
    clock.time = NOW + 10_000
    expect((await told(publisher, { after: ids[2] ?? '' })).reasons).toEqual(['x'])
    expect((await told(publisher, { after: 'not a position' })).reasons).toEqual([])
  })

  it('names an event alike each time, and differently to each audience', async () => {
    const { publisher } = setUp()
    await publish(publisher, 'a')
    const [first, again] = [await told(publisher), await told(publisher)]
    expect(first.jtis).toEqual(again.jtis)
    expect((await told(publisher, { audience: 'did:web:other.example' })).jtis).not.toEqual(first.jtis)
  })

  it('tells an event only to those it is for', async () => {
    const { publisher } = setUp()
    const event = { subject: AGENT, kind: 'session-revoked', audiences: ['did:web:other.example'] } as const
    await publisher.publish({ ...event, reason: 'theirs' })
    await publish(publisher, 'everyones')
    expect((await told(publisher)).reasons).toEqual(['everyones'])
    expect((await told(publisher, { audience: 'did:web:other.example' })).reasons).toEqual([
      'theirs',
      'everyones',
    ])
  })

  it('is pushed what another instance publishes', async () => {
    const { store, clock, publisher } = setUp()
    const elsewhere = createEventPublisher({ store, signer, issuer: ACME, clock })
    const deliveries = publisher.subscribe({ audience: GLOBEX, idleMs: 60_000 })[Symbol.asyncIterator]()
    for (let index = 0; index < 2; index++) await deliveries.next()
    const next = deliveries.next()
    await publish(elsewhere, 'a')
    expect((await next).value).toHaveProperty('type', 'event')
    await deliveries.return?.()
  })

  it('reads the log again before it says that nothing was missed', async () => {
    const { store, clock } = setUp()
    // The message that wakes the subscriber is lost, as with a broker that is down.
    const deaf = { ...store, publish: () => Promise.resolve() }
    const publisher = createEventPublisher({ store: deaf, signer, issuer: ACME, clock })
    const heard: string[] = []
    for await (const { type } of publisher.subscribe({ audience: GLOBEX, idleMs: 20 })) {
      heard.push(type)
      if (heard.length === 2) await publish(publisher, 'a')
      if (heard.length === 4) break
    }
    expect(heard).toEqual(['open', 'idle', 'event', 'idle'])
  })

  it('ends when it is told to, also while it waits', async () => {
    const { publisher } = setUp()
    const ending = new AbortController()
    const types: string[] = []
    const done = (async () => {
      for await (const { type } of publisher.subscribe({ audience: GLOBEX, signal: ending.signal }))
        types.push(type)
    })()
    const other = (async () => {
      for await (const { type } of publisher.subscribe({ audience: GLOBEX })) types.push(type)
    })()
    await new Promise((resolve) => setTimeout(resolve, 20))
    ending.abort()
    await done
    publisher.close()
    await other
    expect(types.sort()).toEqual(['idle', 'idle', 'open', 'open'])
    for await (const delivery of publisher.subscribe({ audience: GLOBEX, signal: ending.signal })) {
      expect(delivery.type).not.toBe('event')
    }
  })

  it('has an end to how many there are', async () => {
    const { publisher } = setUp(20)
    const open = async (audience: string): Promise<AsyncIterator<Delivery>> => {
      const deliveries = publisher.subscribe({ audience })[Symbol.asyncIterator]()
      await deliveries.next()
      return deliveries
    }
    const first = await open(GLOBEX)
    for (let index = 1; index < 16; index++) await open(GLOBEX)
    for (let index = 0; index < 4; index++) await open(`did:web:${String(index)}.example`)
    await expect(open('did:web:late.example')).rejects.toHaveProperty('code', 'COMITY_EVENT_LIMIT')
    // The newest of the same audience displaces its oldest, which had an `idle` to come still.
    const newest = await open(GLOBEX)
    expect((await first.next()).value).toMatchObject({ type: 'idle' })
    expect(await first.next()).toEqual({ done: true, value: undefined })
    await newest.return?.()
    await expect(open('did:web:late.example')).resolves.toBeDefined()
    publisher.close()
  })

  it('refuses malformed events and audiences', async () => {
    const { publisher } = setUp()
    const good = { subject: AGENT, kind: 'session-revoked', reason: 'a' } as const
    for (const change of [
      { subject: 'invoices' },
      { subject: `${AGENT}#key-1` },
      { kind: 'other' as never },
      { kind: 'toString' as never },
      { reason: 'Bob did it' },
      { credentialDigest: 'a' },
      { occurredAt: Number.NaN },
      { audiences: ['globex'] },
      { audiences: Array.from({ length: 257 }, () => GLOBEX) },
    ]) {
      await expect(publisher.publish({ ...good, ...change })).rejects.toBeInstanceOf(TypeError)
    }
    expect(() => publisher.subscribe({ audience: 'globex' })).toThrow(TypeError)
    expect((await told(publisher)).reasons).toEqual([])
  })
})

describe('acknowledge', () => {
  it('is cumulative and never goes back', async () => {
    const { publisher } = setUp()
    await publish(publisher, 'a', 'b', 'c')
    const { ids } = await told(publisher)
    expect(await publisher.acknowledged(GLOBEX)).toBeUndefined()
    await Promise.all([2, 0, 1].map((index) => publisher.acknowledge(GLOBEX, ids[index] ?? '')))
    expect(await publisher.acknowledged(GLOBEX)).toBe(ids[2])
    expect(await publisher.acknowledged('did:web:other.example')).toBeUndefined()
  })

  it('refuses what is no event of this log', async () => {
    const { publisher } = setUp()
    await publish(publisher, 'a')
    const [id = ''] = (await told(publisher)).ids
    for (const wrong of [id.replace(/\.1$/, '.2'), `x${id}`, id.replace(/\.1$/, '.0'), '', 'a.b']) {
      await expect(publisher.acknowledge(GLOBEX, wrong)).rejects.toHaveProperty(
        'code',
        'COMITY_EVENT_INVALID',
      )
    }
  })
})

describe('the event log', () => {
  it('finds by time what a look at each entry finds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 5 }), { maxLength: 40 }),
        fc.nat({ max: 120 }),
        async (steps, time) => {
          const log = createEventLog(createMemoryStore(), ACME)
          const times: number[] = []
          for (const step of steps) times.push((times.at(-1) ?? 0) + step)
          for (const at of times) {
            await log.append({
              id: 'i',
              subject: AGENT,
              kind: 'session-revoked',
              reason: 'a',
              occurredAt: at,
              at,
            })
          }
          expect(await log.before(time)).toBe(times.filter((at) => at < time).length)
        },
      ),
      { numRuns: 50 },
    )
  })
})
