import { didKeyFromJwk, type DidResolver } from '../../src/did/index.ts'
import type {
  ComplianceEvidence,
  ComplianceEvidenceSource,
  ComplianceQuestion,
  PairwiseEvidence,
} from '../../src/handshake/index.ts'
import { zkQueriesOf } from '../../src/demand/index.ts'
import { generateSigner, jwkThumbprint, withKid, type Signer } from '../../src/keys/index.ts'
import type { GuardedFetch } from '../../src/net/index.ts'
import type { Wallet } from '../../src/wallet/index.ts'
import { createAnchorSource } from '../../src/zk/index.ts'
import { proveCompliance } from '../../src/zk/prove/prove-compliance.ts'
import type { Prover } from '../../src/zk/prove/prover.ts'

/** What a plain source of proofs is made with. */
export interface PlainSourceOptions {
  readonly prover: Prover
  readonly wallet: Wallet
  readonly fetch: GuardedFetch
  readonly resolver: DidResolver
  /** Where a verifier's anchors are. */
  readonly endpointOf: (verifier: string) => string
}

/** A source that makes each proof when it is asked for, and keeps none. */
export interface PlainSource extends ComplianceEvidenceSource {
  /** Proves for any key, as who holds the credential may. */
  proveFor(signer: Signer, question: ComplianceQuestion): Promise<readonly ComplianceEvidence[]>
}

/** A fresh `did:key`. */
export async function freshDidKey(): Promise<{ readonly did: string; readonly signer: Signer }> {
  const key = await generateSigner({ alg: 'Ed25519' })
  const did = didKeyFromJwk(key.publicJwk)
  return { did, signer: withKid(key, `${did}#${did.slice('did:key:'.length)}`) }
}

/** Makes one. */
export function createPlainSource(options: PlainSourceOptions): PlainSource {
  const { prover, wallet, fetch, resolver, endpointOf } = options
  const anchors = createAnchorSource({ fetch, resolver })

  async function proveFor(
    signer: Signer,
    { audience, demand }: ComplianceQuestion,
  ): Promise<readonly ComplianceEvidence[]> {
    const [held] = await wallet.complianceCredentials()
    if (held === undefined) return []
    const secret = await wallet.complianceSecret()
    const evidence: ComplianceEvidence[] = []
    for (const query of zkQueriesOf(demand)) {
      const location = { verifier: audience, endpoint: endpointOf(audience) }
      const value = await proveCompliance({
        prover,
        credential: held.credential,
        secret,
        query,
        demand,
        audience,
        key: jwkThumbprint(signer.publicJwk),
        download: await anchors.get(query.meta.anchors, location),
        resolver,
      })
      evidence.push({ query: query.id, format: 'comity-zk', value })
    }
    return evidence
  }

  return {
    proveFor,
    async take(question): Promise<PairwiseEvidence> {
      const identity = await freshDidKey()
      return { ...identity, evidence: await proveFor(identity.signer, question) }
    },
    answer: ({ signer, ...question }) => proveFor(signer, question),
  }
}
