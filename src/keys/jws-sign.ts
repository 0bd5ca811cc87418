import {
  canonicalizeJson,
  encodeBase64url,
  encodeUtf8,
  type JsonObject,
  type JsonValue,
} from '../encoding/index.ts'
import type { Signer } from './signer.ts'

/** Options of {@link signJws}. */
export interface SignJwsOptions {
  /** The protected header: `typ`, and more where needed. `alg`, and `kid` or `jwk`, are added. */
  readonly header: {
    /** The media type of the whole, without `application/`. It keeps one kind of token from passing for another. */
    readonly typ: string
    /** Further parameters. */
    readonly [more: string]: JsonValue
  }
  /** The claims, or the payload as bytes. */
  readonly payload: JsonObject | Uint8Array
  /** What signs it. */
  readonly signer: Signer
  /** Puts the public key itself in the header instead of its name, as DPoP wants it. Defaults to false. */
  readonly includeJwk?: boolean
}

const RESERVED = ['alg', 'kid', 'jwk', 'crit', 'b64', 'zip', 'jku', 'x5u']

/**
 * Signs a JSON Web Signature in compact form.
 *
 * Header and claims are written in canonical JSON, so that what has no JSON form fails instead of
 * turning into `null`.
 *
 * @param options - See {@link SignJwsOptions}.
 * @returns The token.
 * @throws {VerificationError} `COMITY_JSON_NOT_CANONICALIZABLE` when header or payload is no JSON.
 * @throws {TypeError} When the header sets a parameter that is not for the caller, or `typ` is empty.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7515#section-5.1 | RFC 7515 §5.1}
 */
export async function signJws(options: SignJwsOptions): Promise<string> {
  const { header, payload, signer, includeJwk = false } = options
  if (typeof header.typ !== 'string' || header.typ === '') {
    throw new TypeError('options.header.typ must be a non-empty string')
  }
  const reserved = RESERVED.find((name) => Object.hasOwn(header, name))
  if (reserved !== undefined) throw new TypeError(`options.header must not have ${reserved}`)
  const { kty, crv, x, y } = signer.publicJwk
  const key: JsonObject = includeJwk
    ? { jwk: y === undefined ? { kty, crv, x } : { kty, crv, x, y } }
    : { kid: signer.kid }
  const input = `${encodeJson({ ...header, alg: signer.alg, ...key })}.${
    payload instanceof Uint8Array ? encodeBase64url(payload) : encodeJson(payload)
  }`
  return `${input}.${encodeBase64url(await signer.sign(encodeUtf8(input)))}`
}

function encodeJson(value: JsonObject): string {
  return encodeBase64url(encodeUtf8(canonicalizeJson(value)))
}
