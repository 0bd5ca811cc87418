import { VerificationError } from '../errors/index.ts'
import {
  decodeBase64url,
  decodeBase64urlText,
  emptyJsonObject,
  parseJsonObject,
  type JsonObject,
} from '../encoding/index.ts'
import { isSignatureAlgorithm, parametersOf, type SignatureAlgorithm } from './algorithms.ts'

/** The protected header of a token, parsed and not verified. */
export type UnverifiedJwsHeader = JsonObject & {
  /** A supported algorithm. Whether it fits the key is not known yet. */
  readonly alg: SignatureAlgorithm
  /** What kind of token it says to be. */
  readonly typ?: string
  /** The key that it says to be signed with. */
  readonly kid?: string
}

/** A well-formed token that anybody may have written. It serves to find the key to verify it with. */
export interface UnverifiedJws {
  /** The compact form. */
  readonly token: string
  /** The protected header. */
  readonly header: UnverifiedJwsHeader
  /** The payload, a JSON object. */
  readonly claims: JsonObject
}

/** Options of {@link parseJws}. */
export interface ParseJwsOptions {
  /** The most characters that the token may have. Defaults to 65536. */
  readonly maxLength?: number
  /** The media type that `typ` must have; case and a leading `application/` do not count. */
  readonly typ?: string
  /**
   * Whether `kid` may be anything, and is left out of the result where it is no text: for profiles whose key is found
   * otherwise. Defaults to false, which refuses a `kid` that is not a text.
   */
  readonly ignoreKid?: boolean
}

const DEFAULT_MAX_LENGTH = 65_536
/** Parameters that would change how the rest is read, or send the verifier to fetch a key from the signer. */
const REFUSED_PARAMETERS = ['crit', 'b64', 'zip', 'jku', 'x5u']

const parsed = new WeakSet()

/**
 * Parses a compact JSON Web Signature whose payload is a JSON object.
 *
 * The checks run in this order: size, three parts, header, algorithm, `typ`, the signature's form,
 * payload. Nothing is verified: see {@link UnverifiedJws}.
 *
 * @param token - The compact form, in canonical base64url.
 * @param options - See {@link ParseJwsOptions}.
 * @returns The token and its parts, frozen.
 * @throws {VerificationError} `COMITY_JWS_TOO_LARGE`; `COMITY_JWS_MALFORMED`, also for header parameters
 *   `crit`, `b64`, `zip`, `jku` and `x5u`; `COMITY_ALG_NOT_ALLOWED` when `alg` is none of the supported ones;
 *   `COMITY_JWT_TYP_MISMATCH` when `options.typ` is given and `typ` is not that.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7515#section-5.2 | RFC 7515 §5.2}
 * @see {@link https://www.rfc-editor.org/rfc/rfc8725#section-3.11 | RFC 8725 §3.11}
 */
export function parseJws(token: string, options: ParseJwsOptions = {}): UnverifiedJws {
  const { maxLength = DEFAULT_MAX_LENGTH, typ, ignoreKid = false } = options
  if (typeof token !== 'string') throw malformed('the token is not a text')
  if (token.length > maxLength) {
    throw new VerificationError('COMITY_JWS_TOO_LARGE', 'the token is too large', {
      details: { length: token.length, maxLength },
    })
  }
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  if (first === -1 || second === -1 || token.includes('.', second + 1)) {
    throw malformed('the token does not have three parts')
  }

  const header = checkHeader(parsePart(token.slice(0, first), 'header', maxLength), ignoreKid)
  if (typ !== undefined && (header.typ === undefined || !isMediaType(header.typ, typ))) {
    throw new VerificationError('COMITY_JWT_TYP_MISMATCH', 'the token is of another type', {
      spec: 'RFC 8725 §3.11',
      details: { expected: typ },
    })
  }
  checkSignatureForm(token.slice(second + 1), header.alg)
  const claims = parsePart(token.slice(first + 1, second), 'payload', maxLength)
  const jws: UnverifiedJws = Object.freeze({ token, header, claims })
  parsed.add(jws)
  return jws
}

/**
 * Asserts that a value comes from {@link parseJws}, so that its parts are those of its token.
 *
 * @param jws - A parsed token.
 * @throws {TypeError} When it was put together elsewhere.
 */
export function assertParsedJws(jws: UnverifiedJws): void {
  if (!parsed.has(jws)) throw new TypeError('jws must be a value that parseJws returned')
}

function checkHeader(whole: JsonObject, ignoreKid: boolean): UnverifiedJwsHeader {
  const header = ignoreKid && typeof whole['kid'] !== 'string' ? withoutKid(whole) : whole
  const refused = REFUSED_PARAMETERS.find((name) => Object.hasOwn(header, name))
  if (refused !== undefined) throw malformed('a header parameter is not supported', { parameter: refused })
  const { alg, typ, kid } = header
  if (!isSignatureAlgorithm(alg)) {
    throw new VerificationError('COMITY_ALG_NOT_ALLOWED', 'the algorithm is not allowed', {
      spec: 'RFC 8725 §3.1',
    })
  }
  if (typ !== undefined && typeof typ !== 'string') throw malformed('typ is not a text')
  if (kid !== undefined && typeof kid !== 'string') throw malformed('kid is not a text')
  return header as UnverifiedJwsHeader
}

function withoutKid(header: JsonObject): JsonObject {
  if (!Object.hasOwn(header, 'kid')) return header
  const copy = emptyJsonObject()
  for (const name of Object.keys(header)) if (name !== 'kid') copy[name] = header[name] ?? null
  return Object.freeze(copy)
}

function checkSignatureForm(text: string, alg: SignatureAlgorithm): void {
  const { signatureBytes } = parametersOf(alg)
  let bytes: Uint8Array
  try {
    bytes = decodeBase64url(text, { maxBytes: signatureBytes })
  } catch (cause) {
    if (!(cause instanceof VerificationError)) throw cause
    throw notBase64url('signature', cause)
  }
  if (bytes.length !== signatureBytes)
    throw malformed('the signature has the wrong length', { length: bytes.length })
}

function parsePart(text: string, part: 'header' | 'payload', maxLength: number): JsonObject {
  const json = decodePart(text, part, maxLength)
  try {
    return parseJsonObject(json, { maxBytes: maxLength })
  } catch (cause) {
    if (!(cause instanceof VerificationError)) throw cause
    throw notJson(part, cause)
  }
}

function decodePart(text: string, part: 'header' | 'payload', maxBytes: number): string {
  try {
    return decodeBase64urlText(text, { maxBytes })
  } catch (cause) {
    if (!(cause instanceof VerificationError)) throw cause
    throw cause.code === 'COMITY_UTF8_INVALID' ? notJson(part, cause) : notBase64url(part, cause)
  }
}

function notJson(part: string, cause: VerificationError): VerificationError {
  return malformed('a part of the token is not a JSON object', { part, because: cause.code }, cause)
}

function notBase64url(part: string, cause: VerificationError): VerificationError {
  return malformed('a part of the token is not base64url', { part }, cause)
}

/** Compares media types as RFC 7515 §4.1.9 says: `application/` may be left out where no other slash is. */
function isMediaType(actual: string, expected: string): boolean {
  return actual === expected || normalizeMediaType(actual) === normalizeMediaType(expected)
}

function normalizeMediaType(type: string): string {
  const lower = type.toLowerCase()
  return lower.includes('/') ? lower : `application/${lower}`
}

function malformed(
  message: string,
  details: Record<string, string | number> = {},
  cause?: unknown,
): VerificationError {
  return new VerificationError('COMITY_JWS_MALFORMED', message, {
    spec: 'RFC 7515 §5.2',
    details,
    ...(cause !== undefined && { cause }),
  })
}
