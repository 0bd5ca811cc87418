import type { DidResolver } from '../did/index.ts'
import { ComityError, TrustError, VerificationError } from '../errors/index.ts'
import { createLruMap, type LruMap } from '../runtime/index.ts'
import { verifyIssuerList, type IssuerList } from '../status/index.ts'
import type { AnchorDocument } from './anchor-document.ts'
import type { AnchorLeaf } from './anchor-payload.ts'
import type { AnchorSet } from './anchor-set.ts'
import type { BabyJubJubPoint } from './baby-jubjub.ts'
import { isSet, joinStatuses, statusOf, type IssuerStatus } from './issuer-status.ts'
import type { StatusTree } from './status-tree.ts'

/** Status trees that are kept: an agent has credentials of few issuers. */
const MAX_TREES = 16

/** What of a credential its place among the anchors is found by. A verified compliance credential has it. */
export interface AnchoredCredential {
  /** The issuer's DID. */
  readonly issuer: string
  /** The key that signed it. */
  readonly issuerKey: BabyJubJubPoint
  /** Its type. */
  readonly type: string
  /** Where its status stands. */
  readonly status: { readonly uri: string; readonly idx: number }
}

/** The place of a credential among the anchors, and that it is not taken back. */
export interface AnchoredLeaf {
  /** The place of its issuer's leaf, from 0. */
  readonly index: number
  /** The siblings on the way from there to the root, lowest first: eight. */
  readonly siblings: readonly bigint[]
  /** The tree over what its issuer has taken back: `leaf(idx)` and `path(idx)` are what a proof needs. */
  readonly statusTree: Pick<StatusTree, 'root' | 'leaf' | 'path'>
}

/** Status trees by issuer, each the one that was built last. */
export type TreeCache = LruMap<IssuerStatus>

/** Makes a cache of status trees. */
export function createTreeCache(): TreeCache {
  return createLruMap<IssuerStatus>({ maxEntries: MAX_TREES })
}

/**
 * Makes what finds the place of a credential in a list. It rejects as `leafOf` of a download does.
 *
 * @param document - The download that the list came in.
 */
export function createLeafFinder(
  anchors: AnchorSet,
  document: AnchorDocument,
  { resolver, trees }: { readonly resolver: DidResolver; readonly trees: TreeCache },
): (credential: AnchoredCredential) => Promise<AnchoredLeaf> {
  const verifiedLists = new Map<string, Promise<readonly IssuerList[]>>()

  async function listsOf({ issuer, statusLists }: AnchorLeaf): Promise<readonly IssuerList[]> {
    const known = verifiedLists.get(issuer)
    if (known !== undefined) return known
    // As of when the anchors were made: by now, a list may be due to be signed again.
    const now = anchors.issuedAt
    const lists = Promise.all(
      statusLists.map(async (uri) =>
        verifyIssuerList(document.statusLists.get(uri) ?? '', { issuer, uri, resolver, now }),
      ),
    )
    verifiedLists.set(issuer, lists)
    lists.catch(() => verifiedLists.delete(issuer))
    return lists
  }

  return async (credential) => {
    const index = findLeaf(anchors, credential)
    const leaf = anchors.leaves[index]
    if (leaf === undefined) throw notAnchored('the issuer of the credential is not in the list')
    const { idx, uri } = credential.status
    const lists = await listsOf(leaf).catch(translateListFailure)
    const own = lists.find((list) => list.uri === uri)
    if (own === undefined) throw notAnchored('the status list of the credential is not in the list')
    const bits = joinStatuses(lists.map(({ list }) => list))
    const { tree } = treeOf(leaf.issuer, bits, trees)
    if (tree.root !== leaf.statusRoot)
      throw statusListWrong('a status list is not the one of the anchor list')
    if (idx < own.list.length && own.list.get(idx) !== 0) {
      throw new VerificationError('COMITY_ZK_CREDENTIAL_REVOKED', 'the credential is revoked or suspended', {
        spec: 'zk.md, Anchors',
      })
    }
    if (isSet(bits, idx)) {
      throw new TrustError('COMITY_ZK_STATUS_COLLISION', 'another credential of this index was taken back')
    }
    return Object.freeze({ index, siblings: anchors.path(index), statusTree: tree })
  }
}

/** The tree of bits that are the same as before is the same. */
function treeOf(issuer: string, bits: Uint8Array, trees: TreeCache): IssuerStatus {
  const known = trees.get(issuer)
  if (known?.bits.length === bits.length && known.bits.every((byte, at) => byte === bits[at])) return known
  const status = statusOf(bits)
  trees.set(issuer, status)
  return status
}

function findLeaf({ leaves, type: anchoredType }: AnchorSet, credential: AnchoredCredential): number {
  const { issuer, issuerKey, type } = credential
  if (type !== anchoredType) throw notAnchored('the list is for another type of credential')
  return leaves.findIndex(
    (leaf) => leaf.issuer === issuer && leaf.key.x === issuerKey.x && leaf.key.y === issuerKey.y,
  )
}

function translateListFailure(cause: unknown): never {
  if (!(cause instanceof ComityError) || cause.code === 'COMITY_STATUS_UNAVAILABLE') throw cause
  throw statusListWrong('a status list is not the one of its issuer', cause)
}

function statusListWrong(message: string, cause?: ComityError): VerificationError {
  return new VerificationError('COMITY_ZK_ANCHORS_STATUS_LIST', message, {
    spec: 'zk.md, Anchors',
    ...(cause === undefined ? {} : { details: { because: cause.code }, cause }),
  })
}

function notAnchored(message: string): TrustError {
  return new TrustError('COMITY_ZK_ISSUER_NOT_ANCHORED', message, { spec: 'zk.md, Anchors' })
}
