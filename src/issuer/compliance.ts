import type { CredentialType, StatusReference, TokenStatusReference } from '../credentials/index.ts'
import { isJsonObject, type JsonObject } from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'
import { randomId, type Clock } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import {
  complianceDigest,
  issueComplianceCredential,
  MAX_STATUSES,
  parseComplianceCredential,
  verifyHolderCommitment,
  type HolderCommitment,
  type ZkSigner,
} from '../zk/index.ts'
import type { IssuerContext } from './context.ts'
import { complianceDigestText, digestOf } from './digest.ts'

/** For how long a nonce can be used, in seconds. */
export const COMPLIANCE_NONCE_SECONDS: number = 600

/** What an agent asks for that wants the form of a credential that proofs are made of. */
export interface ComplianceRequest {
  /** What the holder's wallet gives by `commitCompliance`, for this issuer and the nonce. */
  readonly commitment: HolderCommitment
  /** What `Issuer.complianceNonce` gave to that holder. */
  readonly nonce: string
}

/** The form of a credential that proofs are made of, and what the issuer remembers of it. */
export interface IssuedCompliance {
  readonly text: string
  readonly digest: string
  readonly status: TokenStatusReference
}

/** Nonces that an issuer gave, each good for one time. */
export interface ComplianceNonces {
  give(): Promise<string>
  /** @throws {VerificationError} `COMITY_ZK_HOLDER_NONCE`. */
  take(nonce: string): Promise<void>
}

const NONCE = /^[A-Za-z0-9_-]{1,64}$/

/** Makes the nonces of an issuer on a store. */
export function createComplianceNonces(store: Store, issuer: string, clock: Clock): ComplianceNonces {
  const keyOf = (nonce: string): string => `issuer/${digestOf(issuer)}/compliance-nonce/${nonce}`
  return {
    give: async () => {
      const nonce = randomId()
      await store.put(keyOf(nonce), '1', { expiresAt: clock.now() + COMPLIANCE_NONCE_SECONDS })
      return nonce
    },
    take: async (nonce) => {
      if (NONCE.test(nonce) && (await store.take(keyOf(nonce))) !== undefined) return
      throw new VerificationError(
        'COMITY_ZK_HOLDER_NONCE',
        'the nonce was not given here, is used up or too old',
        { details: { seconds: COMPLIANCE_NONCE_SECONDS } },
      )
    },
  }
}

/** A request that an issuer can answer, and with which key. */
export interface ReadCompliance extends ComplianceRequest {
  readonly zkSigner: ZkSigner
}

/**
 * Reads what an agent asks for.
 *
 * @throws {TypeError} It is malformed, or the issuer has no key for it.
 */
export function readComplianceRequest(
  { zkSigner }: Pick<IssuerContext, 'zkSigner'>,
  request: ComplianceRequest | undefined,
): ReadCompliance | undefined {
  if (request === undefined) return undefined
  if (zkSigner === undefined) {
    throw new TypeError('options.compliance needs an issuer that was made with zkSigner')
  }
  const { commitment, nonce }: { commitment?: unknown; nonce?: unknown } = request
  if (!isJsonObject(commitment) || typeof nonce !== 'string') {
    throw new TypeError('options.compliance must have a commitment and the nonce that it was made for')
  }
  return { commitment: request.commitment, nonce, zkSigner }
}

/** What the credential and its other form have in common. */
export interface ComplianceEnvelope {
  readonly type: CredentialType
  readonly claims: JsonObject
  readonly validFrom: number
  readonly validUntil: number
  /** The places of the credential. One in a Token Status List serves both of its forms. */
  readonly statusEntries: readonly StatusReference[]
}

/**
 * Makes the form of a credential that proofs are made of.
 *
 * @param holder - The number that the holder was found to be committed to.
 * @throws {TypeError} The status lists are longer than proofs can speak of.
 */
export async function issueCompliance(
  { did, statusLists }: Pick<IssuerContext, 'did' | 'statusLists'>,
  { zkSigner }: ReadCompliance,
  holder: bigint,
  { statusEntries, ...envelope }: ComplianceEnvelope,
): Promise<IssuedCompliance> {
  const shared = statusEntries.find((entry) => entry.type === 'TokenStatusList')
  const status = shared ?? (await statusLists.allocateToken())
  const { uri, idx } = status
  if (idx >= MAX_STATUSES) {
    throw new TypeError(`options.statusLists must have lists of at most ${MAX_STATUSES} places for proofs`)
  }
  const text = await issueComplianceCredential({
    ...envelope,
    signer: zkSigner,
    issuer: did,
    status: { uri, idx },
    commitment: holder,
  })
  return { text, digest: complianceDigestText(complianceDigest(parseComplianceCredential(text))), status }
}

/**
 * Finds out to what a holder is committed. Takes the nonce first: a proof that does not hold uses it up too.
 *
 * @throws {VerificationError} `COMITY_ZK_HOLDER_NONCE`; `COMITY_ZK_HOLDER_PROOF_INVALID` and the other codes of
 *   `verifyHolderCommitment`.
 */
export async function takeCommitment(
  { did, complianceNonces }: Pick<IssuerContext, 'did' | 'complianceNonces'>,
  { commitment, nonce }: ComplianceRequest,
): Promise<bigint> {
  await complianceNonces.take(nonce)
  return verifyHolderCommitment(commitment, { issuer: did, nonce })
}
