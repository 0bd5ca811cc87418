import { decodeBase64url, decodeBase64urlText, parseJsonObject, type JsonObject } from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'
import { JWT_SVID_ALGORITHMS, type JwtSvidAlgorithm } from './jwt-authority.ts'

/** The parts of a compact JWS that anybody may have written. */
export interface CompactJws {
  /** One of the nine algorithms of SPIFFE's tokens. */
  readonly alg: JwtSvidAlgorithm
  /** Which key it says to be signed with, where it says so. */
  readonly kid?: string
  /** The protected header. */
  readonly header: JsonObject
  /** The payload. */
  readonly claims: JsonObject
  /** The compact form. */
  readonly token: string
}

/** The most characters of a token. */
export const MAX_TOKEN_LENGTH: number = 16_384
/** Parameters that would change how the rest is read, or that bring a key along. */
const REFUSED_PARAMETERS = ['crit', 'b64', 'zip', 'jku', 'jwk', 'x5u', 'x5c'] as const

/**
 * Reads a compact JWS of SPIFFE's algorithms. Nothing is verified.
 *
 * @throws {VerificationError} `COMITY_JWS_TOO_LARGE`, `COMITY_JWS_MALFORMED`, `COMITY_ALG_NOT_ALLOWED`.
 */
export function parseCompactJws(token: string): CompactJws {
  if (typeof token !== 'string') throw malformedToken('it is no text')
  if (token.length > MAX_TOKEN_LENGTH) {
    throw new VerificationError('COMITY_JWS_TOO_LARGE', 'the token is too large', {
      details: { length: token.length, maxLength: MAX_TOKEN_LENGTH },
    })
  }
  const [head, payload, signature, ...more] = token.split('.', 4)
  if (head === undefined || payload === undefined || signature === undefined || more.length > 0) {
    throw malformedToken('it does not have three parts')
  }
  const header = objectOf(head)
  const { alg, kid } = header
  if (!isAlgorithm(alg)) {
    throw new VerificationError('COMITY_ALG_NOT_ALLOWED', 'the algorithm is not allowed', {
      spec: 'JWT-SVID §2.1',
    })
  }
  if (REFUSED_PARAMETERS.some((name) => Object.hasOwn(header, name))) {
    throw malformedToken('a header parameter is not supported')
  }
  if (kid !== undefined && typeof kid !== 'string') throw malformedToken('`kid` is no text')
  if (signature === '') throw malformedToken('it has no signature')
  reading(() => decodeBase64url(signature, { maxBytes: MAX_TOKEN_LENGTH }))
  return { alg, header, claims: objectOf(payload), token, ...(kid !== undefined && { kid }) }
}

function isAlgorithm(value: unknown): value is JwtSvidAlgorithm {
  return JWT_SVID_ALGORITHMS.some((alg) => alg === value)
}

function objectOf(part: string): JsonObject {
  const limits = { maxBytes: MAX_TOKEN_LENGTH }
  return reading(() => parseJsonObject(decodeBase64urlText(part, limits), limits))
}

function reading<Value>(read: () => Value): Value {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof VerificationError)) throw cause
    throw malformedToken('a part of it is no base64url, or no JSON object', cause)
  }
}

function malformedToken(what: string, cause?: unknown): VerificationError {
  return new VerificationError('COMITY_JWS_MALFORMED', `the token is malformed: ${what}`, {
    spec: 'RFC 7515 §5.2',
    ...(cause === undefined ? {} : { cause }),
  })
}
