import { describe, expect, it } from 'vitest'
import { ComityError } from '../../src/errors/index.ts'
import {
  assertVerifiedComplianceProof,
  encodeComplianceProof,
  verifyComplianceProof,
  verifyComplianceProofs,
} from '../../src/zk/index.ts'
import { twistPoint } from './support/points.ts'
import { caseOf, cases } from './support/proofs.ts'

const plain = caseOf('plain')

describe('verifyComplianceProofs', () => {
  const items = cases.map(({ text, options: { verificationKey: _, ...rest } }) => ({ proof: text, ...rest }))
  const { verificationKey } = plain.options
  const codes = (list: typeof items) =>
    verifyComplianceProofs(list, verificationKey).map((each) =>
      each instanceof ComityError ? each.code : each.query,
    )

  it('says of each what verifyComplianceProof says', () => {
    const all = verifyComplianceProofs(items, verificationKey)
    expect(all).toEqual(cases.map(({ text, options }) => verifyComplianceProof(text, options)))
    for (const each of all) assertVerifiedComplianceProof(each)
    expect(verifyComplianceProofs([], verificationKey)).toEqual([])
    expect(codes(items.slice(0, 1))).toEqual(['posture'])
  })

  it('does not let one spoil the others', () => {
    const [first, second, third, fourth] = items as [
      (typeof items)[0],
      (typeof items)[0],
      (typeof items)[0],
      (typeof items)[0],
    ]
    const elsewhere = twistPoint(4n)
    const offSubgroup = encodeComplianceProof({ ...plain.claim.proof, b: elsewhere })
    const list = [
      first,
      { ...second, key: first.key },
      third,
      { ...first, proof: offSubgroup },
      { ...first, proof: 'AQ' },
      fourth,
      { ...first, audience: 'did:web:else.example' },
    ]
    expect(codes(list)).toEqual([
      'posture',
      'COMITY_ZK_PROOF_INVALID',
      'posture',
      'COMITY_ZK_POINT_INVALID',
      'COMITY_ZK_PROOF_MALFORMED',
      'posture',
      'COMITY_ZK_PROOF_INVALID',
    ])
  })
})
