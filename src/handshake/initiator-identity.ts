import { zkQueriesOf, type Demand } from '../demand/index.ts'
import { didKeyFromJwk } from '../did/index.ts'
import { PolicyError } from '../errors/index.ts'
import { generateSigner, withKid, type Signer } from '../keys/index.ts'
import type { Wallet } from '../wallet/index.ts'
import type { ComplianceEvidence, ComplianceEvidenceSource } from './compliance-ports.ts'

/** Who an initiator is in one run. */
export interface RunIdentity {
  /** The own DID, or a fresh pairwise one. */
  readonly did: string
  /** The key of a pairwise DID; undefined where it is the wallet's. */
  readonly signer: Signer | undefined
  /** The compliance proofs that there are for that key. */
  readonly proofs: readonly ComplianceEvidence[]
}

/** What an identity is made from. */
export interface IdentityOptions {
  readonly did: string
  readonly peer: string
  readonly wallet: Wallet
  readonly compliance?: ComplianceEvidenceSource
  readonly isPairwise?: boolean
}

/**
 * Decides, once the responder's demand is known, under which DID it is answered, and makes the compliance proofs.
 *
 * @throws {PolicyError} `COMITY_ZK_DOMAIN_FOREIGN` when a pseudonym is asked for that would be another verifier's:
 *   verifiers that have agreed on one would know who has been at each of them. `COMITY_DEMAND_UNMET` when only a
 *   pairwise DID may be shown and nothing can be proven for one. `COMITY_WALLET_KEY_UNKNOWN`.
 * @throws {ComityError} What the source of proofs throws.
 */
export async function identityFor(demand: Demand, options: IdentityOptions): Promise<RunIdentity> {
  const { did, peer, wallet, compliance, isPairwise = false } = options
  const queries = zkQueriesOf(demand)
  if (queries.some(({ meta }) => meta.domain !== undefined && meta.domain !== peer)) {
    throw new PolicyError('COMITY_ZK_DOMAIN_FOREIGN', 'the pseudonym that is asked for is for another DID', {
      spec: 'comity handshake, evidence',
    })
  }
  if (!isPairwise) {
    if (queries.length === 0 || compliance === undefined) return { did, signer: undefined, proofs: [] }
    // The very key, so that no other is taken meanwhile to sign.
    const signer = await wallet.signer(did, 'authentication')
    return { did, signer, proofs: await compliance.answer({ audience: peer, demand, signer }) }
  }
  if (queries.length === 0) return freshIdentity()
  const taken = await compliance?.take({ audience: peer, demand })
  if (taken === undefined) {
    throw new PolicyError('COMITY_DEMAND_UNMET', 'nothing of the demand can be proven for a pairwise DID')
  }
  if (taken.did === did) throw new TypeError('the source of proofs gave the own DID for a pairwise one')
  return { did: taken.did, signer: taken.signer, proofs: taken.evidence }
}

async function freshIdentity(): Promise<RunIdentity> {
  const key = await generateSigner({ alg: 'Ed25519' })
  const did = didKeyFromJwk(key.publicJwk)
  return { did, signer: withKid(key, `${did}#${did.slice('did:key:'.length)}`), proofs: [] }
}
