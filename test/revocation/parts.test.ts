import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { createAcknowledger } from '../../src/revocation/acknowledger.ts'
import { createBackoff } from '../../src/revocation/backoff.ts'
import { createBell } from '../../src/revocation/bell.ts'
import { createPace } from '../../src/revocation/pace.ts'
import { systemTimers } from '../../src/runtime/index.ts'

describe('createBell', () => {
  it('wakes the one who waits, and the one who comes too late once', async () => {
    const bell = createBell(systemTimers)
    const waiting = bell.wait(60_000)
    bell.ring()
    expect(await waiting).toBe('rung')
    bell.ring()
    bell.ring()
    expect(await bell.wait(60_000)).toBe('rung')
    expect(await bell.wait(1)).toBe('idle')
  })

  it('is closed for good', async () => {
    const bell = createBell(systemTimers)
    const waiting = bell.wait(60_000)
    bell.close()
    bell.ring()
    expect(await waiting).toBe('closed')
    expect(await bell.wait(60_000)).toBe('closed')
  })
})

describe('createBackoff', () => {
  it('doubles up to its maximum, between half and all of it', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(fc.array(random, { minLength: 8, maxLength: 8 }), (numbers) => {
        const backoff = createBackoff({ minDelayMs: 10, maxDelayMs: 100, random: () => numbers.shift() ?? 0 })
        for (const ceiling of [10, 20, 40, 80, 100, 100, 100]) {
          const delay = backoff.next()
          expect(delay).toBeGreaterThanOrEqual(ceiling / 2)
          expect(delay).toBeLessThanOrEqual(ceiling)
        }
        backoff.reset()
        expect(backoff.next()).toBeLessThanOrEqual(10)
      }),
    )
  })
})

describe('createPace', () => {
  it('lets a burst through and holds up what follows', () => {
    const clock = { time: 0, now: () => clock.time }
    const pace = createPace(clock, 3, 2)
    expect([pace(), pace(), pace()]).toEqual([0, 0, 0])
    expect(pace()).toBe(500)
    clock.time = 0.5
    expect(pace()).toBe(500)
    clock.time = 100
    expect([pace(), pace(), pace(), pace()]).toEqual([0, 0, 0, 500])
    // A clock that is set back gives nothing away.
    clock.time = 50
    expect(pace()).toBe(1000)
  })

  it('takes amounts, gives back no more than was taken, and can be asked', () => {
    const clock = { time: 0, now: () => clock.time }
    const pace = createPace(clock, 10, 2)
    expect([pace(0), pace(10), pace(0), pace(4), pace(0)]).toEqual([0, 0, 0, 2000, 2000])
    expect([pace(-4), pace(0), pace(-100), pace(10), pace(1)]).toEqual([0, 0, 0, 0, 500])
    clock.time = 0.5
    expect(pace(0)).toBe(0)
  })
})

describe('createAcknowledger', () => {
  it('sends one at a time, and of those that wait only the last', async () => {
    const sent: string[] = []
    const errors: unknown[] = []
    let release: (() => void) | undefined
    const acknowledge = createAcknowledger(
      (id) => {
        sent.push(id)
        return new Promise((resolve, reject) => {
          release = () => {
            if (id === 'c') reject(new Error('unreachable'))
            else resolve()
          }
        })
      },
      (error) => errors.push(error),
    )
    for (const id of ['a', 'b', 'c']) acknowledge(id)
    expect(sent).toEqual(['a'])
    release?.()
    await vi.waitFor(() => {
      expect(sent).toEqual(['a', 'c'])
    })
    release?.()
    await vi.waitFor(() => {
      expect(errors).toHaveLength(1)
    })
    acknowledge('d')
    expect(sent).toEqual(['a', 'c', 'd'])
  })
})
