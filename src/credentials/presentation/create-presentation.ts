import { parseDid, parseDidUrl } from '../../did/index.ts'
import { signJws, type Signer } from '../../keys/index.ts'
import { systemClock } from '../../runtime/index.ts'
import { CREDENTIALS_CONTEXT } from '../context-rules.ts'
import { MAX_PRESENTED, PRESENTATION_TYPE } from '../presentation-rules.ts'
import { parseCredential } from '../unverified-credential.ts'
import { ENVELOPE_PREFIX, parsePresentation } from './unverified-presentation.ts'

const DEFAULT_LIFETIME = 120
const MAX_LIFETIME = 3600

/** What a presentation is made from. */
export interface CreatePresentationOptions {
  /** A key of the holder's; its `kid` is a DID URL under `holder`, listed in `authentication`. */
  readonly signer: Signer
  /** The DID of the holder. */
  readonly holder: string
  /** The credentials to show: 1 to 16 tokens, `vc+jwt`. */
  readonly credentials: readonly string[]
  /** What the verifier gave to be signed. */
  readonly nonce: string
  /** The verifier's name. */
  readonly audience: string
  /** The current time in seconds since the Unix epoch. Defaults to the system clock. */
  readonly now?: number
  /** For how long it may be accepted, in seconds, 1 to 3600. Defaults to 120. */
  readonly lifetimeSeconds?: number
}

/**
 * Makes a presentation as a `vp+jwt`, bound to one verifier and one nonce.
 *
 * @param options - See {@link CreatePresentationOptions}.
 * @returns A compact JWS.
 * @throws {VerificationError} The codes of `parseCredential` when one of the credentials is none;
 *   `COMITY_JWS_TOO_LARGE` when all of them are too much for one presentation.
 * @throws {TypeError} When an option is missing or contradicts another.
 * @see {@link https://www.w3.org/TR/vc-jose-cose/#securing-vps-with-jose | VC-JOSE-COSE §3.1.2}
 */
export async function createPresentation(options: CreatePresentationOptions): Promise<string> {
  const { signer, holder, credentials, nonce, audience, now = systemClock.now() } = options
  const { lifetimeSeconds = DEFAULT_LIFETIME } = options
  for (const [name, text] of Object.entries({ nonce, audience })) {
    if (typeof text !== 'string' || text === '')
      throw new TypeError(`options.${name} must be a non-empty string`)
  }
  if (!(lifetimeSeconds >= 1 && lifetimeSeconds <= MAX_LIFETIME)) {
    throw new TypeError(`options.lifetimeSeconds must be 1 to ${String(MAX_LIFETIME)} seconds`)
  }
  if (!Array.isArray(credentials) || credentials.length === 0 || credentials.length > MAX_PRESENTED) {
    throw new TypeError(`options.credentials must be 1 to ${String(MAX_PRESENTED)} tokens`)
  }
  if (parseDidUrl(signer.kid).did !== parseDid(holder).did) {
    throw new TypeError('options.signer.kid must be a DID URL under options.holder')
  }
  const envelopes = credentials.map((token: string) => ({
    '@context': CREDENTIALS_CONTEXT,
    type: 'EnvelopedVerifiableCredential',
    id: `${ENVELOPE_PREFIX}${parseCredential(token).token}`,
  }))
  const iat = Math.floor(now)
  const token = await signJws({
    header: { typ: 'vp+jwt', cty: 'vp' },
    payload: {
      '@context': [CREDENTIALS_CONTEXT],
      type: [PRESENTATION_TYPE],
      holder,
      verifiableCredential: envelopes,
      nonce,
      aud: audience,
      iat,
      exp: iat + lifetimeSeconds,
    },
    signer,
  })
  return parsePresentation(token).token
}
