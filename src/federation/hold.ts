import { NetworkError } from '../errors/index.ts'
import type { BundleWatcher } from '../spiffe/federation.ts'
import type { TrustBundle } from '../spiffe/index.ts'
import type { Belief } from './belief.ts'
import type { TrustDomainClaim } from './claim.ts'
import { checkHolder, evictable, tell, type Context, type Holding } from './holdings.ts'
import { describeError } from './log.ts'
import type { TrustDomainRecord } from './records.ts'
import { startWatcher, type Bounds } from './watch.ts'

/** A claim that is believed. */
export type Believed = Omit<TrustDomainRecord, 'bundle'>

/**
 * Holds a trust domain: gets its bundle where it is not held yet, or has another endpoint by now, remembers its holder,
 * and keeps the bundle new.
 *
 * @throws {PolicyError} As `checkHolder`.
 * @throws {ComityError} As `startWatcher`, and as `TrustDomainRecords.keep`.
 */
export async function hold(context: Context, believed: Believed, bounds: Bounds): Promise<Holding> {
  const { organization, claim } = believed
  checkHolder(context, organization, claim.trustDomain)
  const known = context.holdings.get(claim.trustDomain.name)
  if (known !== undefined && isSamePlace(known.claim, claim)) {
    const holding = confirm(context, known, believed)
    if (!isSameBelief(known.belief, believed.belief)) await rememberAgain(context, holding)
    return holding
  }
  const held = known?.watcher.getBundle(claim.trustDomain)
  const watcher = await startWatcher(
    claim,
    held,
    { ...context.tools, log: context.log, organization },
    bounds,
  )
  try {
    return await context.exclusive(() => adopt(context, believed, watcher))
  } catch (error) {
    watcher.close()
    throw error
  }
}

/** Others may have learned it meanwhile, here or in another process. */
async function adopt(context: Context, believed: Believed, watcher: BundleWatcher): Promise<Holding> {
  const { organization, claim } = believed
  const { trustDomain } = claim
  checkHolder(context, organization, trustDomain)
  const known = context.holdings.get(trustDomain.name)
  const bundle = watcher.getBundle(trustDomain)
  if (known !== undefined && isSamePlace(known.claim, claim)) {
    watcher.close()
    return confirm(context, known, believed)
  }
  // The federation was closed, or something is wrong with the watcher.
  if (bundle === undefined || context.isClosed()) throw closed()
  await context.records.keep({ ...believed, bundle })
  const isFull = known === undefined && context.holdings.size >= context.maxTrustDomains
  const oldest = isFull ? evictable(context) : undefined
  if (oldest !== undefined) await drop(context, oldest, 'evicted')
  known?.watcher.close()
  const holding = open(context, believed, watcher, bundle)
  context.pusher?.set(bundle)
  tell(context, { type: known === undefined ? 'learned' : 'updated', trustDomain, organization, bundle })
  return holding
}

/** Starts to hand on what a watcher brings. */
export function open(
  context: Context,
  believed: Believed,
  watcher: BundleWatcher,
  bundle: TrustBundle,
): Holding {
  const { organization, claim, belief, confirmedAt } = believed
  const holding: Holding = Object.freeze({ organization, claim, belief, confirmedAt, watcher })
  context.holdings.set(claim.trustDomain.name, holding)
  void follow(context, holding, bundle)
  return holding
}

/** Remembers and hands on each newer bundle. */
async function follow(
  context: Context,
  { watcher, claim, organization }: Holding,
  first: TrustBundle,
): Promise<void> {
  const { name } = claim.trustDomain
  for await (const bundle of watcher.updates()) {
    if (bundle === first) continue
    await context.exclusive(async () => {
      const current = context.holdings.get(name)
      if (current?.watcher !== watcher) return
      await remember(context, current, bundle)
      context.pusher?.set(bundle)
      tell(context, { type: 'updated', trustDomain: claim.trustDomain, organization, bundle })
    })
  }
}

async function remember(context: Context, holding: Holding, bundle: TrustBundle): Promise<void> {
  const { organization, claim, belief, confirmedAt } = holding
  try {
    await context.records.keep({ organization, claim, belief, confirmedAt, bundle })
  } catch (error) {
    // What is held goes on to count; it is only not remembered.
    const { name } = claim.trustDomain
    context.log({
      level: 'error',
      event: 'bundle.remember',
      trustDomain: name,
      organization,
      ...describeError(error),
    })
  }
}

async function rememberAgain(context: Context, { claim, watcher }: Holding): Promise<void> {
  const { trustDomain } = claim
  await context.exclusive(async () => {
    const current = context.holdings.get(trustDomain.name)
    const bundle = watcher.getBundle(trustDomain)
    if (current?.watcher === watcher && bundle !== undefined) await remember(context, current, bundle)
  })
}

/** Notes that a holding was found to be as it was. What it is believed by may be another by now. */
function confirm(context: Context, { watcher }: Holding, believed: Believed): Holding {
  const { organization, claim, belief, confirmedAt } = believed
  const holding: Holding = Object.freeze({ organization, claim, belief, confirmedAt, watcher })
  context.holdings.set(claim.trustDomain.name, holding)
  return holding
}

/** Trusts a trust domain no longer: its bundle is gone, here, in the store and in the sink. */
export async function drop(context: Context, holding: Holding, reason: string): Promise<void> {
  const { claim, organization, watcher } = holding
  const { trustDomain } = claim
  context.holdings.delete(trustDomain.name)
  watcher.close()
  context.pusher?.delete(trustDomain)
  tell(context, { type: 'ended', trustDomain, organization, reason })
  await context.records.forget(trustDomain.name)
}

/** Whether two claims lead to one endpoint, authenticated in one way. A first bundle is of use only at the start. */
function isSamePlace(one: TrustDomainClaim, other: TrustDomainClaim): boolean {
  return (
    one.bundleEndpoint === other.bundleEndpoint && one.endpointSpiffeId?.uri === other.endpointSpiffeId?.uri
  )
}

/** The failure of who came too late. */
function closed(): NetworkError {
  return new NetworkError('COMITY_NET_ABORTED', 'the federation is closed')
}

function isSameBelief(one: Belief, other: Belief): boolean {
  if (one.because !== 'attested' || other.because !== 'attested') return one.because === other.because
  return one.token === other.token
}

/** Makes a claim believed as of now. */
export function believedNow(
  context: Context,
  organization: string,
  claim: TrustDomainClaim,
  belief: Belief,
): Believed {
  return { organization, claim, belief, confirmedAt: context.tools.clock.now() }
}
