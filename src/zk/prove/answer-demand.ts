import { zkQueriesOf, type Demand, type ZkQuery } from '../../demand/index.ts'
import { findService, type DidResolver } from '../../did/index.ts'
import { ComityError } from '../../errors/index.ts'
import { jwkThumbprint, type Signer } from '../../keys/index.ts'
import type { AnchorDownload, AnchorSource } from '../anchor-source.ts'
import type { VerifiedComplianceCredential } from '../compliance-credential.ts'
import { proveCompliance } from './prove-compliance.ts'
import type { Prover } from './prover.ts'

/** A credential that can be proven of, and who may be shown a proof. A wallet's held compliance credentials fit. */
export interface ProvableCredential {
  /** The credential. */
  readonly credential: VerifiedComplianceCredential
  /** Proofs are shown to anybody (`public`), to nobody (`never`), or after a demand was met. */
  readonly release: 'public' | 'never' | Demand
}

/** Where a holder's credentials and secret are. A wallet fits. */
export interface ProofHolder {
  /** The credentials. */
  complianceCredentials(): Promise<readonly ProvableCredential[]>
  /** The secret that they are bound to. */
  complianceSecret(): Promise<bigint>
}

/** For whom, and for what, proofs are wanted. */
export interface ProofQuestion {
  /** The verifier's DID. A pseudonym is made for this DID and for no other, whatever the demand says. */
  readonly audience: string
  /** The demand as the verifier sent it. */
  readonly demand: Demand
  /** Ends the making of proofs. */
  readonly signal?: AbortSignal
}

/** A proof, and the query that it answers, as they stand in a message's evidence. */
export interface ProofEvidence {
  /** The id of the query. */
  readonly query: string
  /** Names the format. */
  readonly format: 'comity-zk'
  /** The proof. */
  readonly value: string
}

/** What demands are answered with. */
export interface AnswerContext {
  /** Makes the proofs. */
  readonly prover: Prover
  /** Where the credentials are. */
  readonly holder: ProofHolder
  /** Gets the anchor lists of verifiers. */
  readonly anchorSource: Pick<AnchorSource, 'get'>
  /** Resolves verifiers and auditors. */
  readonly resolver: Pick<DidResolver, 'resolveDocument'>
  /** Whether a verifier may be shown proofs of a credential. Defaults to those whose release rule is `public`. */
  readonly isReleased?: (held: ProvableCredential, audience: string) => boolean | Promise<boolean>
}

/** Where a verifier's anchor lists are, under the origin of its handshake endpoint. */
const ANCHORS_PATH = '/comity/anchors'

/** As many proofs as one message may have. Whoever asks for more makes others work for nothing. */
const MAX_PROOFS = 4

/** What stands in the way of one credential and not of the next one; a query without any other is left out. */
const PASSED_OVER: readonly string[] = [
  'COMITY_CREDENTIAL_TYPE',
  'COMITY_CREDENTIAL_EXPIRED',
  'COMITY_CREDENTIAL_NOT_YET_VALID',
  'COMITY_ZK_ANCHORS_TYPE',
  'COMITY_ZK_CREDENTIAL_REVOKED',
  'COMITY_ZK_ISSUER_NOT_ANCHORED',
  'COMITY_ZK_POLICY_TOO_LARGE',
  'COMITY_ZK_POLICY_UNSUPPORTED',
  'COMITY_ZK_STATUS_COLLISION',
  'COMITY_ZK_UNSATISFIED',
]

/**
 * Answers as many of a demand's queries as can be, at most four, each by the first credential that honestly does.
 *
 * @param question - The demand, and the key that will show the proofs.
 * @throws {ComityError} The codes of `proveCompliance` and of the anchor source, but for those that say that a credential
 *   does not satisfy a query.
 */
export async function answerDemand(
  question: ProofQuestion & { readonly signer: Signer },
  context: AnswerContext,
): Promise<readonly ProofEvidence[]> {
  const { audience, demand, signer } = question
  const queries = zkQueriesOf(demand)
  if (queries.length === 0) return []
  const credentials = await releasedTo(audience, context)
  if (credentials.length === 0) return []
  const key = jwkThumbprint(signer.publicJwk)
  const endpoint = await endpointOf(audience, context)
  const evidence: ProofEvidence[] = []
  for (const query of queries) {
    if (evidence.length === MAX_PROOFS) break
    const download = await context.anchorSource.get(query.meta.anchors, { verifier: audience, endpoint })
    const value = await proveFirst(credentials, { ...question, query, key, download }, context)
    if (value !== undefined) evidence.push(Object.freeze({ query: query.id, format: 'comity-zk', value }))
  }
  return evidence
}

interface QueryToProve extends ProofQuestion {
  readonly query: ZkQuery
  readonly key: string
  readonly download: AnchorDownload
}

async function proveFirst(
  credentials: readonly VerifiedComplianceCredential[],
  { audience, demand, signal, query, key, download }: QueryToProve,
  { prover, holder, resolver }: AnswerContext,
): Promise<string | undefined> {
  const secret = await holder.complianceSecret()
  for (const credential of credentials) {
    signal?.throwIfAborted()
    try {
      return await proveCompliance({
        prover,
        credential,
        secret,
        query,
        demand,
        audience,
        key,
        download,
        resolver,
        ...(signal === undefined ? {} : { signal }),
      })
    } catch (error) {
      if (!(error instanceof ComityError && PASSED_OVER.includes(error.code))) throw error
    }
  }
  return undefined
}

async function releasedTo(
  audience: string,
  { holder, isReleased = ({ release }) => release === 'public' }: AnswerContext,
): Promise<readonly VerifiedComplianceCredential[]> {
  const released: VerifiedComplianceCredential[] = []
  for (const held of await holder.complianceCredentials()) {
    if (await isReleased(held, audience)) released.push(held.credential)
  }
  return released
}

async function endpointOf(audience: string, { resolver }: AnswerContext): Promise<string> {
  const document = await resolver.resolveDocument(audience)
  const { serviceEndpoint } = findService(document, 'ComityHandshake')
  return `${new URL(serviceEndpoint).origin}${ANCHORS_PATH}`
}
