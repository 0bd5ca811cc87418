import { describe, expect, it } from 'vitest'
import { assertLease } from '../../src/session/index.ts'
import { ACME, NOW } from './support.ts'

const OTHER = 'did:web:other.example'
const heard =
  (times: Record<string, number>) =>
  (organization: string): number | undefined =>
    times[organization]

describe('a lease', () => {
  const session = { organizations: [ACME, OTHER], leasedBy: [ACME] }

  it.each([
    ['now', NOW, true],
    ['just within it', NOW - 30, true],
    ['longer ago', NOW - 30.5, false],
    ['in a time to come: the clock was set back', NOW + 6, false],
  ])('of an organization that was heard %s', (_name, time, holds) => {
    const judge = (): void => {
      assertLease(session, { lastHeard: heard({ [ACME]: time }), now: NOW })
    }
    if (holds) expect(judge).not.toThrow()
    else expect(judge).toThrow(expect.objectContaining({ code: 'COMITY_SESSION_SUSPENDED' }))
  })

  it('does not hold where somebody was never heard, and asks for nobody else', () => {
    const lastHeard = heard({ [OTHER]: NOW })
    expect(() => {
      assertLease(session, { lastHeard, now: NOW })
    }).toThrow(expect.objectContaining({ code: 'COMITY_SESSION_SUSPENDED', details: expect.anything() }))
    expect(() => {
      assertLease({ ...session, leasedBy: [] }, { lastHeard, now: NOW })
    }).not.toThrow()
  })

  it('is by all organizations where the session does not say by whom', () => {
    expect(() => {
      assertLease({ organizations: [ACME, OTHER] }, { lastHeard: heard({ [ACME]: NOW }), now: NOW })
    }).toThrow(expect.objectContaining({ details: { organization: OTHER, leaseSeconds: 30 } }))
  })

  it.each([4, 301, Number.NaN])('is not %s seconds', (leaseSeconds) => {
    expect(() => {
      assertLease(session, { lastHeard: () => NOW, leaseSeconds, now: NOW })
    }).toThrow(TypeError)
  })
})
