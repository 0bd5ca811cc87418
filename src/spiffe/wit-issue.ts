import type { JsonObject } from '../encoding/index.ts'
import { jwkThumbprint, signJws, withKid, type PublicJwk, type Signer } from '../keys/index.ts'
import { randomId, systemClock, type Clock } from '../runtime/index.ts'
import { JWT_SVID_ALGORITHMS, readAuthorityKey, type JwtAuthority } from './jwt-authority.ts'
import type { TrustBundle } from './bundle.ts'
import { isMemberOf, type SpiffeId } from './spiffe-id.ts'
import { tokenHash, type PresentedWitSvid } from './wit-proof.ts'
import { parseWitSvid } from './wit-svid.ts'

/** What {@link issueWitSvid} makes out. */
export interface IssueWitSvidOptions {
  /** Signs it, with ES256 or ES384. */
  readonly signer: Signer
  /**
   * The bundle of the trust domain as it is published by now. It has the signer's key ({@link witAuthorityOf}): what is
   * signed with a key that others have not got yet is refused by them.
   */
  readonly bundle: TrustBundle
  /** Who the workload is. */
  readonly id: SpiffeId
  /** The workload's public key, and what it signs with: ES256 for P-256, ES384 for P-384. */
  readonly holder: PublicJwk
  /** Seconds until it ends, 1 to 86 400. Defaults to an hour. */
  readonly lifetime?: number
  /** Defaults to the system's. */
  readonly clock?: Clock
}

/** What {@link presentWitSvid} shows, and whom to. */
export interface PresentWitSvidOptions {
  /** The WIT-SVID. */
  readonly token: string
  /** Its key. */
  readonly signer: Signer
  /** The URL of the request. `https` only. */
  readonly url: string
  /** Seconds until the proof ends, 1 to 300. Defaults to 30. */
  readonly lifetime?: number
  /** Defaults to the system's. */
  readonly clock?: Clock
}

const HOUR = 3600
const MAX_LIFETIME = 24 * HOUR
const DEFAULT_PROOF_LIFETIME = 30
const MAX_PROOF_LIFETIME = 300
const ALGORITHMS: Readonly<Record<string, string>> = { 'P-256': 'ES256', 'P-384': 'ES384' }

/**
 * Issues a WIT-SVID: with the header parameters and claims that are required, a `jti`, and no others.
 *
 * The `kid` is the thumbprint of the signer's key, so that each key has one name and no two have the same.
 *
 * @throws {TypeError} The signer or the holder's key is for an algorithm that WIT-SVIDs do not have, the bundle has not
 *   got the signer's key or is of another trust domain than the workload, or the lifetime is out of range.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/WIT-SVID.md#4-token-signing-and-validation | WIT-SVID §4}
 */
export async function issueWitSvid(options: IssueWitSvidOptions): Promise<string> {
  const { signer, bundle, id, holder, lifetime = HOUR, clock = systemClock } = options
  checkSigner(signer)
  checkPublished(signer, bundle, id)
  checkLifetime(lifetime, MAX_LIFETIME)
  const alg = ALGORITHMS[holder.crv]
  if (alg === undefined) throw new TypeError('options.holder must be a key on P-256 or P-384')
  const { kty, crv, x, y = '' } = holder
  const now = Math.floor(clock.now())
  const payload = {
    sub: id.uri,
    iat: now,
    exp: now + lifetime,
    jti: randomId(),
    cnf: { jwk: { kty, crv, x, y, alg } },
  }
  const named = withKid(signer, jwkThumbprint(signer.publicJwk))
  return signJws({ header: { typ: 'wit+jwt' }, payload, signer: named })
}

/**
 * The entry of a bundle for the key of a signer.
 *
 * @throws {TypeError} It is for an algorithm that WIT-SVIDs do not have.
 */
export function witAuthorityOf(signer: Signer): JwtAuthority {
  checkSigner(signer)
  const { kty, crv, x, y = '' } = signer.publicJwk
  const key = readAuthorityKey({ kty, crv, x, y } satisfies JsonObject)
  if (key === undefined) throw new TypeError('options.signer has another key than its algorithm says')
  return Object.freeze({ kid: jwkThumbprint(signer.publicJwk), ...key })
}

/**
 * Makes the proof that goes with a WIT-SVID for one request. There is no way to show one without.
 *
 * @returns The values of the headers `Workload-Identity-Token` and `Workload-Proof-Token`.
 * @throws {VerificationError} As `parseWitSvid`, when the token is none.
 * @throws {TypeError} The URL is not `https`, the signer's key is not that of the token, or the lifetime is out of range.
 */
export async function presentWitSvid(options: PresentWitSvidOptions): Promise<PresentedWitSvid> {
  const { token, signer, lifetime = DEFAULT_PROOF_LIFETIME, clock = systemClock } = options
  const url = new URL(options.url)
  if (url.protocol !== 'https:') throw new TypeError('options.url must be an https URL')
  checkLifetime(lifetime, MAX_PROOF_LIFETIME)
  const { holder } = parseWitSvid(token)
  const { crv, x, y } = signer.publicJwk
  if (holder.jwk['crv'] !== crv || holder.jwk['x'] !== x || holder.jwk['y'] !== y) {
    throw new TypeError('options.signer must have the key of the token')
  }
  const proof = await signJws({
    header: { typ: 'wpt+jwt' },
    payload: {
      aud: url.origin + url.pathname,
      exp: Math.floor(clock.now()) + lifetime,
      jti: randomId(),
      wth: tokenHash(token),
    },
    signer,
  })
  return Object.freeze({ token, proof })
}

function checkSigner({ alg }: Signer): void {
  if (!JWT_SVID_ALGORITHMS.some((each) => each === alg)) {
    throw new TypeError('options.signer must sign with ES256 or ES384')
  }
}

function checkPublished(signer: Signer, bundle: TrustBundle, id: SpiffeId): void {
  if (!isMemberOf(id, bundle.trustDomain)) {
    throw new TypeError('options.bundle must be of the trust domain of options.id')
  }
  const { kid, jwk } = witAuthorityOf(signer)
  const published = bundle.witAuthorities.get(kid)?.jwk
  if (published?.['x'] !== jwk['x'] || published?.['y'] !== jwk['y']) {
    throw new TypeError('options.bundle must have the key of options.signer before it signs')
  }
}

function checkLifetime(seconds: number, max: number): void {
  if (!(Number.isInteger(seconds) && seconds >= 1 && seconds <= max)) {
    throw new TypeError(`options.lifetime must be 1 to ${max} whole seconds`)
  }
}
