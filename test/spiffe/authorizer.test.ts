import { describe, expect, it } from 'vitest'
import {
  authorizeAny,
  authorizeId,
  authorizeIf,
  authorizeMemberOf,
  authorizeOneOf,
  createSpiffeId,
  parseTrustDomain,
} from '../../src/spiffe/index.ts'

const acme = parseTrustDomain('acme.example')
const ledger = createSpiffeId(acme, 'ledger')
const others = [
  createSpiffeId(acme, 'Ledger'),
  createSpiffeId(acme, 'ledger', 'x'),
  createSpiffeId(parseTrustDomain('acme.example.evil'), 'ledger'),
  createSpiffeId(parseTrustDomain('evil-acme.example'), 'ledger'),
]

describe('authorizers', () => {
  it.each([
    ['one ID', authorizeId(ledger), [true, false, false, false, false]],
    ['some IDs', authorizeOneOf([ledger, others[1]!]), [true, false, true, false, false]],
    ['none', authorizeOneOf([]), [false, false, false, false, false]],
    ['a trust domain', authorizeMemberOf(acme), [true, true, true, false, false]],
    ['a function', authorizeIf(({ path }) => path === '/ledger'), [true, false, false, true, true]],
    ['any', authorizeAny(), [true, true, true, true, true]],
  ])('%s', (_, authorize, expected) => {
    const passed = [ledger, ...others].map((id) => {
      try {
        authorize(id)
        return true
      } catch (error) {
        expect(error).toHaveProperty('code', 'COMITY_SPIFFE_ID_NOT_AUTHORIZED')
        return false
      }
    })
    expect(passed).toEqual(expected)
  })
})
