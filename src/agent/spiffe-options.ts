import {
  assertOwnSvids,
  type OwnSvids,
  type SpiffeTrust,
  type TrustDomainLearner,
} from '../handshake/index.ts'
import type { Demand } from '../demand/index.ts'
import type { BundleSource } from '../spiffe/index.ts'

/** SPIFFE for an agent: what it shows, and what it judges others' SVIDs with. */
export interface AgentSpiffeOptions {
  /** The own SVIDs, for peers that ask for one. */
  readonly svids?: OwnSvids
  /** The bundles that peers' SVIDs are verified with. Needs `learner`. */
  readonly bundles?: BundleSource
  /** Says which trust domains a DID may speak for. Needs `bundles`. */
  readonly learner?: TrustDomainLearner
}

/**
 * What an agent judges SVIDs with; undefined where it judges none.
 *
 * @throws {TypeError} `bundles` or `learner` is given without the other, or the own SVIDs contradict themselves.
 */
export function spiffeTrustOf({ svids, bundles, learner }: AgentSpiffeOptions): SpiffeTrust | undefined {
  if (svids !== undefined) assertOwnSvids(svids)
  if (bundles === undefined && learner === undefined) return undefined
  if (bundles === undefined || learner === undefined) {
    throw new TypeError('options.spiffe.bundles and options.spiffe.learner need each other')
  }
  return Object.freeze({ bundles, learner })
}

/**
 * Refuses a demand that no peer could meet.
 *
 * @throws {TypeError} It requires an SVID, and there is nothing to judge one with.
 */
export function assertSvidsJudged({ spiffe }: Demand, trust: SpiffeTrust | undefined): void {
  if (spiffe === undefined || spiffe.svid === 'if-present' || trust !== undefined) return
  throw new TypeError('the demand requires an SVID, and the agent has no `spiffe` options to judge one with')
}
