import { describe, expect, it } from 'vitest'
import type { IssuerTrust } from '../../src/credentials/index.ts'
import { TrustError, type TrustCode } from '../../src/errors/index.ts'
import { verifyEvidence } from '../../src/handshake/evidence.ts'
import { createFetchBudget } from '../../src/net/index.ts'
import { createWorld, HOLDER, issuePosture, NOW } from '../credentials/world.ts'
import { codeOfPromise } from '../support/codes.ts'

const { issuer, options } = await createWorld()
const value = await issuePosture(issuer)
const refusing: IssuerTrust = { judge: async () => ({ accepted: false, reason: 'nobody' }) }
const failing = (code: TrustCode): IssuerTrust => ({
  judge: async () => {
    throw new TrustError(code, 'the test says so')
  },
})

async function verify(trust: IssuerTrust, query?: string): Promise<number> {
  const item = { query, format: 'vc+jwt', value } as const
  const budget = createFetchBudget({ requests: 8, bytes: 65_536, timeoutMs: 60_000 })
  const context = { ...options, trust, holder: HOLDER, audience: 'did:web:globex.example', now: NOW, budget }
  return (await verifyEvidence([item], context)).length
}

describe('evidence whose issuer is not believed here', () => {
  it.each([
    ['COMITY_ISSUER_NOT_TRUSTED', refusing],
    ['COMITY_TRUST_LIST_UNAVAILABLE', failing('COMITY_TRUST_LIST_UNAVAILABLE')],
    ['COMITY_ACCREDITATION_UNAVAILABLE', failing('COMITY_ACCREDITATION_UNAVAILABLE')],
  ])('is left out when it was not asked for, and decides when it was: %s', async (code, trust) => {
    expect(await verify(trust)).toBe(0)
    expect(await codeOfPromise(() => verify(trust, 'posture'))).toBe(code)
  })

  it('is not left out for another reason', async () => {
    const trust = failing('COMITY_DID_UNRESOLVABLE')
    expect(await codeOfPromise(() => verify(trust))).toBe('COMITY_DID_UNRESOLVABLE')
  })
})
