import { clientAuthenticationAnonymous, type CallbackContext, type SignJwtCallback } from '@openid4vc/oauth2'
import { ComityError, PeerError } from '../../errors/index.ts'
import { signJws, type Signer } from '../../keys/index.ts'
import type { FetchBudget, GuardedFetch, GuardedRequest } from '../../net/index.ts'
import { randomBytes, sha256 } from '../../runtime/index.ts'

const MAX_ANSWER_BYTES = 262_144

/** Whom the client of the library signs as, and how it reaches the issuer. */
export interface ClientIdentity {
  /** Signs the proof of possession; its `kid` is a DID URL of the holder's. */
  readonly holder: Signer
  /** Signs the DPoP proofs. */
  readonly dpop: Signer
  readonly fetch: GuardedFetch
  readonly budget: FetchBudget
}

/** What the library needs of us: signatures, randomness, and a way out that is guarded. */
export function clientCallbacks(
  identity: ClientIdentity,
): Omit<CallbackContext, 'decryptJwe' | 'encryptJwe'> {
  return {
    fetch: guarded(identity),
    hash: sha256,
    generateRandom: randomBytes,
    clientAuthentication: clientAuthenticationAnonymous(),
    signJwt: signer(identity),
    // Signed metadata: HTTPS vouches for the unsigned ones, and the credential's issuer for the credential.
    verifyJwt: () => Promise.resolve({ verified: false }),
  }
}

function guarded({ fetch, budget }: ClientIdentity): typeof globalThis.fetch {
  return async (input, init) => {
    const { status, headers, body } = await fetch(input instanceof Request ? input.url : input.toString(), {
      method: (init?.method ?? 'GET') as NonNullable<GuardedRequest['method']>,
      headers: Object.fromEntries(new Headers(init?.headers)),
      ...(typeof init?.body === 'string' && { body: init.body }),
      maxBytes: MAX_ANSWER_BYTES,
      budget,
    })
    return new Response(status === 204 || status === 304 ? null : new Uint8Array(body), { status, headers })
  }
}

/** The key as the library wants it: no more than the point. */
export function libraryJwk({ publicJwk }: Signer): { kty: string; crv: string; x: string; y?: string } {
  const { kty, crv, x, y } = publicJwk
  return { kty, crv, x, ...(y !== undefined && { y }) }
}

function signer({ holder, dpop }: ClientIdentity): SignJwtCallback {
  return async (jwtSigner, { header, payload }) => {
    const isDpop = jwtSigner.method === 'jwk'
    const key = isDpop ? dpop : holder
    const claims = Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined))
    const jwt = await signJws({
      header: { typ: header.typ ?? '' },
      payload: claims as never,
      signer: key,
      includeJwk: isDpop,
    })
    return { jwt, signerJwk: libraryJwk(key) }
  }
}

/**
 * Calls the library, and tells its failures in our terms: its own messages quote what the issuer sent.
 *
 * @throws {ComityError} What the guarded fetch or the wallet failed with.
 * @throws {PeerError} `COMITY_PEER_REFUSED` when the issuer answered with an error, `details.status` and, where it is a
 *   registered one, `details.reason`; `COMITY_PEER_PROTOCOL` when it answered something else.
 */
export async function asking<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call()
  } catch (error) {
    const own = comityErrorIn(error)
    if (own !== undefined) throw own
    const status = statusIn(error)
    if (status !== undefined && status >= 400) {
      const reason = reasonIn(error)
      throw new PeerError('COMITY_PEER_REFUSED', 'the credential issuer refuses the request', {
        details: { status, ...(reason !== undefined && { reason }) },
      })
    }
    throw new PeerError('COMITY_PEER_PROTOCOL', 'the credential issuer does not follow OpenID4VCI')
  }
}

function comityErrorIn(error: unknown): ComityError | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 8; each = each.cause, depth += 1) {
    if (each instanceof ComityError) return each
  }
  return undefined
}

function statusIn(error: unknown): number | undefined {
  const response = (error as { response?: { status?: unknown; response?: { status?: unknown } } }).response
  const status = response?.status ?? response?.response?.status
  return typeof status === 'number' ? status : undefined
}

/** Of RFC 6749 §5.2, RFC 9449 §5 and OpenID4VCI §8.3.1; what else an issuer writes there is not passed on. */
const REASONS: ReadonlySet<unknown> = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_dpop_proof',
  'use_dpop_nonce',
  'invalid_token',
  'invalid_credential_request',
  'unknown_credential_configuration',
  'unknown_credential_identifier',
  'invalid_proof',
  'invalid_nonce',
  'invalid_encryption_parameters',
  'credential_request_denied',
])

function reasonIn(error: unknown): string | undefined {
  const { errorResponse, response } = error as {
    errorResponse?: { error?: unknown }
    response?: { credentialErrorResponseResult?: { data?: { error?: unknown } } }
  }
  const reason = errorResponse?.error ?? response?.credentialErrorResponseResult?.data?.error
  return typeof reason === 'string' && REASONS.has(reason) ? reason : undefined
}
