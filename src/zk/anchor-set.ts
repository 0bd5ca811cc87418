import { encodeBase64url, encodeUtf8 } from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'
import { sha256 } from '../runtime/index.ts'
import type { AnchorPayload } from './anchor-payload.ts'
import { assertSubgroupPoint, type BabyJubJubPoint } from './baby-jubjub.ts'
import { buildTree } from './merkle.ts'
import { issuerLeaf } from './status-tree.ts'

/** Levels of the tree of anchors above its leaves. */
export const ANCHORS_DEPTH = 8

/** Clocks may differ so much, in seconds. */
export const ANCHORS_CLOCK_TOLERANCE = 60

const DIGEST_PREFIX = 'urn:sha256:'
const DIGEST = /^urn:sha256:[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

declare const anchored: unique symbol

/**
 * A verifier's list of the issuers that it accepts for one type of credential in one epoch, checked: its keys are in the
 * subgroup, each once, and its root is the one of its leaves. Frozen. Only `verifyAnchorList` and `issueAnchorList` make
 * one.
 */
export interface AnchorSet extends AnchorPayload {
  readonly [anchored]: true
  /** The compact JWS. */
  readonly jws: string
  /** What names it in a demand: `urn:sha256:` and the SHA-256 of the JWS in base64url. */
  readonly digest: string
  /**
   * The siblings on the way from a leaf to the root, lowest first: eight.
   *
   * @param index - The place of the leaf in `leaves`, from 0.
   */
  path(index: number): readonly bigint[]
}

const sets = new WeakSet<object>()

/**
 * Makes sure that a value came out of `verifyAnchorList` or `issueAnchorList`.
 *
 * @throws {TypeError} When it did not: the caller has a bug, or made the value by hand.
 */
export function assertAnchorSet(value: unknown): asserts value is AnchorSet {
  if (typeof value === 'object' && value !== null && sets.has(value)) return
  throw new TypeError('the value is not an anchor list that was verified')
}

/** The tree over the leaves. */
export function anchorTree({ leaves }: Pick<AnchorPayload, 'leaves'>): ReturnType<typeof buildTree> {
  return buildTree(
    ANCHORS_DEPTH,
    leaves.map(({ key, statusRoot }) => issuerLeaf(key, statusRoot)),
  )
}

/**
 * Checks what takes computing, and seals.
 *
 * @param checkKey - Checks a key, for who remembers those that were good.
 * @throws {VerificationError} `COMITY_ZK_KEY_INVALID`; `COMITY_ZK_ANCHORS_ROOT`.
 */
export function sealAnchorSet(
  payload: AnchorPayload,
  jws: string,
  checkKey: (key: BabyJubJubPoint) => void = assertSubgroupPoint,
): AnchorSet {
  for (const { key } of payload.leaves) checkKey(key)
  const tree = anchorTree(payload)
  if (tree.root !== payload.root) {
    throw new VerificationError('COMITY_ZK_ANCHORS_ROOT', 'the root is not the one of the leaves', {
      spec: 'zk.md, Anchors',
    })
  }
  const path = (index: number): readonly bigint[] => tree.path(index)
  const set = Object.freeze({ ...payload, jws, digest: anchorDigest(jws), path }) as AnchorSet
  sets.add(set)
  return set
}

/** What names an anchor list: `urn:sha256:` and the SHA-256 of the compact JWS in base64url. */
export function anchorDigest(jws: string): string {
  return `${DIGEST_PREFIX}${encodeBase64url(sha256(encodeUtf8(jws)))}`
}

/** The SHA-256 in the name of an anchor list, in base64url; undefined where it is no such name. */
export function anchorHash(digest: string): string | undefined {
  return DIGEST.test(digest) ? digest.slice(DIGEST_PREFIX.length) : undefined
}
