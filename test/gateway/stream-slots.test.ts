import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createStreamSlots, peerOf, type StreamSlots } from '../../src/gateway/stream-slots.ts'
import type { Timers } from '../../src/runtime/index.ts'

const [A, B, C] = ['did:web:a.example', 'did:web:b.example', 'did:web:c.example'] as const
const LINGER = 60

/** Slots, with a time that stands still until it is told to pass. */
function setUp(limits: { maxStreams?: number; maxStreamsPerPeer?: number } = {}): {
  slots: StreamSlots
  givenBack: string[]
  pass: (seconds: number) => void
  waiting: () => number
} {
  let now = 1000
  const due = new Set<{ at: number; run: () => void }>()
  const timers: Timers = {
    after: (ms, run) => {
      const timer = { at: now + ms / 1000, run }
      due.add(timer)
      return () => due.delete(timer)
    },
    every: () => () => undefined,
  }
  const pass = (seconds: number): void => {
    const end = now + seconds
    for (;;) {
      const [next] = [...due].filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)
      if (next === undefined) break
      now = next.at
      due.delete(next)
      next.run()
    }
    now = end
  }
  const givenBack: string[] = []
  const slots = createStreamSlots({
    maxStreams: 10,
    maxStreamsPerPeer: 5,
    ...limits,
    clock: { now: () => now },
    timers,
    onGivenBack: (organization) => givenBack.push(organization),
  })
  return { slots, givenBack, pass, waiting: () => due.size }
}

const session = (id: string, expiresAt: number, ...organizations: string[]) => ({
  id,
  expiresAt,
  organizations,
  leasedBy: organizations,
})

const limitOf = (work: () => void): unknown => {
  try {
    work()
    return undefined
  } catch (error) {
    return (error as { code: string; details: unknown }).details
  }
}

describe('the slots of event streams', () => {
  it('are given back a minute after the last session has ended', () => {
    const { slots, givenBack, pass } = setUp()
    slots.take(A, undefined)
    slots.hold(session('1', 5000, A))
    slots.hold(session('2', 5000, A))
    pass(2 * LINGER)
    slots.release('1')
    pass(2 * LINGER)
    expect(givenBack).toEqual([])
    slots.release('2')
    pass(LINGER - 1)
    expect(givenBack).toEqual([])
    pass(2)
    expect(givenBack).toEqual([A])
  })

  it('are given back after the last session has expired, of which nobody tells', () => {
    const { slots, givenBack, pass } = setUp()
    for (const each of [A, B]) slots.take(each, undefined)
    slots.hold(session('1', 1100, A))
    slots.hold(session('2', 1200, A, B))
    pass(199)
    expect(givenBack).toEqual([])
    pass(LINGER + 5)
    expect(givenBack.sort()).toEqual([A, B])
  })

  it('are given back after a minute when no session came of it, and kept for one that comes in time', () => {
    const { slots, givenBack, pass } = setUp()
    for (const each of [A, B]) slots.take(each, undefined)
    pass(LINGER - 1)
    slots.hold(session('1', 9000, A))
    pass(LINGER)
    expect(givenBack).toEqual([B])
  })

  it('are given back at once when there is no stream, but not those that sessions hold', () => {
    const { slots, givenBack } = setUp()
    for (const each of [A, B]) slots.take(each, undefined)
    slots.hold(session('1', 9000, A))
    for (const each of [A, B, C]) slots.giveBack(each)
    expect(givenBack).toEqual([B])
  })

  it('are not to be had by one peer beyond its own number, whatever it gives its agents as controllers', () => {
    const { slots, pass } = setUp({ maxStreamsPerPeer: 2 })
    const [one, other] = [peerOf([A, B, A]), peerOf([B])]
    for (const name of ['x', 'y']) slots.take(`did:web:${name}.example`, one)
    expect(limitOf(() => slots.take(C, one))).toEqual({ maxStreamsPerPeer: 2 })
    // Not another time for what it has, nor for others, nor for those who vouch.
    slots.take('did:web:x.example', one)
    slots.take(C, other)
    slots.take(A, undefined)
    pass(2 * LINGER)
    slots.take(C, one)
  })

  it('are taken from those who do not need them any more when there are no others', () => {
    const { slots, givenBack } = setUp({ maxStreams: 2, maxStreamsPerPeer: 2 })
    for (const each of [A, B]) slots.take(each, undefined)
    slots.hold(session('1', 9000, A))
    slots.take(C, undefined)
    expect(givenBack).toEqual([B])
    slots.hold(session('2', 9000, C))
    expect(limitOf(() => slots.take(B, undefined))).toEqual({ maxStreams: 2 })
    slots.take(A, undefined)
  })

  it('leave no timer behind', () => {
    const { slots, waiting } = setUp()
    for (const each of [A, B]) slots.take(each, undefined)
    slots.hold(session('1', 9000, A))
    slots.close()
    expect(waiting()).toBe(0)
  })

  it('are all free again once everything is over, and never held back from a session that lives', () => {
    const organizations = [A, B, C]
    const step = fc.record({
      act: fc.constantFrom('take', 'hold', 'release', 'giveBack', 'pass'),
      organization: fc.constantFrom(...organizations),
      id: fc.constantFrom('1', '2', '3', '4'),
      peer: fc.constantFrom(undefined, 'p', 'q'),
      seconds: fc.nat(200),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { slots, givenBack, pass } = setUp({ maxStreams: 2, maxStreamsPerPeer: 1 })
        let now = 1000
        const taken = new Set<string>()
        const live = new Map<string, { ends: number; organizations: Set<string> }>()
        for (const { act, organization, id, peer, seconds } of steps) {
          if (act === 'take' && limitOf(() => slots.take(organization, peer)) === undefined)
            taken.add(organization)
          if (act === 'hold' && !live.has(id)) {
            slots.hold(session(id, now + seconds, organization))
            if (taken.has(organization))
              live.set(id, { ends: now + seconds, organizations: new Set([organization]) })
          }
          if (act === 'release') {
            slots.release(id)
            live.delete(id)
          }
          if (act === 'giveBack') slots.giveBack(organization)
          if (act === 'pass') {
            pass(seconds)
            now += seconds
          }
          for (const [each, { ends }] of live) if (ends <= now) live.delete(each)
          for (const each of givenBack.splice(0)) {
            expect([...live.values()].filter((one) => one.organizations.has(each))).toEqual([])
            taken.delete(each)
          }
          expect(taken.size).toBeLessThanOrEqual(2)
        }
        pass(1000)
        expect(new Set(givenBack)).toEqual(taken)
        for (const each of [A, B]) slots.take(each, undefined)
      }),
    )
  })
})
