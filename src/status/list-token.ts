import type { JsonObject } from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'
import {
  checkTimes,
  parseJws,
  verifyJwsSignature,
  type PublicJwk,
  type UnverifiedJws,
} from '../keys/index.ts'
import { decodeTokenStatusList } from './token-codec.ts'
import type { TokenStatusList } from './token-list.ts'

/** The `typ` of a Status List Token. */
export const STATUS_LIST_TOKEN_TYP = 'statuslist+jwt'

/** The most characters that the token of a list may have. */
export const MAX_LIST_TOKEN_LENGTH: number = 16 * 1024 * 1024

const DEFAULT_CLOCK_TOLERANCE = 60

/** What the verifier of a Status List Token expects. */
export interface VerifyStatusListTokenOptions {
  /** The key that must have signed it. Whose key that is, the caller knows. */
  readonly key: PublicJwk
  /** Where the token was fetched: the `uri` of the reference. Its `sub` must say the same. */
  readonly uri: string
  /** The current time in seconds since the Unix epoch. */
  readonly now: number
  /** Allowed clock difference in seconds, 0 to 300. Defaults to 60. */
  readonly clockTolerance?: number
}

/** What a Status List Token says, after its signature, times and name were checked. Frozen. */
export interface StatusListToken {
  /** The statuses. */
  readonly list: TokenStatusList
  /** Seconds since the epoch. */
  readonly issuedAt: number
  /** Seconds since the epoch; Infinity where it names no end. */
  readonly expiresAt: number
  /** For how many seconds it is good enough; undefined where it does not say. */
  readonly ttlSeconds: number | undefined
}

/**
 * Verifies a Status List Token by a key that is known.
 *
 * The checks run in this order: size, form, `typ`, signature, `sub`, times (`iat` is required), `ttl`, the list.
 *
 * @param token - Compact JWS of at most 16 Mi characters.
 * @param options - See {@link VerifyStatusListTokenOptions}.
 * @throws {VerificationError} `COMITY_STATUS_LIST_INVALID` when it is another list, or one that is malformed;
 *   `COMITY_JWS_MALFORMED`, `COMITY_JWS_TOO_LARGE`, `COMITY_ALG_NOT_ALLOWED`, `COMITY_JWT_TYP_MISMATCH`,
 *   `COMITY_SIGNATURE_INVALID`, `COMITY_JWT_CLAIM_INVALID`, `COMITY_TOKEN_EXPIRED`, `COMITY_TOKEN_NOT_YET_VALID`.
 * @throws {TypeError} When an option is out of range.
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-5.1 | Token Status List §5.1}
 */
export async function verifyStatusListToken(
  token: string,
  options: VerifyStatusListTokenOptions,
): Promise<StatusListToken> {
  return verifyParsedToken(parseStatusListToken(token), options)
}

/** Parses a Status List Token: size, form and `typ`. It throws as {@link verifyStatusListToken}. */
export function parseStatusListToken(
  token: string,
  maxLength: number = MAX_LIST_TOKEN_LENGTH,
): UnverifiedJws {
  return parseJws(token, { typ: STATUS_LIST_TOKEN_TYP, maxLength })
}

/** The rest of {@link verifyStatusListToken}, once the key is known. */
export async function verifyParsedToken(
  jws: UnverifiedJws,
  { key, uri, now, clockTolerance = DEFAULT_CLOCK_TOLERANCE }: VerifyStatusListTokenOptions,
): Promise<StatusListToken> {
  if (typeof uri !== 'string' || uri === '') throw new TypeError('options.uri must be a non-empty string')
  await verifyJwsSignature(jws, key)
  const { claims } = jws
  if (claims['sub'] !== uri) throw invalid('the list is not the one of this URL')
  const { issuedAt = now, expiresAt = Infinity } = checkTimes(claims, {
    now,
    clockTolerance,
    require: ['iat'],
  })
  const ttlSeconds = readTtl(claims)
  return Object.freeze({
    list: await decodeTokenStatusList(claims['status_list']),
    issuedAt,
    expiresAt,
    ttlSeconds,
  })
}

function readTtl({ ttl }: JsonObject): number | undefined {
  if (ttl === undefined || (typeof ttl === 'number' && ttl > 0)) return ttl
  throw invalid('ttl is not a positive number of seconds')
}

function invalid(message: string): VerificationError {
  return new VerificationError('COMITY_STATUS_LIST_INVALID', message, { spec: 'Token Status List §5.1' })
}
