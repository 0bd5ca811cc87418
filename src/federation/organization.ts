import { parseDid, type DidDocument, type DidResolver } from '../did/index.ts'
import { ComityError, TrustError } from '../errors/index.ts'
import type { FetchBudget } from '../net/index.ts'
import { findTrustDomainClaim, type TrustDomainClaim } from './claim.ts'
import { notBelieved } from './not-believed.ts'

/**
 * How it is known that an organization's trust domain is that of a DID: it is the organization's own DID; a verified
 * credential names the organization; the DID is below the organization's; the organization's document lists it.
 */
export type Membership = 'own' | 'evidence' | 'below' | 'listed'

/** A claim, whose it is, and why it is about the DID that was asked for. */
export interface FoundClaim {
  /** The DID whose document has the claim. */
  readonly organization: string
  /** The claim. */
  readonly claim: TrustDomainClaim
  /** Why it is about the DID that was asked for. */
  readonly membership: Membership
}

/** What a claim is looked for with. */
export interface FindClaimOptions {
  readonly resolver: DidResolver
  readonly budget: FetchBudget
  /** The organizations that verified evidence names for the DID. */
  readonly organizations: readonly string[]
}

/** The most organizations that are looked at for one agent. */
const MAX_CANDIDATES = 4

/**
 * Finds the claim of a trust domain that is about a DID: in its own document, or in that of its organization, in this
 * order: those that verified evidence names; the controllers in the agent's document, and the `did:web` of the agent's
 * host, where the agent's DID is below theirs, or their claims list it.
 *
 * An agent's own word for its organization is only where to look. What counts is what the organization's document says,
 * or where its DID stands.
 *
 * @throws {TrustError} `COMITY_DID_SERVICE_UNKNOWN` when neither document has a claim;
 *   `COMITY_TRUST_DOMAIN_NOT_BELIEVED` when an organization has one that is not about this agent; the codes of
 *   resolution.
 * @throws {VerificationError} `COMITY_TRUST_DOMAIN_CLAIM_INVALID`, and the codes of resolution.
 */
export async function findClaim(did: string, options: FindClaimOptions): Promise<FoundClaim> {
  const { resolver, budget, organizations } = options
  const document = await resolver.resolveDocument(did, { budget })
  const own = findTrustDomainClaim(document)
  if (own !== undefined) return { organization: did, claim: own, membership: 'own' }
  let failure: ComityError | undefined
  for (const organization of candidates(organizations, document)) {
    try {
      const claim = findTrustDomainClaim(await resolver.resolveDocument(organization, { budget }))
      if (claim === undefined) continue
      const isNamed = organizations.includes(organization)
      const membership = isNamed ? 'evidence' : membershipOf(did, organization, claim)
      if (membership !== undefined) return { organization, claim, membership }
      failure = notBelieved('not-listed', { trustDomain: claim.trustDomain.name })
    } catch (error) {
      if (!(error instanceof ComityError)) throw error
      failure ??= error
    }
  }
  throw failure ?? noClaim()
}

function candidates(named: readonly string[], { id, controller }: DidDocument): readonly string[] {
  const all = new Set([...named, ...controller, ...hostOf(id)])
  all.delete(id)
  return [...all].slice(0, MAX_CANDIDATES)
}

/** The `did:web` of the host that serves a `did:web` with a path. */
function hostOf(did: string): readonly string[] {
  const { method, id } = parseDid(did)
  const [authority = '', ...path] = id.split(':')
  return method === 'web' && path.length > 0 ? [`did:web:${authority}`] : []
}

/** Who serves a `did:web` serves those below it; of other methods the organization must list its agents. */
function membershipOf(
  did: string,
  organization: string,
  { agents }: TrustDomainClaim,
): 'below' | 'listed' | undefined {
  const isBelow = organization.startsWith('did:web:') && did.startsWith(`${organization}:`)
  if (isBelow) return 'below'
  const isListed = agents.dids.includes(did) || agents.under.some((each) => did.startsWith(`${each}:`))
  return isListed ? 'listed' : undefined
}

function noClaim(): TrustError {
  return new TrustError('COMITY_DID_SERVICE_UNKNOWN', 'no document claims a trust domain for the DID', {
    details: { type: 'SpiffeTrustDomain' },
  })
}
