import { describe, expect, it, vi } from 'vitest'
import { PolicyError } from '../../src/errors/index.ts'
import { createEventPublisher, type EventPublisher } from '../../src/revocation/index.ts'
import { systemClock } from '../../src/runtime/index.ts'
import { AGENT, createPair, type Pair } from './support.ts'

async function publish(publisher: EventPublisher, ...reasons: string[]): Promise<void> {
  for (const reason of reasons) await publisher.publish({ subject: AGENT, kind: 'session-revoked', reason })
}

const reasons = ({ events }: Pair): string[] => events.map(({ reason }) => reason)

describe('an event stream over HTTPS', () => {
  it('brings an event to the listener at once, and the acknowledgement back', async () => {
    const pair = await createPair({ stream: { heartbeatMs: 60_000 } })
    await pair.listener().listen(pair.acme.did)
    await publish(pair.publisher, 'compromised')
    await vi.waitFor(() => {
      expect(pair.events).toHaveLength(1)
    })
    expect(pair.events[0]).toMatchObject({ issuer: pair.acme.did, subject: AGENT, reason: 'compromised' })
    await vi.waitFor(async () => {
      expect(await pair.publisher.acknowledged(pair.globex.did)).toMatch(/\.1$/)
    })
    expect(pair.errors).toEqual([])
  })

  it('has dealt with all that was published before, once listening', async () => {
    const pair = await createPair()
    await publish(pair.publisher, 'a', 'b', 'c')
    await pair.listener().listen(pair.acme.did)
    expect(reasons(pair)).toEqual(['a', 'b', 'c'])
  })

  it('is listened to once, however often it is asked for', async () => {
    const pair = await createPair()
    const listener = pair.listener()
    await Promise.all([listener.listen(pair.acme.did), listener.listen(pair.acme.did)])
    await listener.listen(pair.acme.did)
    await publish(pair.publisher, 'a')
    await vi.waitFor(() => {
      expect(reasons(pair)).toEqual(['a'])
    })
  })

  it('goes on where it was, in order and without repetition, when it breaks', async () => {
    const pair = await createPair()
    await pair.listener().listen(pair.acme.did)
    const expected: string[] = []
    for (let round = 0; round < 5; round++) {
      for (let index = 0; index < 10; index++) {
        expected.push(`r${String(expected.length)}`)
        await publish(pair.publisher, expected.at(-1) ?? '')
        // Cuts all streams while events are under way.
        if (index === 5) pair.publisher.close()
      }
    }
    await vi.waitFor(
      () => {
        expect(reasons(pair)).toEqual(expected)
      },
      { timeout: 10_000 },
    )
  })

  it('goes on after a restart of the listener', async () => {
    const pair = await createPair()
    const first = pair.listener()
    await first.listen(pair.acme.did)
    await publish(pair.publisher, 'a')
    await vi.waitFor(() => {
      expect(reasons(pair)).toEqual(['a'])
    })
    await first.close()
    await publish(pair.publisher, 'b')
    await pair.listener().listen(pair.acme.did)
    expect(reasons(pair)).toEqual(['a', 'b'])
  })

  it('is pushed by every instance of the publisher', async () => {
    const pair = await createPair({ stream: { heartbeatMs: 60_000 } })
    await pair.listener().listen(pair.acme.did)
    const { published: store, acme } = pair
    await publish(createEventPublisher({ store, signer: acme.signer, issuer: acme.did }), 'elsewhere')
    await vi.waitFor(() => {
      expect(reasons(pair)).toEqual(['elsewhere'])
    })
  })

  it('brings an event again, before any other, until it could be applied', async () => {
    const pair = await createPair()
    const tried: string[] = []
    const listener = pair.listener({
      onEvent: (event) => {
        tried.push(event.reason)
        if (tried.length < 3) throw new Error('the store is down')
        pair.events.push(event)
      },
    })
    await listener.listen(pair.acme.did)
    await publish(pair.publisher, 'a', 'b')
    await vi.waitFor(() => {
      expect(reasons(pair)).toEqual(['a', 'b'])
    })
    expect(tried).toEqual(['a', 'a', 'a', 'b'])
    expect(pair.errors).toHaveLength(2)
  })

  it('takes a refusal for an answer', async () => {
    const pair = await createPair()
    const listener = pair.listener({
      onEvent: (event) => {
        if (event.reason === 'a') throw new PolicyError('COMITY_EVENT_NOT_ENTITLED', 'not yours')
        pair.events.push(event)
      },
    })
    await listener.listen(pair.acme.did)
    await publish(pair.publisher, 'a', 'b')
    await vi.waitFor(() => {
      expect(reasons(pair)).toEqual(['b'])
    })
    expect(pair.errors).toMatchObject([{ code: 'COMITY_EVENT_NOT_ENTITLED' }])
    await vi.waitFor(async () => {
      expect(await pair.publisher.acknowledged(pair.globex.did)).toMatch(/\.2$/)
    })
  })

  it('keeps the time up to which everything is known', async () => {
    const pair = await createPair()
    const listener = pair.listener()
    expect(listener.lastHeard(pair.acme.did)).toBeUndefined()
    await listener.listen(pair.acme.did)
    const first = listener.lastHeard(pair.acme.did) ?? 0
    expect(first).toBeGreaterThan(systemClock.now() - 2)
    await vi.waitFor(() => {
      expect(listener.lastHeard(pair.acme.did)).toBeGreaterThan(first)
    })
    await listener.stop(pair.acme.did)
    expect(listener.lastHeard(pair.acme.did)).toBeUndefined()
  })

  it('lets that time stand still while an event cannot be applied', async () => {
    const pair = await createPair()
    const listener = pair.listener({
      onEvent: () => {
        throw new Error('the store is down')
      },
    })
    await listener.listen(pair.acme.did)
    await publish(pair.publisher, 'a')
    await vi.waitFor(() => {
      expect(pair.errors.length).toBeGreaterThan(2)
    })
    const heard = listener.lastHeard(pair.acme.did)
    const tries = pair.errors.length
    await vi.waitFor(() => {
      expect(pair.errors.length).toBeGreaterThan(tries + 1)
    })
    expect(listener.lastHeard(pair.acme.did)).toBe(heard)
  })
})
