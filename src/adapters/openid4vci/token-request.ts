import { encodeBase64url, decodeUtf8 } from '../../encoding/index.ts'
import { ComityError } from '../../errors/index.ts'
import { randomBytes } from '../../runtime/index.ts'
import { verifyDpopProof } from '../../session/index.ts'
import { jsonResponse, readBody, RequestError } from './http.ts'
import type { IssuanceContext } from './issuance-endpoint.ts'
import { configurationIdOf, PRE_AUTHORIZED_GRANT } from './metadata.ts'
import { hashOf, type RedeemFailure } from './offers.ts'

const MAX_FORM_BYTES = 4096
const TOKEN_SECONDS = 300

const FAILURES: Readonly<Record<RedeemFailure, readonly [string, string]>> = {
  unknown: ['invalid_grant', 'no such offer'],
  'tx-code-missing': ['invalid_request', 'the transaction code is missing'],
  'tx-code-unexpected': ['invalid_request', 'a transaction code was not asked for'],
  'wrong-tx-code': ['invalid_grant', 'the transaction code is wrong'],
}

/** Where an access token is remembered. */
export function tokenKey(token: string): string {
  return `openid4vci/token/${hashOf(token)}`
}

/**
 * Gives an access token for a pre-authorized code. It is bound to the key of the DPoP proof and good for one
 * credential within five minutes.
 *
 * @throws {RequestError} Of RFC 6749 §5.2 and RFC 9449 §5.
 * @see {@link https://openid.net/specs/openid-4-verifiable-credential-issuance-1_0.html#section-6 | OpenID4VCI §6}
 */
export async function answerTokenRequest(request: Request, context: IssuanceContext): Promise<Response> {
  const { urls, store, clock, offers } = context
  const form = readForm(await readBody(request, 'application/x-www-form-urlencoded', MAX_FORM_BYTES))
  if (form.get('grant_type') !== PRE_AUTHORIZED_GRANT) {
    throw new RequestError(400, 'unsupported_grant_type', 'another grant')
  }
  const code = form.get('pre-authorized_code')
  if (code === undefined) throw new RequestError(400, 'invalid_request', 'the code is missing')
  // Before the proof: used proofs are remembered, and a stranger must not be able to fill that memory.
  if (!(await offers.has(code))) throw new RequestError(400, ...FAILURES.unknown)
  const jkt = await keyOfProof(request, context)
  const offer = await offers.redeem(code, form.get('tx_code'))
  if (typeof offer === 'string') throw new RequestError(400, ...FAILURES[offer])
  const token = encodeBase64url(randomBytes(32))
  const expiresAt = clock.now() + TOKEN_SECONDS
  await store.put(tokenKey(token), JSON.stringify({ ...offer, jkt }), { expiresAt })
  context.log({ event: 'token', outcome: 'issued', subject: offer.subject })
  return jsonResponse(200, {
    access_token: token,
    token_type: 'DPoP',
    expires_in: TOKEN_SECONDS,
    authorization_details: [
      {
        type: 'openid_credential',
        credential_configuration_id: configurationIdOf(offer),
        locations: [urls.issuer],
      },
    ],
  })
}

async function keyOfProof(request: Request, { urls, store, clock }: IssuanceContext): Promise<string> {
  try {
    const { jkt } = await verifyDpopProof(request.headers.get('dpop'), {
      method: request.method,
      url: urls.token,
      replay: store,
      now: clock.now(),
    })
    return jkt
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    throw new RequestError(400, 'invalid_dpop_proof', error.code)
  }
}

/** Each parameter once, RFC 6749 §3.2. */
function readForm(body: Uint8Array): ReadonlyMap<string, string> {
  const form = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(textOf(body))) {
    if (form.has(name)) throw new RequestError(400, 'invalid_request', 'a parameter comes twice')
    form.set(name, value)
  }
  return form
}

function textOf(body: Uint8Array): string {
  try {
    return decodeUtf8(body)
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    throw new RequestError(400, 'invalid_request', error.code)
  }
}
