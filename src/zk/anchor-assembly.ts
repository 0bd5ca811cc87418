import type { IssuerTrust } from '../credentials/index.ts'
import { ComityError, PolicyError, TrustError } from '../errors/index.ts'
import { createFetchBudget } from '../net/index.ts'
import type { Clock } from '../runtime/index.ts'
import { MAX_ANCHOR_DOCUMENT } from './anchor-document.ts'
import { keyName, type AnchorProblem, type IssuerReading } from './anchor-issuers.ts'
import { MAX_ANCHORS, type AnchorLeaf } from './anchor-payload.ts'
import { MAX_ANCHORS_LENGTH } from './anchors.ts'

/** What judging one issuer may cost. */
const TRUST_BUDGET = { requests: 32, bytes: MAX_ANCHOR_DOCUMENT, timeoutMs: 15_000 } as const

/** Left free in a list and in a download for what is not about an issuer. */
const OVERHEAD = 8192

/** The leaves of a list, and the status lists to serve beside it. */
export interface Assembly {
  readonly leaves: readonly AnchorLeaf[]
  /** Status List Tokens by URL. */
  readonly statusLists: ReadonlyMap<string, string>
}

/** What issuers are judged by. */
export interface JudgeOptions {
  readonly trust: IssuerTrust
  /** The verifier's DID: whom credentials are shown to. */
  readonly did: string
  readonly clock: Clock
  readonly onProblem: (problem: AnchorProblem) => void
}

/** Those of the issuers that the trust port accepts for a type, in their order. */
export async function acceptedReadings(
  type: string,
  readings: readonly IssuerReading[],
  { trust, did, clock, onProblem }: JudgeOptions,
): Promise<readonly IssuerReading[]> {
  const judged = readings.map(async ({ issuer }) => {
    try {
      const budget = createFetchBudget({ ...TRUST_BUDGET, clock })
      const now = clock.now()
      const { accepted } = await trust.judge({ issuer, type, audience: did, now, budget })
      // The port is somebody else's code: anything but `true` is a no.
      if ((accepted as unknown) === true) return true
      const error = new TrustError('COMITY_ISSUER_NOT_TRUSTED', 'the issuer is not trusted for this type')
      onProblem({ issuer, type, error })
    } catch (error) {
      if (!(error instanceof ComityError)) throw error
      onProblem({ issuer, type, error })
    }
    return false
  })
  const answers = await Promise.all(judged)
  return readings.filter((_, index) => answers[index])
}

/**
 * Puts the leaves of issuers together, in their order, as many as fit. An issuer has all of its keys in a list, or none.
 *
 * A key that two issuers claim is nobody's: with two leaves, what one of them revokes would be valid with the other.
 */
export function assemble(
  type: string,
  readings: readonly IssuerReading[],
  onProblem: (problem: AnchorProblem) => void,
): Assembly {
  const shared = findShared(readings)
  const leaves: AnchorLeaf[] = []
  const statusLists = new Map<string, string>()
  const used = { list: OVERHEAD, download: OVERHEAD }
  for (const reading of readings) {
    const { issuer } = reading
    if (namesOf(reading).some((name) => shared.has(name))) {
      const message = 'another issuer has a key or a status list of this one'
      onProblem({ issuer, type, error: new TrustError('COMITY_ZK_ISSUER_KEY_SHARED', message) })
      continue
    }
    const size = sizeOf(reading)
    const isFull =
      leaves.length + reading.leaves.length > MAX_ANCHORS ||
      used.list + size.list > MAX_ANCHORS_LENGTH ||
      used.download + size.list + size.lists > MAX_ANCHOR_DOCUMENT
    if (isFull) {
      const error = new PolicyError('COMITY_ZK_ANCHORS_FULL', 'the list has no room for the issuer', {
        details: { keys: reading.leaves.length, characters: size.list + size.lists },
      })
      onProblem({ issuer, type, error })
      continue
    }
    used.list += size.list
    used.download += size.list + size.lists
    leaves.push(...reading.leaves)
    for (const { uri, token } of reading.lists) statusLists.set(uri, token)
  }
  return { leaves, statusLists }
}

/** How many characters an issuer takes at most, in the JWS and in the download. */
function sizeOf({ leaves, lists }: IssuerReading): { readonly list: number; readonly lists: number } {
  const ofLeaf = ({ issuer, kid, statusLists }: AnchorLeaf): number =>
    // Two coordinates, a root, and the names of six members.
    256 + JSON.stringify([issuer, kid, ...statusLists]).length
  const json = leaves.reduce((sum, leaf) => sum + ofLeaf(leaf), 0)
  const tokens = lists.reduce((sum, { uri, token }) => sum + JSON.stringify([uri, token]).length, 0)
  return { list: Math.ceil((json * 4) / 3), lists: tokens }
}

function namesOf({ leaves, lists }: IssuerReading): readonly string[] {
  return [...leaves.map(({ key }) => keyName(key)), ...lists.map(({ uri }) => uri)]
}

function findShared(readings: readonly IssuerReading[]): ReadonlySet<string> {
  const seen = new Set<string>()
  const shared = new Set<string>()
  for (const name of readings.flatMap(namesOf)) {
    if (seen.has(name)) shared.add(name)
    seen.add(name)
  }
  return shared
}
