import type { DidDocument, DidResolver } from '../did/index.ts'
import { ComityError, TrustError } from '../errors/index.ts'
import { createFetchBudget, type GuardedFetch } from '../net/index.ts'
import { createLruMap, type Clock } from '../runtime/index.ts'
import { createIssuerListReader, type IssuerList, type IssuerListReader } from '../status/index.ts'
import { MAX_ANCHOR_DOCUMENT } from './anchor-document.ts'
import { MAX_ANCHORS, type AnchorLeaf } from './anchor-payload.ts'
import { parseBabyJubJubJwk, type BabyJubJubPoint } from './baby-jubjub.ts'
import { joinStatuses, statusOf, updateStatus, type IssuerStatus } from './issuer-status.ts'

/** What reading one issuer may cost. Its DID is the verifier's own choice, and what is behind it is not. */
const BUDGET = { requests: 96, bytes: 3 * MAX_ANCHOR_DOCUMENT, timeoutMs: 15_000 } as const

/** An issuer that cannot be reached is asked once more. */
const ATTEMPTS = 2

/** An issuer as it was read last. */
export interface IssuerReading {
  /** Its DID. */
  readonly issuer: string
  /** A leaf for each of its keys. */
  readonly leaves: readonly AnchorLeaf[]
  /** Its status lists, as it signed them. */
  readonly lists: readonly Pick<IssuerList, 'uri' | 'token'>[]
  /** Whether a status was taken back since it was read before. */
  readonly hasTaken: boolean
}

/** Why an issuer is not in a list. */
export interface AnchorProblem {
  /** The issuer's DID; the verifier's own where a list could not be made at all. */
  readonly issuer: string
  /** The type of credential; absent where it concerns all of them. */
  readonly type?: string
  /** What went wrong. */
  readonly error: ComityError
}

/** What issuers are read with. */
export interface AnchorIssuersOptions {
  readonly fetch: GuardedFetch
  readonly resolver: DidResolver
  readonly clock: Clock
  /** How many issuers are read at a time. */
  readonly maxParallel: number
  readonly onProblem: (problem: AnchorProblem) => void
}

/** The issuers that a verifier anchors, as they were read last. */
export interface AnchorIssuers {
  /** Reads these issuers now. One that cannot be read is left out from then on, until it is read again. */
  refresh(issuers: Iterable<string>): Promise<void>
  /** What was read last; undefined where that failed. */
  find(issuer: string): IssuerReading | undefined
}

/** Keeps the issuers of a verifier, and their status trees, which are carried on from reading to reading. */
export function createAnchorIssuers(options: AnchorIssuersOptions): AnchorIssuers {
  const { onProblem, maxParallel } = options
  const reader = createIssuerListReader({ ...options, maxBytes: MAX_ANCHOR_DOCUMENT })
  const readings = new Map<string, IssuerReading>()
  const statuses = new Map<string, IssuerStatus>()
  const parseKey = createKeyParser()

  async function readOne(issuer: string): Promise<void> {
    // Whatever happens below: what was read before is not good any more.
    readings.delete(issuer)
    try {
      const { document, lists } = await readLists(reader, issuer, options.clock)
      if (lists.length === 0) throw left('COMITY_ZK_ISSUER_STATUS_MISSING', 'the issuer has no status list')
      const keys = keysOf(document, parseKey, (error) => {
        onProblem({ issuer, error })
      })
      const bits = joinStatuses(lists.map(({ list }) => list))
      const known = statuses.get(issuer)
      const { status, taken } =
        known === undefined ? { status: statusOf(bits), taken: 0 } : updateStatus(known, bits)
      statuses.set(issuer, status)
      const statusLists = Object.freeze(lists.map(({ uri }) => uri))
      const statusRoot = status.tree.root
      const leaves = keys.map((key) => Object.freeze({ issuer, ...key, statusLists, statusRoot }))
      const served = lists.map(({ uri, token }) => Object.freeze({ uri, token }))
      readings.set(issuer, Object.freeze({ issuer, leaves, lists: served, hasTaken: taken > 0 }))
    } catch (error) {
      if (!(error instanceof ComityError)) throw error
      onProblem({ issuer, error })
    }
  }

  return {
    async refresh(issuers) {
      const waiting = [...new Set(issuers)]
      const work = async (): Promise<void> => {
        for (let issuer = waiting.shift(); issuer !== undefined; issuer = waiting.shift())
          await readOne(issuer)
      }
      await Promise.all(Array.from({ length: maxParallel }, work))
    },
    find: (issuer) => readings.get(issuer),
  }
}

async function readLists(
  reader: IssuerListReader,
  issuer: string,
  clock: Clock,
): Promise<Awaited<ReturnType<IssuerListReader['read']>>> {
  for (let attempt = 1; ; attempt++) {
    try {
      const budget = createFetchBudget({ ...BUDGET, clock })
      return await reader.read(issuer, { now: clock.now(), budget })
    } catch (error) {
      const isOutage = error instanceof ComityError && error.code === 'COMITY_STATUS_UNAVAILABLE'
      if (!isOutage || attempt === ATTEMPTS) throw error
    }
  }
}

interface IssuerKey {
  readonly kid: string
  readonly key: BabyJubJubPoint
}

type ParseKey = (jwk: Readonly<Record<string, string>>) => BabyJubJubPoint

/**
 * The keys on BabyJubJub that an issuer may sign credentials with. One that is broken does not spoil the others.
 *
 * @throws {TrustError} `COMITY_ZK_ISSUER_KEY_MISSING`.
 */
function keysOf(
  document: DidDocument,
  parseKey: ParseKey,
  onBroken: (error: ComityError) => void,
): readonly IssuerKey[] {
  const keys = new Map<string, IssuerKey>()
  for (const { id, foreignJwk } of document.verificationMethod) {
    if (foreignJwk?.['crv'] !== 'BabyJubJub' || !document.assertionMethod.includes(id)) continue
    try {
      const key = parseKey(foreignJwk)
      const name = keyName(key)
      if (!keys.has(name)) keys.set(name, Object.freeze({ kid: id, key }))
    } catch (error) {
      if (!(error instanceof ComityError)) throw error
      onBroken(error)
    }
  }
  if (keys.size > 0) return [...keys.values()]
  throw left('COMITY_ZK_ISSUER_KEY_MISSING', 'the issuer has no key for credentials that are proven')
}

/** Remembers the keys that were good: multiplying by the order of the subgroup takes milliseconds. */
function createKeyParser(): ParseKey {
  const known = createLruMap<BabyJubJubPoint>({ maxEntries: 2 * MAX_ANCHORS })
  return (jwk) => {
    const name = JSON.stringify([jwk['kty'], jwk['x'], jwk['y'], jwk['d']])
    const key = known.get(name) ?? Object.freeze(parseBabyJubJubJwk(jwk))
    known.set(name, key)
    return key
  }
}

/** Names a key in maps and sets. */
export function keyName({ x, y }: BabyJubJubPoint): string {
  return `${String(x)} ${String(y)}`
}

function left(
  code: 'COMITY_ZK_ISSUER_STATUS_MISSING' | 'COMITY_ZK_ISSUER_KEY_MISSING',
  message: string,
): TrustError {
  return new TrustError(code, message, { spec: 'zk.md, Anchors' })
}
