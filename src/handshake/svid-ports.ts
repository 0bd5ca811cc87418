import type { Demand } from '../demand/index.ts'
import type { FetchBudget } from '../net/index.ts'
import type { BundleSource, TrustDomain, X509Svid } from '../spiffe/index.ts'

/** What a {@link TrustDomainLearner} may go by. */
export interface LearnOptions {
  /**
   * DIDs of organizations that have attested, in credentials verified in this run, that they answer for the peer; at
   * most four. What the peer's own document says of a controller is not among them.
   */
  readonly organizations: readonly string[]
  /** Bounds every look-up. */
  readonly budget: FetchBudget
  /** Ends the look-ups. */
  readonly signal?: AbortSignal
}

/** Says for which trust domain a DID is believed to speak. A `TrustDomainFederation` of `comity/federation` is one. */
export interface TrustDomainLearner {
  /**
   * Finds out which trust domain a DID may speak for, and sees to it that its bundle is among those that SVIDs are
   * verified with.
   *
   * @param did - The DID, whose holder has proven to be it.
   * @param options - See {@link LearnOptions}.
   * @throws {ComityError} It speaks for none, is not believed, or it cannot be found out now.
   */
  learn(did: string, options: LearnOptions): Promise<{ readonly trustDomain: TrustDomain }>
}

/** What peers' SVIDs are judged with. */
export interface SpiffeTrust {
  /** The bundles. What has none here is not trusted. */
  readonly bundles: BundleSource
  /** Says whose trust domain it is. An SVID counts for a DID only that may speak for its trust domain. */
  readonly learner: TrustDomainLearner
}

/** The own SVIDs. What the sources of `comity/spiffe/workload-api` have fits here. */
export interface OwnSvids {
  /** Has the own X.509-SVID as of now; it is shown where there is one. */
  readonly x509?: { getX509Svid(): X509Svid }
  /** Fetches a JWT-SVID for one audience; one is fetched for each message that shows it. */
  readonly jwt?: { fetchJwtSvid(options: { readonly audience: string }): Promise<{ readonly token: string }> }
  /**
   * Has the X.509-SVID to offer in TLS, as a client: to every responder that is connected to, before anything is known
   * of it but its host's name. In the handshake it counts without a proof of its own, where the responder asks for it
   * and sees it; a source in `x509` comes first. Not with `release`.
   */
  readonly tls?: { getX509Svid(): X509Svid }
  /** What a peer must have met before an SVID is shown to it. Without it, any peer sees it that asks for its like. */
  readonly release?: Demand
  /** Whether a responder shows its X.509-SVID to whoever says hello. Defaults to false. */
  readonly inOffer?: boolean
}
