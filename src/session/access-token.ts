import { parseAuthorizationDetails, type AuthorizationDetail } from '../authorization/index.ts'
import { isJsonObject, type JsonObject } from '../encoding/index.ts'
import { ComityError, PolicyError, VerificationError } from '../errors/index.ts'
import {
  checkTimes,
  parseJws,
  requireString,
  signJws,
  verifyJwsSignature,
  type PublicJwk,
  type Signer,
  type UnverifiedJws,
} from '../keys/index.ts'
import { randomId, systemClock } from '../runtime/index.ts'
import { isId, type SessionRecord } from './session-record.ts'

/** The longest life of an access token, in seconds. */
export const MAX_TOKEN_LIFETIME: number = 900

const TYP = 'at+jwt'
const MAX_LENGTH = 8192
const MAX_KEYS = 8
const MAX_JTI_LENGTH = 128
// Only ourselves made the token: no more difference than between the clocks of our own instances.
const CLOCK_TOLERANCE = 5

/** What an access token is made of. */
export interface IssueAccessTokenOptions {
  /** The gateway's signer. */
  readonly signer: Signer
  /** The DID of the gateway. */
  readonly issuer: string
  /** The name of the resources that the token is for; compared as an exact string. */
  readonly audience: string
  /** The session, which must be active. */
  readonly session: SessionRecord
  /** Seconds, 1 to 900. Defaults to 900. The token never outlives its session. */
  readonly lifetimeSeconds?: number
  /** Seconds since the epoch. Defaults to the system clock. */
  readonly now?: number
}

/** An access token, and when it ends. */
export interface AccessToken {
  /** Compact JWS of at most 8192 characters. */
  readonly token: string
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

/**
 * Issues the access token of a session, bound to the session's key.
 *
 * Claims: `iss`, `aud`, `client_id` and `sub` (the agent's DID), `jti`, `iat`, `exp`, `session_id`, `cnf.jkt` and
 * `authorization_details`.
 *
 * @param options - See {@link IssueAccessTokenOptions}.
 * @returns The token and its end.
 * @throws {PolicyError} `COMITY_SESSION_ENDED` when the session is not active any more.
 * @throws {VerificationError} `COMITY_SESSION_TOKEN_INVALID` when what was granted makes the token longer than 8192
 *   characters.
 * @throws {TypeError} An option is out of range.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9068#section-2.2 | RFC 9068 §2.2}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-6.1 | RFC 9449 §6.1}
 */
export async function issueAccessToken(options: IssueAccessTokenOptions): Promise<AccessToken> {
  const { signer, issuer, audience, session, now = systemClock.now() } = options
  const { lifetimeSeconds = MAX_TOKEN_LIFETIME } = options
  if (!(lifetimeSeconds >= 1 && lifetimeSeconds <= MAX_TOKEN_LIFETIME)) {
    throw new TypeError(`options.lifetimeSeconds must be 1 to ${String(MAX_TOKEN_LIFETIME)}`)
  }
  if (issuer === '' || audience === '')
    throw new TypeError('options.issuer and options.audience must not be empty')
  const issuedAt = Math.floor(now)
  const expiresAt = Math.floor(Math.min(issuedAt + lifetimeSeconds, session.expiresAt))
  if (session.state !== 'active' || expiresAt <= issuedAt) {
    throw new PolicyError('COMITY_SESSION_ENDED', 'the session is not active any more')
  }
  const payload: JsonObject = {
    iss: issuer,
    aud: audience,
    sub: session.agent,
    client_id: session.agent,
    jti: randomId(),
    iat: issuedAt,
    exp: expiresAt,
    session_id: session.id,
    cnf: { jkt: session.jkt },
    authorization_details: session.granted,
  }
  const token = await signJws({ header: { typ: TYP }, payload, signer })
  if (token.length > MAX_LENGTH) {
    throw invalid('the grant does not fit into an access token', {
      length: token.length,
      maxLength: MAX_LENGTH,
    })
  }
  return Object.freeze({ token, expiresAt })
}

/** What the gateway expects of an access token. */
export interface VerifyAccessTokenOptions {
  /** The gateway's DID, as in {@link IssueAccessTokenOptions}. */
  readonly issuer: string
  /** The name of the resources, as in {@link IssueAccessTokenOptions}. */
  readonly audience: string
  /** The gateway's own public keys, at most 8; the one to use, or several while they are rotated. */
  readonly key: PublicJwk | readonly PublicJwk[]
  /** Seconds since the epoch. Defaults to the system clock. */
  readonly now?: number
}

declare const verified: unique symbol

/** An access token that this gateway issued and that is still good. Whether its session is, the registry knows. */
export interface VerifiedAccessToken {
  readonly [verified]: true
  /** The DID of the agent. */
  readonly agent: string
  /** The session that it is for. */
  readonly sessionId: string
  /** The thumbprint of the key that requests must be signed with. */
  readonly jkt: string
  /** What it allows. */
  readonly granted: readonly AuthorizationDetail[]
  /** Its `jti`. */
  readonly id: string
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

/**
 * Verifies an access token with the gateway's own keys, and no others.
 *
 * The checks run in this order: size, form, `typ`, signature, times, issuer, audience, the other claims.
 *
 * @param token - Compact JWS of at most 8192 characters.
 * @param options - See {@link VerifyAccessTokenOptions}.
 * @returns The token's content, frozen.
 * @throws {VerificationError} `COMITY_SESSION_TOKEN_INVALID` when it is malformed, forged or not ours;
 *   `COMITY_TOKEN_EXPIRED`; `COMITY_TOKEN_NOT_YET_VALID`.
 * @throws {PolicyError} `COMITY_AUDIENCE_MISMATCH` when it is for other resources.
 * @throws {TypeError} No key, or more than 8, are given.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9068#section-4 | RFC 9068 §4}
 */
export async function verifyAccessToken(
  token: string,
  options: VerifyAccessTokenOptions,
): Promise<VerifiedAccessToken> {
  const { issuer, audience, key, now = systemClock.now() } = options
  const keys = isList(key) ? key : [key]
  if (keys.length === 0 || keys.length > MAX_KEYS)
    throw new TypeError(`options.key must be 1 to ${String(MAX_KEYS)} keys`)
  const jws = await coded(async () => {
    const parsed = parseJws(token, { maxLength: MAX_LENGTH, typ: TYP })
    await verifyWithAny(parsed, keys)
    return parsed
  })
  const { claims } = jws
  const times = await coded(() =>
    checkTimes(claims, {
      now,
      clockTolerance: CLOCK_TOLERANCE,
      maxLifetime: MAX_TOKEN_LIFETIME,
      require: ['iat', 'exp'],
    }),
  )
  if (claims.iss !== issuer) throw invalid('the token is of another issuer')
  if (claims.aud !== audience) {
    throw new PolicyError('COMITY_AUDIENCE_MISMATCH', 'the access token is for another audience', {
      spec: 'RFC 9068 §4',
    })
  }
  return await coded(() => readClaims(claims, times.expiresAt))
}

function isList(key: PublicJwk | readonly PublicJwk[]): key is readonly PublicJwk[] {
  return Array.isArray(key)
}

async function verifyWithAny(jws: UnverifiedJws, keys: readonly PublicJwk[]): Promise<void> {
  const fitting = keys.filter(({ kid }) => kid === undefined || kid === jws.header.kid)
  let failure = invalid('the token is signed with a key that is not ours')
  for (const key of fitting) {
    try {
      await verifyJwsSignature(jws, key)
      return
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error
      failure = error
    }
  }
  throw failure
}

function readClaims(claims: JsonObject, expiresAt: number | undefined): VerifiedAccessToken {
  const agent = requireString(claims, 'sub')
  const sessionId = claims.session_id
  const jkt = isJsonObject(claims.cnf) ? claims.cnf.jkt : undefined
  const id = requireString(claims, 'jti')
  if (requireString(claims, 'client_id') !== agent) throw invalid('`client_id` and `sub` differ')
  if (!isId(sessionId)) throw invalid('`session_id` is missing or not an id')
  if (!isId(jkt)) throw invalid('`cnf` has no thumbprint')
  if (id.length > MAX_JTI_LENGTH) throw invalid('`jti` is too long', { maxLength: MAX_JTI_LENGTH })
  if (expiresAt === undefined) throw invalid('`exp` is missing')
  const granted = parseAuthorizationDetails(claims.authorization_details)
  return Object.freeze({ agent, sessionId, jkt, granted, id, expiresAt }) as VerifiedAccessToken
}

/** Whatever is wrong with a token of ours is the same to the caller, except that it can be too old. */
async function coded<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof ComityError) || KEPT.has(cause.code)) throw cause
    throw invalid('the access token is malformed or does not verify', {}, cause)
  }
}

const KEPT: ReadonlySet<unknown> = new Set([
  'COMITY_SESSION_TOKEN_INVALID',
  'COMITY_TOKEN_EXPIRED',
  'COMITY_TOKEN_NOT_YET_VALID',
])

function invalid(
  message: string,
  details: Record<string, string | number> = {},
  cause?: unknown,
): VerificationError {
  return new VerificationError('COMITY_SESSION_TOKEN_INVALID', message, {
    spec: 'RFC 9068 §2',
    details,
    cause,
  })
}
