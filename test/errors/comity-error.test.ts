import { describe, expect, it } from 'vitest'
import {
  ComityError,
  NetworkError,
  PeerError,
  PolicyError,
  TrustError,
  VerificationError,
} from '../../src/errors/index.ts'
import { codeClasses } from './code-classes.ts'

const samples = [
  { name: 'VerificationError', error: new VerificationError('COMITY_JSON_MALFORMED', 'not JSON') },
  { name: 'TrustError', error: new TrustError('COMITY_DID_NOT_FOUND', 'no such DID') },
  { name: 'PolicyError', error: new PolicyError('COMITY_DEMAND_UNMET', 'the demand is not met') },
  { name: 'NetworkError', error: new NetworkError('COMITY_NET_TIMEOUT', 'no answer in time') },
  { name: 'PeerError', error: new PeerError('COMITY_PEER_REFUSED', 'the peer refused') },
]

describe('the error classes', () => {
  it.each(samples)('$name is a ComityError with a name that minifiers keep', ({ name, error }) => {
    expect(error).toBeInstanceOf(ComityError)
    expect(error).toBeInstanceOf(Error)
    expect(error.name).toBe(name)
    expect(Object.hasOwn(error, 'name')).toBe(true)
    expect(String(error)).toBe(`${name}: ${error.message}`)
  })

  it('keep the cause, and leave it and the stack out of JSON', () => {
    const cause = new Error('inside')
    const error = new VerificationError('COMITY_JSON_MALFORMED', 'not JSON', { cause })
    expect(error.cause).toBe(cause)
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'VerificationError',
      code: 'COMITY_JSON_MALFORMED',
      message: 'not JSON',
      details: {},
    })
  })

  it('have a cause only where one was given', () => {
    expect('cause' in new TrustError('COMITY_DID_NOT_FOUND', 'no such DID')).toBe(false)
    expect('cause' in new TrustError('COMITY_DID_NOT_FOUND', 'no such DID', { cause: undefined })).toBe(true)
  })

  it('carry the section of the specification', () => {
    const error = new PolicyError('COMITY_DEMAND_UNMET', 'the demand is not met', { spec: 'RFC 9449 §4.3' })
    expect(error.toJSON()).toMatchObject({ spec: 'RFC 9449 §4.3' })
  })

  it('copy and freeze the details', () => {
    const details = { limit: 5 }
    const error = new NetworkError('COMITY_NET_TOO_LARGE', 'too large', { details })
    details.limit = 6
    expect(error.details).toEqual({ limit: 5 })
    expect(Object.isFrozen(error.details)).toBe(true)
  })
})

describe('the codes', () => {
  const codes = codeClasses().map(({ code }) => code)

  it('belong to one class each', () => {
    expect(codes.length).toBeGreaterThan(50)
    expect(new Set(codes).size).toBe(codes.length)
  })

  it.each(codes)('%s keeps to the pattern', (code) => {
    expect(code).toMatch(/^COMITY(_[A-Z0-9]+){2,5}$/)
  })
})
