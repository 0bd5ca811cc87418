import type { IssuerTrust } from '../credentials/index.ts'
import type { Demand } from '../demand/index.ts'
import { isDid, isDidUrlOf, type DidResolver } from '../did/index.ts'
import { ComityError, TrustError } from '../errors/index.ts'
import type { Signer } from '../keys/index.ts'
import type { GuardedFetch } from '../net/index.ts'
import { systemClock, systemTimers, type Cancel, type Clock, type Timers } from '../runtime/index.ts'
import { createAnchorIssuers, type AnchorProblem } from './anchor-issuers.ts'
import { createAnchorLists, type AnchoredType } from './anchor-lists.ts'
import { MAX_ANCHORS, MAX_EPOCH_SECONDS, MIN_EPOCH_SECONDS } from './anchor-payload.ts'
import { createAnchorRuns, type EpochRequest } from './anchor-runs.ts'
import type { AnchorSet } from './anchor-set.ts'
import { anchoredTypesOf, completeDemand, type DemandTemplate } from './demand-template.ts'

const DEFAULT_EPOCH_SECONDS = 600
const DEFAULT_PARALLEL = 4
const MAX_PARALLEL = 32
const NOBODY: ReadonlySet<string> = new Set()

/** What an {@link AnchorPublisher} is made with. */
export interface AnchorPublisherOptions {
  /** The verifier's DID. */
  readonly did: string
  /** A key of the verifier's; its `kid` is a DID URL under `did`, listed in `assertionMethod`. */
  readonly signer: Signer
  /** Resolves the issuers. */
  readonly resolver: DidResolver
  /** Fetches their status lists. */
  readonly fetch: GuardedFetch
  /** Says whom to believe. An issuer is in a list only as long as this accepts it for the type. */
  readonly trust: IssuerTrust
  /** Whose credentials proofs may rest on: at most 16 types, each once, of at most 256 issuers. */
  readonly anchored: readonly AnchoredType[]
  /** Seconds of an ordinary epoch, 60 to 3600. Defaults to 600. So long an ordinary change of status may go unnoticed. */
  readonly epochSeconds?: number
  /** How many issuers are read at a time, 1 to 32. Defaults to 4. */
  readonly maxParallel?: number
  /** Told why an issuer is left out. It must not throw. Defaults to nobody. */
  readonly onProblem?: (problem: AnchorProblem) => void
  /** Defaults to the system's clock. */
  readonly clock?: Clock
  /** Defaults to the system's timers. */
  readonly timers?: Timers
}

/** An epoch that has begun. */
export interface AnchorEpoch {
  /** Its start, in seconds since the Unix epoch; later than that of every epoch before it. */
  readonly epoch: number
  /** Whether what rests on older lists of these types does not hold any more, from now on. */
  readonly urgent: boolean
  /** The types that have a new list; the lists of others go on. */
  readonly types: readonly string[]
  /** The new lists. One that could not be made is missing, and its type has none until the next epoch. */
  readonly anchors: readonly AnchorSet[]
}

/** Publishes a verifier's anchor lists, epoch by epoch. */
export interface AnchorPublisher extends AsyncDisposable {
  /**
   * The list of a type.
   *
   * @throws {TrustError} `COMITY_ZK_ANCHORS_UNAVAILABLE` when there is none, or its epoch has been over for a minute.
   */
  current(type: string): AnchorSet
  /**
   * Reads all issuers now and starts an epoch with new lists; from then on, one starts by itself whenever the time of one
   * is over. Who calls while an epoch is about to start shares it.
   *
   * @param options - `urgent`: what rests on lists from before does not hold any more. At most one such a second.
   * @throws {TypeError} It is closed. Whatever the signer throws goes through; the types concerned have no list then.
   */
  startEpoch(options?: { readonly urgent?: boolean }): Promise<void>
  /**
   * An issuer said that something has changed. If it is anchored, it is read now; where its leaves are others, the lists
   * that it is in are made anew, in an epoch that is urgent if something was taken back. It never rejects: what fails is
   * told to `onProblem`.
   */
  noteChange(change: { readonly issuer: string }): Promise<void>
  /**
   * Tells of each epoch once its lists are the current ones. Listeners must not throw.
   *
   * @returns What ends it.
   */
  onEpoch(listener: (epoch: AnchorEpoch) => void): Cancel
  /**
   * What is to be served for a list: the list and all status lists that it names, in one answer, so that fetching it does
   * not show whose credential somebody has.
   *
   * @param digest - The name of the list in demands, `urn:sha256:…`.
   * @returns JSON; undefined for any other list than the current one of its type and the one before.
   */
  document(digest: string): string | undefined
  /**
   * Fills the current lists and their epochs into a demand.
   *
   * @throws {TrustError} `COMITY_ZK_ANCHORS_UNAVAILABLE`.
   * @throws {VerificationError} `COMITY_DEMAND_INVALID` and the codes of `compilePredicates`: the template makes no demand.
   * @throws {TypeError} A query says `anchors` or `epoch` already, or is about a type that is not anchored.
   */
  complete(template: DemandTemplate): Demand
  /** Starts no more epochs. Resolves once what is under way is over. */
  close(): Promise<void>
}

/**
 * Makes a publisher of anchor lists. It reads nothing before the first {@link AnchorPublisher.startEpoch}.
 *
 * @throws {TypeError} An option is missing or out of range.
 * @see docs/spec/zk.md, "Anchors"
 */
export function createAnchorPublisher(options: AnchorPublisherOptions): AnchorPublisher {
  const { did, clock = systemClock, timers = systemTimers, onProblem = () => undefined } = options
  const { epochSeconds = DEFAULT_EPOCH_SECONDS, maxParallel = DEFAULT_PARALLEL } = options
  const anchored = checkOptions({ ...options, epochSeconds, maxParallel })
  const all = new Set(anchored.flatMap(({ issuers }) => issuers))
  const issuers = createAnchorIssuers({ ...options, clock, maxParallel, onProblem })
  const lists = createAnchorLists({ ...options, anchored, issuers, epochSeconds, clock, onProblem })
  const listeners = new Set<(epoch: AnchorEpoch) => void>()
  const current = (type: string): AnchorSet => lists.current(type, clock.now())
  let isStarted = false
  let isClosed = false

  async function run(request: EpochRequest): Promise<void> {
    const now = clock.now()
    try {
      await issuers.refresh(request.renew ? all : request.noted)
      const { epochs, failure } = await lists.publish(request, now)
      for (const epoch of epochs) for (const listener of listeners) listener(epoch)
      if (failure !== undefined) throw failure.reason
    } finally {
      if (request.renew && !isClosed) timer.set(now)
    }
  }
  const runs = createAnchorRuns({ run, clock, timers })
  const timer = createEpochTimer(epochSeconds, clock, timers, () => {
    runs.request({ renew: true, urgent: false, noted: NOBODY }).catch(report)
  })

  const report = (error: unknown): void => {
    if (!isClosed) onProblem({ issuer: did, error: isKnown(error) ? error : failed(error) })
  }
  async function close(): Promise<void> {
    isClosed = true
    timer.cancel()
    await runs.close()
  }

  return Object.freeze<AnchorPublisher>({
    current,
    async startEpoch({ urgent = false } = {}) {
      isStarted = true
      await runs.request({ renew: true, urgent, noted: NOBODY })
    },
    async noteChange({ issuer }) {
      if (!isStarted || isClosed || !all.has(issuer)) return
      await runs.request({ renew: false, urgent: false, noted: new Set([issuer]) }).catch(report)
    },
    onEpoch(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    document: (digest) => lists.document(digest),
    complete: createCompleter(anchored, current),
    close,
    [Symbol.asyncDispose]: close,
  })
}

/** One timer, to the next ordinary epoch. */
function createEpochTimer(
  epochSeconds: number,
  clock: Clock,
  timers: Timers,
  onDue: () => void,
): { set(since: number): void; cancel(): void } {
  let cancel: Cancel = () => undefined
  return {
    set(since) {
      cancel()
      // From when the run began: its lists are over then, be it that this was while it went on.
      const next = (Math.floor(since / epochSeconds) + 1) * epochSeconds
      // Rounded up: a timer that fires a little early would start the epoch that is there already.
      cancel = timers.after(Math.max(0, Math.ceil((next - clock.now()) * 1000)), onDue)
    },
    cancel: () => {
      cancel()
    },
  }
}

/** A template that was completed before, and with which lists: each handshake asks for it again. */
interface Completed {
  readonly types: readonly string[]
  readonly names?: string
  readonly demand?: Demand
}

function createCompleter(
  anchored: readonly AnchoredType[],
  current: (type: string) => AnchorSet,
): AnchorPublisher['complete'] {
  const completed = new WeakMap<DemandTemplate, Completed>()
  return (template) => {
    const { types, ...known } = completed.get(template) ?? { types: checkTemplate(template, anchored) }
    const names = types.map((type) => current(type).digest).join(' ')
    if (known.names === names && known.demand !== undefined) return known.demand
    const demand = completeDemand(template, current)
    completed.set(template, { types, names, demand })
    return demand
  }
}

function checkTemplate(template: DemandTemplate, anchored: readonly AnchoredType[]): readonly string[] {
  const types = anchoredTypesOf(template)
  if (types.every((type) => anchored.some((each) => each.type === type))) return types
  throw new TypeError('the template asks for a proof about a type that is not anchored')
}

function checkOptions({
  did,
  signer,
  anchored,
  epochSeconds,
  maxParallel,
}: AnchorPublisherOptions & {
  readonly epochSeconds: number
  readonly maxParallel: number
}): readonly AnchoredType[] {
  if (!isDid(did) || !isDidUrlOf(signer.kid, did)) {
    throw new TypeError('options.signer.kid must be a DID URL under options.did')
  }
  checkBound('epochSeconds', epochSeconds, MIN_EPOCH_SECONDS, MAX_EPOCH_SECONDS)
  checkBound('maxParallel', maxParallel, 1, MAX_PARALLEL)
  checkBound('anchored.length', anchored.length, 1, MAX_TYPES)
  if (new Set(anchored.map(({ type }) => type)).size !== anchored.length) {
    throw new TypeError('options.anchored must have each type once')
  }
  return anchored.map(({ type, issuers }) => {
    if (typeof type !== 'string' || type === '' || issuers.length > MAX_ANCHORS || !issuers.every(isDid)) {
      throw new TypeError(`options.anchored must have types and at most ${MAX_ANCHORS} DIDs for each`)
    }
    return Object.freeze({ type, issuers: Object.freeze([...new Set(issuers)]) })
  })
}

const MAX_TYPES = 16

function checkBound(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new TypeError(`options.${name} must be a whole number from ${least} to ${most}`)
}

function isKnown(error: unknown): error is ComityError {
  return error instanceof ComityError
}

function failed(cause: unknown): TrustError {
  return new TrustError('COMITY_ZK_ANCHORS_UNAVAILABLE', 'the lists cannot be made', { cause })
}
