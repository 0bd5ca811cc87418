import { findVerificationKey, isDid, isDidUrlOf, type DidDocument, type DidResolver } from '../did/index.ts'
import { ComityError, PolicyError, TrustError, VerificationError } from '../errors/index.ts'
import { parseJws, signJws, verifyJwsSignature, type Signer, type UnverifiedJws } from '../keys/index.ts'
import type { FetchBudget } from '../net/index.ts'
import { systemClock } from '../runtime/index.ts'
import {
  malformed,
  readAnchorPayload,
  writeAnchorPayload,
  type AnchorLeaf,
  type AnchorPayload,
} from './anchor-payload.ts'
import {
  ANCHORS_CLOCK_TOLERANCE,
  anchorDigest,
  anchorHash,
  anchorTree,
  sealAnchorSet,
  type AnchorSet,
} from './anchor-set.ts'
import { assertSubgroupPoint, type BabyJubJubPoint } from './baby-jubjub.ts'

/** The `typ` of an anchor list. */
export const ANCHORS_TYP = 'comity-anchors+jwt'

/** The most characters of an anchor list. */
export const MAX_ANCHORS_LENGTH: number = 1024 * 1024

/** What an anchor list is made from. */
export interface IssueAnchorListOptions {
  /** A key of the verifier's; its `kid` is a DID URL under `issuer`, listed in `assertionMethod`. */
  readonly signer: Signer
  /** The verifier's DID. */
  readonly issuer: string
  /** The type of credential that it is about. */
  readonly type: string
  /** The start of the epoch, in whole seconds since the Unix epoch. */
  readonly epoch: number
  /** How many seconds ordinary epochs have, 60 to 3600. */
  readonly epochSeconds: number
  /** The end of the epoch; later than its start by at most `epochSeconds`, which is the default. */
  readonly expiresAt?: number
  /** When it is made, in whole seconds since the Unix epoch. Defaults to the start of the epoch. */
  readonly issuedAt?: number
  /** At most 256, no key twice. */
  readonly leaves: readonly AnchorLeaf[]
  /** Checks a key, for who remembers those that were good. Defaults to `assertSubgroupPoint`. */
  readonly checkKey?: (key: BabyJubJubPoint) => void
}

/** What is expected of an anchor list. */
export interface VerifyAnchorListOptions {
  /** What the demand calls it: `urn:sha256:…`. */
  readonly digest: string
  /** The DID of the verifier, who must have signed it. */
  readonly issuer: string
  /** Resolves the verifier. */
  readonly resolver: DidResolver
  /** The current time in seconds since the Unix epoch. Defaults to the system clock. */
  readonly now?: number
  /** Bounds the look-ups. */
  readonly budget?: FetchBudget
}

/**
 * Makes and signs an anchor list.
 *
 * @param options - See {@link IssueAnchorListOptions}.
 * @returns The list, frozen: `jws` is to be published, `digest` goes into demands.
 * @throws {VerificationError} `COMITY_ZK_ANCHORS_MALFORMED`, `COMITY_ZK_ANCHORS_KEY_TWICE`, `COMITY_ZK_KEY_INVALID`: when
 *   it is not one that others take.
 * @throws {TypeError} When the signer's key is somebody else's.
 * @see docs/spec/zk.md, "Anchors"
 */
export async function issueAnchorList(options: IssueAnchorListOptions): Promise<AnchorSet> {
  const { signer, issuer, type, epoch, epochSeconds, leaves, checkKey = assertSubgroupPoint } = options
  const { expiresAt = epoch + epochSeconds, issuedAt = epoch } = options
  if (!isDid(issuer) || !isDidUrlOf(signer.kid, issuer)) {
    throw new TypeError('options.signer.kid must be a DID URL under options.issuer')
  }
  const root = anchorTree({ leaves }).root
  const claims = writeAnchorPayload({
    issuer,
    type,
    epoch,
    epochSeconds,
    issuedAt,
    expiresAt,
    leaves,
    root,
  })
  const payload = readAnchorPayload(claims)
  const jws = await signJws({ header: { typ: ANCHORS_TYP }, payload: claims, signer })
  if (jws.length > MAX_ANCHORS_LENGTH) throw malformed('the list is too large')
  return sealAnchorSet(payload, jws, checkKey)
}

/**
 * Verifies an anchor list.
 *
 * The checks run in this order: size (1 MiB), digest, form, `iss`, key in the verifier's `assertionMethod`, signature,
 * members and bounds, no key twice, times (60 seconds of clock difference), each key in BabyJubJub's subgroup of prime
 * order, root.
 *
 * @param jws - A compact JWS, `typ: comity-anchors+jwt`.
 * @param options - See {@link VerifyAnchorListOptions}.
 * @returns The list, frozen.
 * @throws {VerificationError} `COMITY_ZK_ANCHORS_FORGED` when it is not the list of this digest, not of this verifier or
 *   not signed by it; `COMITY_ZK_ANCHORS_MALFORMED`, `COMITY_ZK_ANCHORS_KEY_TWICE`, `COMITY_ZK_ANCHORS_NOT_YET_VALID`,
 *   `COMITY_ZK_KEY_INVALID`, `COMITY_ZK_ANCHORS_ROOT`.
 * @throws {PolicyError} `COMITY_ZK_ANCHORS_STALE` when its epoch is over.
 * @throws {TrustError} `COMITY_ZK_ANCHORS_UNAVAILABLE` when the verifier cannot be resolved.
 * @throws {TypeError} An option is missing or out of range.
 * @see docs/spec/zk.md, "Anchors"
 */
export async function verifyAnchorList(jws: string, options: VerifyAnchorListOptions): Promise<AnchorSet> {
  const { digest, issuer, resolver, now = systemClock.now(), budget } = options
  if (anchorHash(digest) === undefined) throw new TypeError('options.digest must be a urn:sha256')
  if (!isDid(issuer)) throw new TypeError('options.issuer must be a DID')
  if (!Number.isFinite(now)) throw new TypeError('options.now must be a finite number of seconds')
  if (typeof jws !== 'string' || jws.length > MAX_ANCHORS_LENGTH) throw malformed('the list is too large')
  if (anchorDigest(wellFormed(jws)) !== digest) throw forged('the list is not the one of this digest')
  const parsed = parse(jws)
  if (parsed.claims['iss'] !== issuer) throw forged('the list is of somebody else')
  await checkSignature(parsed, await resolve(issuer, resolver, budget))
  const payload = readAnchorPayload(parsed.claims)
  checkAnchorTimes(payload, now)
  return sealAnchorSet(payload, jws)
}

/**
 * Checks that an epoch is the one of now, give or take a minute.
 *
 * @throws {VerificationError} `COMITY_ZK_ANCHORS_NOT_YET_VALID`.
 * @throws {PolicyError} `COMITY_ZK_ANCHORS_STALE`.
 */
export function checkAnchorTimes(
  { epoch, issuedAt, expiresAt }: Pick<AnchorPayload, 'epoch' | 'issuedAt' | 'expiresAt'>,
  now: number,
): void {
  const spec = 'zk.md, Anchors'
  if (Math.max(epoch, issuedAt) > now + ANCHORS_CLOCK_TOLERANCE) {
    throw new VerificationError('COMITY_ZK_ANCHORS_NOT_YET_VALID', 'the list is of an epoch to come', {
      spec,
    })
  }
  if (expiresAt <= now - ANCHORS_CLOCK_TOLERANCE) {
    throw new PolicyError('COMITY_ZK_ANCHORS_STALE', 'the epoch of the list is over', { spec })
  }
}

/** What is no text of ASCII is no compact JWS, and has no digest. */
function wellFormed(jws: string): string {
  if (/^[A-Za-z0-9_.-]*$/.test(jws)) return jws
  throw malformed('the list is no compact JWS')
}

function parse(jws: string): UnverifiedJws {
  try {
    return parseJws(jws, { typ: ANCHORS_TYP, maxLength: MAX_ANCHORS_LENGTH })
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw malformed('the list is no compact JWS of its type', cause)
  }
}

async function resolve(
  issuer: string,
  resolver: DidResolver,
  budget: FetchBudget | undefined,
): Promise<DidDocument> {
  try {
    return await resolver.resolveDocument(issuer, budget === undefined ? {} : { budget })
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw new TrustError('COMITY_ZK_ANCHORS_UNAVAILABLE', 'the verifier cannot be resolved', {
      details: { because: cause.code },
      cause,
    })
  }
}

async function checkSignature(jws: UnverifiedJws, document: DidDocument): Promise<void> {
  try {
    const key = findVerificationKey(document, jws.header.kid ?? '', 'assertionMethod')
    await verifyJwsSignature(jws, key)
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw forged('the list is not signed by the verifier', cause)
  }
}

function forged(message: string, cause?: ComityError): VerificationError {
  return new VerificationError('COMITY_ZK_ANCHORS_FORGED', message, {
    spec: 'zk.md, Anchors',
    ...(cause === undefined ? {} : { details: { because: cause.code }, cause }),
  })
}
