import { findVerificationKey, parseDidUrl } from '../../did/index.ts'
import { PolicyError, VerificationError } from '../../errors/index.ts'
import { checkTimes, requireAudience, verifyJwsSignature } from '../../keys/index.ts'
import { systemClock } from '../../runtime/index.ts'
import type { SignedCredential, VerifiedCredential } from '../verified-credential.ts'
import { verifyCredential, verifySignedCredential, type VerifyCredentialOptions } from '../verify.ts'
import { parsePresentation, type UnverifiedPresentation } from './unverified-presentation.ts'
import { sealPresentation, type VerifiedPresentation } from './verified-presentation.ts'

const DEFAULT_CLOCK_TOLERANCE = 60
const MAX_CLOCK_TOLERANCE = 300

/** What the verifier expects. Every field without a `?` is a decision that it cannot skip. */
export interface VerifyPresentationOptions extends Omit<
  VerifyCredentialOptions,
  'holder' | 'audience' | 'format' | 'keyBinding'
> {
  /** What the verifier gave the holder to sign: fresh, random, used once. Seeing to that is up to the caller. */
  readonly nonce: string
  /** The verifier's own name, which `aud` must contain. It is what credentials with an `aud` are held against, too. */
  readonly audience: string
  /** The DID that must show the presentation. Without it, whoever can prove to be the holder that it names. */
  readonly holder?: string
  /**
   * Whom the credentials must be about. `holder`, the default, refuses a presentation with one about anybody else.
   * `anyone` puts those into `others`, with nothing but issuer and times verified: they say nothing about the holder.
   */
  readonly about?: 'holder' | 'anyone'
  /** The most seconds since `iat`, which is then required. Without it the nonce alone says that it is fresh. */
  readonly maxAge?: number
}

/**
 * Verifies a presentation: that the holder signed it for this verifier and this occasion, and all credentials in it.
 *
 * The checks run in this order, and the first that fails decides the error: the form (as `parsePresentation`), with
 * nothing but `vc+jwt` inside; the holder, where one is expected; the key, which must be in the `authentication` of the holder's DID document;
 * signature; `exp`, `nbf` and `iat`, where they are there; `aud`; `nonce`; each credential, as `verifyCredential` does
 * with the holder as its `holder`. Nothing is looked up for a credential before the holder's signature is good.
 *
 * @param token - A compact JWS, `typ: vp+jwt`.
 * @param options - See {@link VerifyPresentationOptions}.
 * @returns The presentation with its verified credentials, frozen.
 * @throws {VerificationError} The codes of `parsePresentation`; `COMITY_PRESENTATION_HOLDER` when the key is not the
 *   holder's, or the holder is not the expected one; `COMITY_DID_KEY_RELATIONSHIP`, `COMITY_SIGNATURE_INVALID`;
 *   `COMITY_JWT_CLAIM_INVALID`, `COMITY_TOKEN_EXPIRED`, `COMITY_TOKEN_NOT_YET_VALID`; `COMITY_PRESENTATION_NONCE`; the
 *   codes of `verifyCredential`, `COMITY_CREDENTIAL_HOLDER` among them.
 * @throws {TrustError} The codes of resolution and of `verifyCredential`.
 * @throws {PolicyError} `COMITY_PRESENTATION_FORMAT`, `COMITY_AUDIENCE_MISMATCH`, and the codes of `verifyCredential`.
 * @throws {TypeError} An option is missing or out of range.
 * @see {@link https://www.w3.org/TR/vc-jose-cose/#securing-vps-with-jose | VC-JOSE-COSE §3.1.2}
 */
export async function verifyPresentation(
  token: string,
  options: VerifyPresentationOptions,
): Promise<VerifiedPresentation> {
  checkOptions(options)
  const presentation = parsePresentation(token)
  if (presentation.closed > 0) {
    throw new PolicyError(
      'COMITY_PRESENTATION_FORMAT',
      'a credential is secured in a way that is not verified here',
    )
  }
  await checkHolder(presentation, options)
  checkOccasion(presentation, options)
  const credentials: VerifiedCredential[] = []
  const others: SignedCredential[] = []
  for (const { token: enclosed, subject } of presentation.credentials) {
    if (subject !== presentation.holder && options.about === 'anyone') {
      others.push(await verifySignedCredential(enclosed, optionsOfOthers(options)))
    } else {
      credentials.push(await verifyCredential(enclosed, optionsOfCredential(options, presentation.holder)))
    }
  }
  return sealPresentation(presentation, { credentials, others })
}

function checkOptions({
  nonce,
  audience,
  holder,
  about,
  maxAge,
  ...options
}: VerifyPresentationOptions): void {
  for (const [name, text] of Object.entries({ nonce, audience, ...(holder !== undefined && { holder }) })) {
    if (typeof text !== 'string' || text === '')
      throw new TypeError(`options.${name} must be a non-empty string`)
  }
  if (about !== undefined && (about as string) !== 'holder' && (about as string) !== 'anyone') {
    throw new TypeError('options.about must be holder or anyone')
  }
  if (maxAge !== undefined && !(maxAge > 0)) throw new TypeError('options.maxAge must be above 0 seconds')
  const { now = 0, clockTolerance = 0, resolver } = options
  if (typeof (resolver as { resolveDocument?: unknown } | undefined)?.resolveDocument !== 'function') {
    throw new TypeError('options.resolver must be a DID resolver')
  }
  if (!Number.isFinite(now)) throw new TypeError('options.now must be a finite number of seconds')
  if (!(clockTolerance >= 0 && clockTolerance <= MAX_CLOCK_TOLERANCE)) {
    throw new TypeError(`options.clockTolerance must be 0 to ${String(MAX_CLOCK_TOLERANCE)} seconds`)
  }
}

/** The holder signed it, with a key that is for proving who one is. */
async function checkHolder(
  { holder, kid, jws }: UnverifiedPresentation,
  options: VerifyPresentationOptions,
): Promise<void> {
  if (options.holder !== undefined && holder !== options.holder) {
    throw new VerificationError('COMITY_PRESENTATION_HOLDER', 'the presentation is shown by another party')
  }
  if (parseDidUrl(kid).did !== holder) {
    throw new VerificationError('COMITY_PRESENTATION_HOLDER', 'the key is not one of the holder', {
      spec: 'VC-JOSE-COSE §4.1.1',
    })
  }
  const { resolver, budget } = options
  const document = await resolver.resolveDocument(holder, budget === undefined ? {} : { budget })
  await verifyJwsSignature(jws, findVerificationKey(document, kid, 'authentication'))
}

/** It was made now, for this verifier, and for what the verifier asked. */
function checkOccasion(
  { jws: { claims } }: UnverifiedPresentation,
  options: VerifyPresentationOptions,
): void {
  const {
    now = systemClock.now(),
    clockTolerance = DEFAULT_CLOCK_TOLERANCE,
    maxAge,
    audience,
    nonce,
  } = options
  const { issuedAt = -Infinity } = checkTimes(claims, {
    now,
    clockTolerance,
    ...(maxAge !== undefined && { require: ['iat'] as const }),
  })
  if (maxAge !== undefined && now - issuedAt > maxAge + clockTolerance) {
    throw new VerificationError('COMITY_TOKEN_EXPIRED', 'the presentation was made too long ago', {
      details: { maxAge },
    })
  }
  requireAudience(claims, audience)
  if (claims['nonce'] === nonce) return
  throw new VerificationError(
    'COMITY_PRESENTATION_NONCE',
    'the presentation was not made for this occasion',
    {
      spec: 'VCDM 2.0 §4.13',
    },
  )
}

function optionsOfCredential(options: VerifyPresentationOptions, holder: string): VerifyCredentialOptions {
  const { nonce: _nonce, about: _about, maxAge: _maxAge, ...rest } = options
  return { ...rest, holder, format: 'vc+jwt' }
}

function optionsOfOthers(options: VerifyPresentationOptions): Parameters<typeof verifySignedCredential>[1] {
  const { resolver, audience, now, clockTolerance, budget, cache } = options
  return {
    resolver,
    audience,
    ...(now !== undefined && { now }),
    ...(clockTolerance !== undefined && { clockTolerance }),
    ...(budget !== undefined && { budget }),
    ...(cache !== undefined && { cache }),
  }
}
