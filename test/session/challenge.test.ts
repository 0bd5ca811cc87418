import { describe, expect, it } from 'vitest'
import { NetworkError, PolicyError, VerificationError } from '../../src/errors/index.ts'
import { authenticateHeader, verifyRequest } from '../../src/session/index.ts'
import { failureOf, setScene } from './support.ts'

const ALGS = 'algs="Ed25519 EdDSA ES256 ES384"'

function algorithmsOf(header: string): string[] {
  return /algs="([^"]*)"/.exec(header)?.[1]?.split(' ').sort() ?? []
}

describe('authenticateHeader', () => {
  it('only says what to send where nothing was sent', async () => {
    const scene = await setScene()
    const request = { ...(await scene.request(await scene.token())), authorization: null }
    const header = authenticateHeader(await failureOf(() => verifyRequest(request, scene.options)))
    expect(header).toMatch(/^DPoP algs="/)
    expect(algorithmsOf(header)).toEqual(algorithmsOf(ALGS))
  })

  it.each([
    [new VerificationError('COMITY_SESSION_TOKEN_INVALID', ''), 'invalid_token'],
    [new VerificationError('COMITY_TOKEN_EXPIRED', ''), 'invalid_token'],
    [new VerificationError('COMITY_DPOP_KEY_MISMATCH', ''), 'invalid_token'],
    [new PolicyError('COMITY_AUDIENCE_MISMATCH', ''), 'invalid_token'],
    [new PolicyError('COMITY_SESSION_UNKNOWN', ''), 'invalid_token'],
    [new PolicyError('COMITY_SESSION_ENDED', ''), 'invalid_token'],
    [new VerificationError('COMITY_DPOP_INVALID', ''), 'invalid_dpop_proof'],
    [new VerificationError('COMITY_DPOP_REPLAYED', ''), 'invalid_dpop_proof'],
    [new PolicyError('COMITY_REQUEST_NOT_GRANTED', ''), 'insufficient_scope'],
  ])('answers $code with a coarse code', (error, coarse) => {
    expect(authenticateHeader(error)).toMatch(new RegExp(`^DPoP error="${coarse}", algs="[^"]+"$`))
  })

  it('says how fresh the posture has to be', () => {
    const stale = new PolicyError('COMITY_POSTURE_STALE', '', { details: { maxAge: 3600 } })
    expect(authenticateHeader(stale)).toContain('error="posture_stale", max_age=3600, ')
    const odd = new PolicyError('COMITY_POSTURE_STALE', '', { details: { maxAge: '1, x="' } })
    expect(authenticateHeader(odd)).not.toContain('max_age')
  })

  it('asks for a nonce', async () => {
    const scene = await setScene()
    const request = await scene.request(await scene.token())
    const failure = await failureOf(() => verifyRequest(request, { ...scene.options, nonces: ['n'] }))
    expect(authenticateHeader(failure)).toContain('error="use_dpop_nonce"')
  })

  it('gives nothing away of other errors', () => {
    for (const error of [new NetworkError('COMITY_NET_TLS', 'x'), new Error('x'), undefined]) {
      expect(authenticateHeader(error)).toMatch(/^DPoP algs="/)
    }
  })
})
