import { describe, expect, it } from 'vitest'
import {
  assertAllowed,
  createGrantAuthorizer,
  grantFrom,
  type AuthorizationDetail,
  type AuthorizationRequest,
} from '../../src/authorization/index.ts'

const read: AuthorizationDetail = { type: 'invoices', actions: ['read'] }
const readAndMatch: AuthorizationDetail = { type: 'invoices', actions: ['read', 'match'] }
const payments: AuthorizationDetail = { type: 'payments', actions: ['read'] }

describe('grantFrom', () => {
  it('grants what is both attested and offered, and nothing else', () => {
    const answer = grantFrom({
      request: [read, payments, { type: 'invoices', actions: ['match'] }],
      attested: [readAndMatch, payments],
      offered: [read],
    })
    expect(answer).toEqual({ granted: [read], refused: [payments, { type: 'invoices', actions: ['match'] }] })
    expect([answer, answer.granted, answer.refused].every(Object.isFrozen)).toBe(true)
  })

  it('grants nothing where nothing is attested, or offered', () => {
    expect(grantFrom({ request: [read], attested: [], offered: [read] }).granted).toEqual([])
    expect(grantFrom({ request: [read], attested: [read], offered: [] }).granted).toEqual([])
    expect(grantFrom({ request: [], attested: [read], offered: [read] })).toEqual({
      granted: [],
      refused: [],
    })
  })
})

describe('createGrantAuthorizer', () => {
  const request = (more: Partial<AuthorizationRequest> = {}): AuthorizationRequest => ({
    subject: { did: 'did:web:agent.example', organizations: ['did:web:acme.example'] },
    resource: { type: 'invoices', action: 'read' },
    granted: [readAndMatch],
    context: { method: 'GET', path: '/invoices/1', now: 1000 },
    ...more,
  })
  const decide = (more?: Partial<AuthorizationRequest>) => createGrantAuthorizer().decide(request(more))
  const at = { type: 'invoices', actions: ['read'], locations: ['https://globex.example'] }

  it.each<[string, Partial<AuthorizationRequest>]>([
    ['what is granted', {}],
    [
      'the granted location',
      { granted: [at], resource: { type: 'invoices', action: 'read', location: 'https://globex.example' } },
    ],
    ['a posture of just the age', { postureAssessedAt: 900, maxPostureAge: 100 }],
    ['a posture assessed by a clock ahead', { postureAssessedAt: 1060, maxPostureAge: 100 }],
    ['any posture where none is asked for', { postureAssessedAt: 0 }],
  ])('allows %s', async (_, more) => {
    expect(await decide(more)).toEqual({ allow: true, reasons: ['granted'] })
  })

  it.each<[string, Partial<AuthorizationRequest>, RegExp]>([
    ['without grants', { granted: [] }, /type/],
    ['another type', { granted: [payments] }, /type/],
    ['another action', { granted: [read], resource: { type: 'invoices', action: 'match' } }, /action/],
    ['a grant without actions', { granted: [{ type: 'invoices' }] }, /action/],
    [
      'another location',
      { granted: [at], resource: { type: 'invoices', action: 'read', location: 'https://globex.example/x' } },
      /location/,
    ],
    ['no location where the grant has one', { granted: [at] }, /location/],
    [
      'a location where the grant has none',
      { resource: { type: 'invoices', action: 'read', location: 'https://globex.example' } },
      /location/,
    ],
    [
      'a grant with a condition that cannot be judged',
      { granted: [{ ...read, limits: { calls: 1 } }] },
      /condition/,
    ],
  ])('refuses %s', async (_, more, reason) => {
    const decision = await decide({ ...more, postureAssessedAt: 0, maxPostureAge: 1 })
    expect(decision).toMatchObject({ allow: false, code: 'COMITY_REQUEST_NOT_GRANTED' })
    expect(decision.reasons.join()).toMatch(reason)
    expect(Object.isFrozen(decision)).toBe(true)
  })

  it.each<[string, Partial<AuthorizationRequest>]>([
    ['too old', { postureAssessedAt: 899.9, maxPostureAge: 100 }],
    ['not shown', { maxPostureAge: 100 }],
    ['from the future', { postureAssessedAt: 1061, maxPostureAge: 100 }],
    ['not a number', { postureAssessedAt: NaN, maxPostureAge: 100 }],
  ])('refuses a posture that is %s', async (_, more) => {
    expect(await decide(more)).toMatchObject({ allow: false, code: 'COMITY_POSTURE_STALE' })
  })

  it('does not decide at no time', async () => {
    await expect(decide({ context: { method: 'GET', path: '/', now: NaN } })).rejects.toBeInstanceOf(
      TypeError,
    )
    await expect(decide({ maxPostureAge: NaN, postureAssessedAt: 1000 })).rejects.toBeInstanceOf(TypeError)
  })
})

describe('assertAllowed', () => {
  it('throws for a refusal with its code, or the plain one', () => {
    expect(() => assertAllowed({ allow: true, reasons: [] })).not.toThrow()
    expect(() => assertAllowed({ allow: false, code: 'COMITY_POSTURE_STALE', reasons: ['a', 'b'] })).toThrow(
      expect.objectContaining({ code: 'COMITY_POSTURE_STALE', details: { reasons: 'a; b' } }),
    )
    expect(() => assertAllowed({ allow: false, reasons: [] })).toThrow(
      expect.objectContaining({ code: 'COMITY_REQUEST_NOT_GRANTED' }),
    )
  })
})
