import { jwkThumbprint, parsePublicJwk, signJws, type Signer } from '../../keys/index.ts'
import type { ClaimsPath } from './claims-path.ts'
import { sdDigest } from './hash.ts'
import { confirmationOf } from './key-binding.ts'
import { parseSdJwtCredential, type UnverifiedSdJwtCredential } from './sd-jwt-credential.ts'
import { selectDisclosures } from './select-disclosures.ts'

/** How an SD-JWT VC is shown. */
export interface PresentSdJwtOptions {
  /** The claims to show, and nothing else but what is always shown. None shows only that. */
  readonly disclose: readonly ClaimsPath[]
  /** The key that the credential is bound to. */
  readonly holder: Signer
  /** What the verifier gave to sign. */
  readonly nonce: string
  /** The verifier's name. */
  readonly audience: string
  /** The current time in seconds since the Unix epoch. */
  readonly now: number
}

/**
 * Shows an SD-JWT VC to one verifier, once, with just the claims that are asked for, signed by its holder.
 *
 * @param token - The credential, as its issuer gave it. A key binding that it has is left out.
 * @param options - See {@link PresentSdJwtOptions}.
 * @returns The issuer's JWT, the disclosures that the claims need, and the holder's JWT.
 * @throws {VerificationError} The codes of `parseSdJwtCredential`, when the credential is malformed.
 * @throws {TypeError} When a path leads nowhere, the credential is bound to another key, or an option is missing.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9901#section-7.2 | RFC 9901 §7.2}
 */
export async function presentSdJwtCredential(token: string, options: PresentSdJwtOptions): Promise<string> {
  const { disclose, holder, nonce, audience, now } = options
  for (const [name, text] of Object.entries({ nonce, audience })) {
    if (typeof text !== 'string' || text === '')
      throw new TypeError(`options.${name} must be a non-empty string`)
  }
  if (!Number.isFinite(now)) throw new TypeError('options.now must be a finite number of seconds')
  const credential = parseSdJwtCredential(token)
  if (!isBoundTo(credential, holder)) throw new TypeError('the credential is bound to another key')
  const { jws, disclosures, hash } = credential
  const chosen = selectDisclosures(jws.claims, disclosures, disclose)
  const covered = `${[jws.token, ...chosen.map(({ text }) => text)].join('~')}~`
  const keyBinding = await signJws({
    header: { typ: 'kb+jwt' },
    payload: { iat: Math.floor(now), aud: audience, nonce, sd_hash: sdDigest(hash, covered) },
    signer: holder,
  })
  return `${covered}${keyBinding}`
}

function isBoundTo({ document }: UnverifiedSdJwtCredential, holder: Signer): boolean {
  const confirmation = confirmationOf(document)
  if (confirmation === undefined) return false
  return 'kid' in confirmation
    ? confirmation.kid === holder.kid
    : jwkThumbprint(parsePublicJwk(confirmation.jwk)) === jwkThumbprint(holder.publicJwk)
}
