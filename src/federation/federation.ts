import { NetworkError } from '../errors/index.ts'
import type { Cancel } from '../runtime/index.ts'
import type { BundleSource, TrustBundle, TrustDomain } from '../spiffe/index.ts'
import { confirmAll } from './confirm.ts'
import { drop, open } from './hold.ts'
import { bundleOf, isOver, listen, type Context, type TrustDomainChange } from './holdings.ts'
import { learn, type LearnedTrustDomain, type LearnOptions } from './learn.ts'
import { describeError } from './log.ts'
import { createContext, readConfirmSeconds, type TrustDomainFederationOptions } from './options.ts'
import type { TrustDomainRecord } from './records.ts'
import { resumeWatcher } from './watch.ts'

/**
 * The trust domains of other organizations, learned from their DIDs, each with its bundle, which is kept new. Trust goes
 * one way: that a trust domain is held here says nothing about what its organization trusts.
 */
export interface TrustDomainFederation extends BundleSource, AsyncDisposable {
  /**
   * Learns the trust domain that a DID speaks for, or finds that it still does.
   *
   * The checks run in this order: whose claim it is; its form; whether it is believed; whether somebody else holds the
   * trust domain here, the DID holds another, or there are too many; first bundle and its digest; bundle.
   *
   * @param did - An organization's DID, or that of one of its agents.
   * @throws {TrustError} `COMITY_DID_SERVICE_UNKNOWN` when nobody claims a trust domain for it;
   *   `COMITY_TRUST_DOMAIN_NOT_BELIEVED`; the codes of resolution.
   * @throws {VerificationError} `COMITY_TRUST_DOMAIN_CLAIM_INVALID`, `COMITY_BUNDLE_DIGEST`, `COMITY_BUNDLE_ROLLBACK`, and
   *   the codes of bundles and SVIDs.
   * @throws {PolicyError} `COMITY_TRUST_DOMAIN_TAKEN`, `COMITY_TRUST_DOMAIN_CHANGED`, `COMITY_TRUST_DOMAIN_LIMIT`.
   * @throws {NetworkError} A document or bundle cannot be had, or the budget is spent.
   */
  learn(did: string, options?: LearnOptions): Promise<LearnedTrustDomain>
  /** The newest bundle of a trust domain that is held, and believed as of now. */
  getBundle(trustDomain: TrustDomain): TrustBundle | undefined
  /** The bundles of all trust domains that are held, and believed as of now. */
  bundles(): readonly TrustBundle[]
  /**
   * Ends the trust in a trust domain: its bundle is deleted, also in the store and the sink, and not asked for any more. It
   * can be learned again.
   *
   * @returns Whether it was held.
   */
  end(trustDomain: TrustDomain): Promise<boolean>
  /** Asks all holders now whether what they claim is as it was, and ends what is not. */
  confirm(): Promise<void>
  /** Tells of each change of the bundles that are held. */
  onUpdate(listener: () => void): Cancel
  /** Hears of what is learned, updated and ended. What the listener throws is logged. */
  onChange(listener: (change: TrustDomainChange) => void): Cancel
  /** Resolves when the sink was told everything, or has failed to take it. */
  pushed(): Promise<void>
  /** Ends all polling. Nothing is deleted, and nothing is learned or trusted any more. */
  close(): Promise<void>
}

/**
 * Makes a federation: at first contact with a DID it finds the trust domain that the DID's organization claims, decides
 * whether to believe that, gets the bundle, and keeps it new.
 *
 * @returns Resolves when what the store remembers is held again.
 * @throws {VerificationError} `COMITY_STORE_CORRUPT`.
 * @throws {TypeError} An option is missing, malformed or out of range.
 */
export async function createTrustDomainFederation(
  options: TrustDomainFederationOptions,
): Promise<TrustDomainFederation> {
  let isClosed = false
  const context = createContext(options, () => isClosed)
  const confirmSeconds = readConfirmSeconds(options)
  await restore(context)
  const confirm = createConfirmation(context)
  const cancel = context.tools.timers.every(confirmSeconds * 1000, () => void confirm())
  // What was remembered may have been taken back meanwhile.
  if (context.holdings.size > 0) void confirm()

  async function close(): Promise<void> {
    if (isClosed) return
    isClosed = true
    cancel()
    context.pusher?.close()
    const held = [...context.holdings.values()]
    context.holdings.clear()
    context.listeners.clear()
    for (const { watcher } of held) watcher.close()
  }
  return Object.freeze({
    learn: async (did: string, learnOptions: LearnOptions = {}) => {
      if (isClosed) throw new NetworkError('COMITY_NET_ABORTED', 'the federation is closed')
      return learn(context, did, learnOptions)
    },
    getBundle: (trustDomain: TrustDomain) => bundleOf(context, trustDomain),
    bundles: () => allBundles(context),
    end: (trustDomain: TrustDomain) =>
      context.exclusive(async () => {
        const held = context.holdings.get(trustDomain.name)
        if (held !== undefined) await drop(context, held, 'asked')
        return held !== undefined
      }),
    confirm,
    onChange: (listener: (change: TrustDomainChange) => void) => listen(context, listener),
    onUpdate: (listener: () => void) => listen(context, () => listener()),
    pushed: async () => context.pusher?.settled(),
    close,
    [Symbol.asyncDispose]: close,
  })
}

function allBundles({ holdings, tools }: Context): readonly TrustBundle[] {
  return [...holdings.values()].flatMap((held) => {
    const bundle = isOver(held, tools.clock) ? undefined : held.watcher.getBundle(held.claim.trustDomain)
    return bundle === undefined ? [] : [bundle]
  })
}

/** Holds again what is remembered, as far as configuration still allows it. */
async function restore(context: Context): Promise<void> {
  const { pusher, records, rule, tools, log } = context
  for (const record of await records.load()) {
    const { organization, claim, bundle } = record
    const { trustDomain } = claim
    if (isHeldAgain(context, record)) {
      const watcher = resumeWatcher(claim, bundle, { ...tools, log, organization })
      open(context, record, watcher, bundle)
      pusher?.set(bundle)
      continue
    }
    await records.forget(trustDomain.name)
    if (!rule.isReserved(trustDomain)) pusher?.delete(trustDomain)
    log({ level: 'info', event: 'trust-domain.forgotten', trustDomain: trustDomain.name, organization })
  }
}

function isHeldAgain(context: Context, { organization, claim, belief }: TrustDomainRecord): boolean {
  const { holdings, maxTrustDomains, rule, tools } = context
  const isFull = holdings.size >= maxTrustDomains
  return !isFull && rule.admits(organization, claim.trustDomain) && !isOver({ belief }, tools.clock)
}

function createConfirmation(context: Context): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => {
    running ??= confirmAll(context)
      .catch((error: unknown) => {
        context.log({ level: 'error', event: 'trust-domain.confirm', ...describeError(error) })
      })
      .finally(() => {
        running = undefined
      })
    return running
  }
}
