import { findVerificationKey } from '../../did/index.ts'
import { isJsonObject, parseJsonObject, type JsonObject } from '../../encoding/index.ts'
import { ComityError } from '../../errors/index.ts'
import { createFetchBudget } from '../../net/index.ts'
import { parseJws, verifyJwsSignature, type PublicJwk, type UnverifiedJws } from '../../keys/index.ts'
import { verifyDpopProof } from '../../session/index.ts'
import { jsonResponse, readBody, RequestError } from './http.ts'
import type { IssuanceContext } from './issuance-endpoint.ts'
import { configurationIdOf } from './metadata.ts'
import { readOffer, type OfferRecord } from './offers.ts'
import { tokenKey } from './token-request.ts'

const MAX_REQUEST_BYTES = 32_768
const PROOF_SECONDS = 300
const CLOCK_TOLERANCE = 60
const AUTHORIZATION = /^DPoP ([A-Za-z0-9_-]{43})$/i

/**
 * Issues the credential of an offer to the holder of the DID that it is about.
 *
 * The checks run in this order: access token with its DPoP proof; form; configuration; proof of possession: form, key
 * in the `authentication` of the subject's DID document, signature, audience, time, nonce. Then the access token is
 * spent, and the credential is issued; one in the format `dc+sd-jwt` is bound to the key of the proof.
 *
 * @throws {RequestError} Of OpenID4VCI §8.3.1 and RFC 6750 §3.1.
 * @see {@link https://openid.net/specs/openid-4-verifiable-credential-issuance-1_0.html#section-8 | OpenID4VCI §8}
 */
export async function answerCredentialRequest(request: Request, context: IssuanceContext): Promise<Response> {
  const { store, issuer } = context
  const { token, offer } = await authorize(request, context)
  const proof = readRequest(await readBody(request, 'application/json', MAX_REQUEST_BYTES), offer)
  const holderKey = await checkProof(proof, offer, context)
  if ((await store.take(tokenKey(token))) === undefined) throw spent()
  const { type, subject, format, claims, lifetimeSeconds } = offer
  const binding = format === 'dc+sd-jwt' ? { format, holderKey } : { format }
  const issued = await issuer.issue(type, { subject, claims, lifetimeSeconds, ...binding }).catch(refuse)
  context.log({ event: 'credential', outcome: 'issued', subject, credential: issued.id })
  return jsonResponse(200, { credentials: [{ credential: issued.token }] })
}

async function authorize(
  request: Request,
  { urls, store, clock }: IssuanceContext,
): Promise<{ readonly token: string; readonly offer: OfferRecord }> {
  const token = tokenOf(request)
  const text = token === undefined ? undefined : await store.get(tokenKey(token))
  if (token === undefined || text === undefined) throw spent()
  const offer = readOffer(text) as OfferRecord & { readonly jkt: string }
  try {
    await verifyDpopProof(request.headers.get('dpop'), {
      method: request.method,
      url: urls.credential,
      accessToken: token,
      jkt: offer.jkt,
      replay: store,
      now: clock.now(),
    })
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    throw new RequestError(401, 'invalid_dpop_proof', error.code)
  }
  return { token, offer }
}

/** A token that is bound to a key is never taken as `Bearer`, RFC 9449 §7.2. */
function tokenOf(request: Request): string | undefined {
  return AUTHORIZATION.exec(request.headers.get('authorization') ?? '')?.[1]
}

function spent(): RequestError {
  return new RequestError(401, 'invalid_token', 'no such access token')
}

/** The one proof of the request. */
function readRequest(body: Uint8Array, offer: OfferRecord): string {
  const request = parseRequest(body)
  if (request['credential_configuration_id'] !== configurationIdOf(offer)) {
    throw new RequestError(400, 'unknown_credential_configuration', 'another credential than was offered')
  }
  if (request['credential_response_encryption'] !== undefined) {
    throw new RequestError(400, 'invalid_encryption_parameters', 'answers are not encrypted')
  }
  const { proofs } = request
  const jwts = isJsonObject(proofs) && Object.keys(proofs).length === 1 ? proofs['jwt'] : undefined
  const [jwt, ...more] = Array.isArray(jwts) ? (jwts as readonly unknown[]) : []
  if (typeof jwt !== 'string' || more.length > 0) {
    throw new RequestError(400, 'invalid_proof', 'there is not exactly one proof of type jwt')
  }
  return jwt
}

function parseRequest(body: Uint8Array): JsonObject {
  try {
    return parseJsonObject(body, { maxBytes: MAX_REQUEST_BYTES })
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    throw new RequestError(400, 'invalid_credential_request', error.code)
  }
}

/**
 * The key that signed the proof, which is one of the subject's.
 *
 * @see {@link https://openid.net/specs/openid-4-verifiable-credential-issuance-1_0.html#appendix-F.1 | OpenID4VCI F.1}
 */
async function checkProof(token: string, offer: OfferRecord, context: IssuanceContext): Promise<PublicJwk> {
  try {
    return await verifyProof(parseJws(token, { typ: 'openid4vci-proof+jwt' }), offer, context)
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    throw new RequestError(400, 'invalid_proof', error.code)
  }
}

async function verifyProof(
  jws: UnverifiedJws,
  offer: OfferRecord,
  context: IssuanceContext,
): Promise<PublicJwk> {
  const { urls, resolver, clock, nonces } = context
  const { kid = '' } = jws.header
  const budget = createFetchBudget({ requests: 8, bytes: 1_048_576, timeoutMs: 10_000 })
  const document = await resolver.resolveDocument(offer.subject, { budget, fresh: true })
  const key = findVerificationKey(document, kid, 'authentication')
  await verifyJwsSignature(jws, key)
  const { aud, iat, nonce } = jws.claims
  if (aud !== urls.issuer) throw new RequestError(400, 'invalid_proof', 'the proof is for another issuer')
  const now = clock.now()
  if (
    typeof iat !== 'number' ||
    iat > now + CLOCK_TOLERANCE ||
    iat <= now - PROOF_SECONDS - CLOCK_TOLERANCE
  ) {
    throw new RequestError(400, 'invalid_proof', 'the proof is not of now')
  }
  if (typeof nonce !== 'string' || !(await nonces.use(nonce)))
    throw new RequestError(400, 'invalid_nonce', 'the nonce is unknown or was used')
  return key
}

function refuse(error: unknown): never {
  if (!(error instanceof ComityError)) throw error
  throw new RequestError(400, 'credential_request_denied', error.code)
}
