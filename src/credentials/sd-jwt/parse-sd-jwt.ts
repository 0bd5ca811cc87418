import type { JsonObject } from '../../encoding/index.ts'
import { VerificationError } from '../../errors/index.ts'
import { parseJws, type UnverifiedJws } from '../../keys/index.ts'
import { parseDisclosure, type Disclosure } from './disclosure.ts'
import { parseHashName, type SdHashName } from './hash.ts'
import { processPayload } from './process-payload.ts'

/** The longest SD-JWT that is read, in characters, with all disclosures and the key binding. */
export const MAX_SD_JWT_LENGTH: number = 65_536
/** The most disclosures that are read. */
export const MAX_DISCLOSURES: number = 256

/** An SD-JWT in its parts. Anybody may have written it. */
export interface UnverifiedSdJwt {
  /** All of it. */
  readonly token: string
  /** What the issuer signed. */
  readonly jws: UnverifiedJws
  /** The disclosures as they came, not read yet. */
  readonly disclosures: readonly string[]
  /** What the holder signed; undefined where nothing came. */
  readonly keyBinding: UnverifiedJws | undefined
  /** What the holder's signature must cover: all up to the last tilde, with it. */
  readonly covered: string
}

/** What to expect of an SD-JWT. */
export interface ParseSdJwtOptions {
  /** The media type that `typ` must have. Without it any does: profiles of SD-JWT name their own. */
  readonly typ?: string
  /** Whether the header's `kid` is left unread. Defaults to false. */
  readonly ignoreKid?: boolean
  /** Reads what the issuer signed. For those who remember that they have read it. */
  readonly readIssuerJwt?: (token: string) => UnverifiedJws
}

/**
 * Splits an SD-JWT and reads the JWTs in it, without the disclosures.
 *
 * The checks run in this order: size; form; how many disclosures; the issuer's JWT; the holder's, whose `typ` must be
 * `kb+jwt`.
 *
 * @param token - The compact form, with a tilde after the issuer's JWT and after each disclosure.
 * @param options - See {@link ParseSdJwtOptions}.
 * @returns The parts, frozen.
 * @throws {VerificationError} `COMITY_CREDENTIAL_TOO_LARGE` above 65536 characters or 256 disclosures;
 *   `COMITY_SD_JWT_MALFORMED` when it has no tilde; the codes of `parseJws` for the issuer's JWT;
 *   `COMITY_KEY_BINDING_INVALID` when the holder's is malformed, or of another type.
 * @throws {TypeError} When the token is no string.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9901#section-4 | RFC 9901 §4}
 */
export function parseSdJwt(token: string, options: ParseSdJwtOptions = {}): UnverifiedSdJwt {
  checkSdJwtSize(token)
  const last = token.lastIndexOf('~')
  if (last === -1) {
    throw new VerificationError('COMITY_SD_JWT_MALFORMED', 'the token has no tilde', { spec: 'RFC 9901 §4' })
  }
  const [issuerJwt = '', ...disclosures] = token.slice(0, last).split('~', MAX_DISCLOSURES + 2)
  if (disclosures.length > MAX_DISCLOSURES) {
    throw new VerificationError('COMITY_CREDENTIAL_TOO_LARGE', 'the token has too many disclosures', {
      details: { maxDisclosures: MAX_DISCLOSURES },
    })
  }
  const { typ, ignoreKid, readIssuerJwt } = options
  const read =
    readIssuerJwt ??
    ((text) =>
      parseJws(text, {
        maxLength: MAX_SD_JWT_LENGTH,
        ...(typ !== undefined && { typ }),
        ...(ignoreKid !== undefined && { ignoreKid }),
      }))
  const jws = read(issuerJwt)
  const holderJwt = token.slice(last + 1)
  return Object.freeze({
    token,
    jws,
    disclosures: Object.freeze(disclosures),
    keyBinding: holderJwt === '' ? undefined : parseKeyBindingJwt(holderJwt),
    covered: token.slice(0, last + 1),
  })
}

/** @throws {VerificationError} `COMITY_CREDENTIAL_TOO_LARGE`. */
export function checkSdJwtSize(token: string): void {
  if (typeof token !== 'string') throw new TypeError('an SD-JWT must be a string')
  if (token.length <= MAX_SD_JWT_LENGTH) return
  throw new VerificationError('COMITY_CREDENTIAL_TOO_LARGE', 'the SD-JWT is too large', {
    details: { length: token.length, maxLength: MAX_SD_JWT_LENGTH },
  })
}

/** An SD-JWT with its disclosures in their places. */
export interface ProcessedSdJwt {
  /** The hash function of the digests. */
  readonly hash: SdHashName
  /** The disclosures, read. */
  readonly disclosures: readonly Disclosure[]
  /** The claims, as `processPayload` gives them. */
  readonly payload: JsonObject
}

/**
 * Reads the disclosures of an SD-JWT and puts them in their places.
 *
 * @param sdJwt - What {@link parseSdJwt} gave.
 * @returns The claims, frozen, as much or as little believed as what came in.
 * @throws {VerificationError} `COMITY_SD_JWT_HASH`; the codes of `parseDisclosure` and of `processPayload`.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9901#section-7.1 | RFC 9901 §7.1}
 */
export function processSdJwt({ jws, disclosures }: UnverifiedSdJwt): ProcessedSdJwt {
  const hash = parseHashName(jws.claims['_sd_alg'])
  const read = disclosures.map((text) => parseDisclosure(text, hash))
  return Object.freeze({
    hash,
    disclosures: Object.freeze(read),
    payload: processPayload(jws.claims, read),
  })
}

function parseKeyBindingJwt(token: string): UnverifiedJws {
  try {
    // Its key is the one that the credential is bound to, whatever it says itself.
    return parseJws(token, { typ: 'kb+jwt', maxLength: MAX_SD_JWT_LENGTH, ignoreKid: true })
  } catch (cause) {
    if (!(cause instanceof VerificationError)) throw cause
    throw new VerificationError('COMITY_KEY_BINDING_INVALID', 'the key binding is not a kb+jwt', {
      spec: 'RFC 9901 §4.3',
      details: { because: cause.code },
      cause,
    })
  }
}
