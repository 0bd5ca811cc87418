import { parseDid } from '../did/index.ts'
import { NetworkError } from '../errors/index.ts'
import { createFetchBudget, type FetchBudget } from '../net/index.ts'
import type { TrustBundle, TrustDomain } from '../spiffe/index.ts'
import type { Belief } from './belief.ts'
import { believedNow, hold } from './hold.ts'
import type { Context, Holding } from './holdings.ts'
import { describeError } from './log.ts'
import { findClaim, type FoundClaim, type Membership } from './organization.ts'

/** What one question may go by, and what it may cost. */
export interface LearnOptions {
  /**
   * DIDs of organizations that answer for the DID, by credentials that the caller has verified, such as an
   * `AgentProvenanceCredential`. What the DID's own document says of a controller is not among them.
   */
  readonly organizations?: readonly string[]
  /** `TrustDomainCredential`s about the organization, at most four, that were shown. They need not be verified. */
  readonly credentials?: readonly string[]
  /** Bounds every look-up. Defaults to 16 requests, 4 MiB and 15 seconds. */
  readonly budget?: FetchBudget
  /** Ends the look-ups. */
  readonly signal?: AbortSignal
}

/** A trust domain that a DID is believed to speak for, frozen. */
export interface LearnedTrustDomain {
  /** The trust domain. */
  readonly trustDomain: TrustDomain
  /** The DID that was asked about. */
  readonly did: string
  /** The DID that holds the trust domain: the same one, or its organization's. */
  readonly organization: string
  /** Why the trust domain is that of the DID. */
  readonly membership: Membership
  /** Why the organization is believed. */
  readonly because: Belief['because']
  /** Who attests it, where that is why. */
  readonly issuer?: string
  /** Seconds since the epoch until which it is believed, where that has an end. */
  readonly until?: number
  /** Its newest bundle. */
  readonly bundle: TrustBundle
}

const BUDGET = { requests: 16, bytes: 4 * 1024 * 1024, timeoutMs: 15_000 } as const
const MAX_GIVEN = 4

/** Learns the trust domain of a DID; see `TrustDomainFederation.learn`. */
export async function learn(
  context: Context,
  did: string,
  options: LearnOptions,
): Promise<LearnedTrustDomain> {
  parseDid(did)
  const { organizations = [], credentials = [], signal } = options
  for (const given of [organizations, credentials]) {
    if (given.length > MAX_GIVEN)
      throw new TypeError(`options must have at most ${String(MAX_GIVEN)} of a kind`)
  }
  const { clock, resolver } = context.tools
  const { budget = createFetchBudget({ ...BUDGET, clock }) } = options
  checkSignal(signal)
  try {
    const found = await findClaim(did, { resolver, budget, organizations })
    checkSignal(signal)
    const believed = await judge(context, found, credentials, budget)
    checkSignal(signal)
    const holding = await hold(context, believed, { budget, ...(signal !== undefined && { signal }) })
    return toLearned(did, found, holding)
  } catch (error) {
    context.log({ level: 'warn', event: 'trust-domain.refused', organization: did, ...describeError(error) })
    throw error
  }
}

async function judge(
  context: Context,
  { organization, claim }: FoundClaim,
  shown: readonly string[],
  budget: FetchBudget,
) {
  const held = context.holdings.get(claim.trustDomain.name)
  const mine = held?.organization === organization ? held.belief : undefined
  const credentials = mine?.because === 'attested' ? [...shown, mine.token] : shown
  const now = context.tools.clock.now()
  const belief = await context.rule.judge({ organization, claim, credentials, now, budget })
  return believedNow(context, organization, claim, belief)
}

function toLearned(
  did: string,
  { organization, membership }: FoundClaim,
  { claim, belief, watcher }: Holding,
): LearnedTrustDomain {
  const { trustDomain } = claim
  const bundle = watcher.getBundle(trustDomain)
  // Ended while it was being learned.
  if (bundle === undefined) throw aborted()
  const attested = belief.because === 'attested' ? { issuer: belief.issuer, until: belief.until } : {}
  const { because } = belief
  return Object.freeze({ trustDomain, did, organization, membership, because, ...attested, bundle })
}

function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw aborted()
}

function aborted(): NetworkError {
  return new NetworkError('COMITY_NET_ABORTED', 'the trust domain is not learned any more')
}
