import { ComityError, TrustError } from '../errors/index.ts'
import type { Signer } from '../keys/index.ts'
import { acceptedReadings, assemble, type Assembly, type JudgeOptions } from './anchor-assembly.ts'
import { formatAnchorDocument } from './anchor-document.ts'
import { keyName, type AnchorIssuers } from './anchor-issuers.ts'
import type { AnchorLeaf } from './anchor-payload.ts'
import type { AnchorEpoch } from './anchor-publisher.ts'
import type { EpochRequest } from './anchor-runs.ts'
import { ANCHORS_CLOCK_TOLERANCE, type AnchorSet } from './anchor-set.ts'
import { issueAnchorList } from './anchors.ts'

/** Whose credentials of a type proofs may rest on. */
export interface AnchoredType {
  /** The type of credential, such as `AgentPostureCredential`. */
  readonly type: string
  /** DIDs of issuers. Where a list has not room for all, those that come first are in it. */
  readonly issuers: readonly string[]
}

/** What lists are made with. */
export interface AnchorListsOptions extends JudgeOptions {
  readonly signer: Signer
  readonly anchored: readonly AnchoredType[]
  readonly issuers: AnchorIssuers
  readonly epochSeconds: number
}

/** What came of an epoch. */
export interface PublishedEpoch {
  /** At most two: what is urgent, and what is not. */
  readonly epochs: readonly AnchorEpoch[]
  /** What the first list failed with that could not be made. */
  readonly failure: { readonly reason: unknown } | undefined
}

/** The lists of a verifier as they are. */
export interface AnchorLists {
  /** Makes lists of the issuers as they were read last, where that is asked for or something is different. */
  publish(request: EpochRequest, now: number): Promise<PublishedEpoch>
  /** @throws {TrustError} `COMITY_ZK_ANCHORS_UNAVAILABLE`. */
  current(type: string, now: number): AnchorSet
  /** The download of the current list of a type, or the one before. */
  document(digest: string): string | undefined
}

interface Held {
  readonly set: AnchorSet
  readonly document: string
}

/** Keeps the current list of each type, and the one before. */
export function createAnchorLists(options: AnchorListsOptions): AnchorLists {
  const { anchored, issuers, onProblem } = options
  const held = createHeldLists()
  /** Issuers that took something back, which no list shows yet. */
  const unpublished = new Set<string>()
  let lastEpoch = -Infinity

  async function assembleFor({ type, issuers: dids }: AnchoredType): Promise<Assembly> {
    const readings = dids.map((did) => issuers.find(did)).filter((reading) => reading !== undefined)
    return assemble(type, await acceptedReadings(type, readings, options), onProblem)
  }

  async function renew(each: AnchoredType, request: EpochRequest, epoch: number): Promise<Made | undefined> {
    const { type } = each
    const assembly = await assembleFor(each)
    const before = held.current(type)?.leaves
    if (!request.renew && before !== undefined && isSame(before, assembly.leaves)) return undefined
    const isTaken = (did: string): boolean => unpublished.has(did) || isGone(did, before, assembly.leaves)
    const urgent = request.urgent || each.issuers.some((did) => request.noted.has(did) && isTaken(did))
    try {
      const set = await issueList(type, assembly, epoch, options)
      held.replace(set, assembly)
      return { type, urgent, set }
    } catch (reason) {
      held.drop(type)
      if (reason instanceof ComityError) onProblem({ issuer: options.did, type, error: reason })
      return { type, urgent, failure: { reason } }
    }
  }

  async function publish(request: EpochRequest, now: number): Promise<PublishedEpoch> {
    const read = request.renew ? anchored.flatMap((each) => each.issuers) : [...request.noted]
    for (const did of read) if (issuers.find(did)?.hasTaken === true) unpublished.add(did)
    const epoch = nextEpoch({ ...options, request, now, lastEpoch })
    const made: Made[] = []
    for (const each of anchored.filter(isConcerned(request))) {
      const one = await renew(each, request, epoch)
      if (one !== undefined) made.push(one)
    }
    if (made.length > 0) lastEpoch = epoch
    const failure = made.find((one) => one.failure !== undefined)?.failure
    if (failure === undefined) for (const did of read) unpublished.delete(did)
    const epochs = [true, false].map((urgent) => epochOf(epoch, urgent, made))
    return { epochs: epochs.filter(({ types }) => types.length > 0), failure }
  }

  return {
    publish,
    document: (digest) => held.document(digest),
    current(type, now) {
      const set = held.current(type)
      if (set !== undefined && now < set.expiresAt + ANCHORS_CLOCK_TOLERANCE) return set
      throw new TrustError('COMITY_ZK_ANCHORS_UNAVAILABLE', 'there is no current list of issuers', {
        spec: 'zk.md, Anchors',
        details: { type },
      })
    },
  }
}

/** What became of the list of a type. */
interface Made {
  readonly type: string
  readonly urgent: boolean
  readonly set?: AnchorSet
  readonly failure?: { readonly reason: unknown }
}

interface HeldLists {
  current(type: string): AnchorSet | undefined
  replace(set: AnchorSet, assembly: Assembly): void
  /** Takes the current list of a type away; whoever has a demand that names it can still fetch it. */
  drop(type: string): void
  document(digest: string): string | undefined
}

function createHeldLists(): HeldLists {
  const current = new Map<string, Held>()
  const previous = new Map<string, Held>()
  const drop = (type: string): void => {
    const held = current.get(type)
    if (held !== undefined) previous.set(type, held)
    current.delete(type)
  }
  return {
    drop,
    current: (type) => current.get(type)?.set,
    replace(set, { statusLists }) {
      drop(set.type)
      current.set(set.type, { set, document: formatAnchorDocument({ anchors: set.jws, statusLists }) })
    },
    document: (digest) =>
      [...current.values(), ...previous.values()].find(({ set }) => set.digest === digest)?.document,
  }
}

function issueList(
  type: string,
  { leaves }: Assembly,
  epoch: number,
  { signer, did, epochSeconds, clock }: AnchorListsOptions,
): Promise<AnchorSet> {
  return issueAnchorList({
    signer,
    issuer: did,
    type,
    epoch,
    epochSeconds,
    // Every epoch ends where the next ordinary one starts.
    expiresAt: (Math.floor(epoch / epochSeconds) + 1) * epochSeconds,
    issuedAt: Math.max(Math.floor(clock.now()), epoch),
    leaves,
    // They were checked when they were read.
    checkKey: () => undefined,
  })
}

/**
 * When the next epoch starts: at a multiple of its length where that has come, or else now. The first one is no exception
 * to the latter: what a process before this one has published under that number is not known.
 */
function nextEpoch({
  request,
  now,
  lastEpoch,
  epochSeconds,
}: {
  readonly request: EpochRequest
  readonly now: number
  readonly lastEpoch: number
  readonly epochSeconds: number
}): number {
  const ordinary = Math.floor(now / epochSeconds) * epochSeconds
  const isDue = request.renew && !request.urgent && ordinary > lastEpoch && lastEpoch !== -Infinity
  return isDue ? ordinary : Math.max(Math.floor(now), lastEpoch + 1)
}

function isConcerned({ renew, noted }: EpochRequest): (type: AnchoredType) => boolean {
  return ({ issuers }) => renew || issuers.some((did) => noted.has(did))
}

function leafNames(leaves: readonly AnchorLeaf[]): ReadonlySet<string> {
  return new Set(
    leaves.map(({ issuer, kid, key, statusLists, statusRoot }) =>
      [issuer, kid, keyName(key), String(statusRoot), ...statusLists].join(' '),
    ),
  )
}

function isSame(before: readonly AnchorLeaf[], after: readonly AnchorLeaf[]): boolean {
  const names = leafNames(after)
  return before.length === after.length && [...leafNames(before)].every((name) => names.has(name))
}

/** Whether an issuer had a key before that it has not any more. */
function isGone(did: string, before: readonly AnchorLeaf[] = [], after: readonly AnchorLeaf[]): boolean {
  const keys = new Set(after.map(({ key }) => keyName(key)))
  return before.some(({ issuer, key }) => issuer === did && !keys.has(keyName(key)))
}

function epochOf(epoch: number, urgent: boolean, made: readonly Made[]): AnchorEpoch {
  const concerned = made.filter((each) => each.urgent === urgent)
  return Object.freeze({
    epoch,
    urgent,
    types: Object.freeze(concerned.map(({ type }) => type)),
    anchors: Object.freeze(concerned.flatMap(({ set }) => (set === undefined ? [] : [set]))),
  })
}
