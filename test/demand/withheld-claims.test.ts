import { describe, expect, it } from 'vitest'
import { evaluateDemand, parseDemand } from '../../src/demand/index.ts'

const predicates = [{ path: ['findings', null], op: 'none', value: 'critical' }]

/** Whether a demand that there be no critical finding is met. */
function isMet(format: 'vc+jwt' | 'dc+sd-jwt', claims: Record<string, unknown>): boolean {
  const meta = format === 'vc+jwt' ? { type_values: [['Audit']] } : { vct_values: ['Audit'] }
  const demand = parseDemand({ credentials: [{ id: 'audit', format, meta, predicates }] })
  const fact = { format, types: ['Audit'], issuer: 'did:web:auditor.example', claims }
  return evaluateDemand(demand, { did: 'did:web:a.example', credentials: [fact] }, { now: 0 }).met
}

describe('a predicate `none`', () => {
  it('is not met by an SD-JWT VC that keeps the claim back', () => {
    expect(isMet('dc+sd-jwt', { findings: ['minor'] })).toBe(true)
    expect(isMet('dc+sd-jwt', { findings: ['critical'] })).toBe(false)
    expect(isMet('dc+sd-jwt', {})).toBe(false)
  })

  it('is met by a credential that is shown as a whole and does not have it', () => {
    expect(isMet('vc+jwt', {})).toBe(true)
  })
})
