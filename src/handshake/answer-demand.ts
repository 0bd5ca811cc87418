import type { Demand } from '../demand/index.ts'
import type { Signer } from '../keys/index.ts'
import type { Wallet } from '../wallet/index.ts'
import { bindingOf, type Occasion } from './binding.ts'
import type { ComplianceEvidence } from './compliance-ports.ts'
import { presentEvidence } from './disclosure.ts'
import type { EvidenceItem } from './messages.ts'
import { releaseFacts, type ShownEvidence } from './shown-evidence.ts'
import { chooseFromWallet } from './wallet-choice.ts'

/** What a party shows for its peer's demand. */
export interface DemandAnswer {
  /** The key that the message is to be signed with: what is shown may be bound to it. */
  readonly signer: Signer
  /** The evidence; undefined where the wallet has, or releases, no answer. */
  readonly evidence: readonly EvidenceItem[] | undefined
  /** The queries that nothing answers, among those that may be shown. */
  readonly unanswered: readonly string[]
}

/** Who answers a demand, and with what. */
export interface AnsweringContext {
  /** The presenter's wallet. */
  readonly wallet: Wallet
  /** The presenter's key, where it is not in the wallet. */
  readonly signer?: Signer | undefined
  /** Compliance proofs that are there for that key. */
  readonly proofs?: readonly ComplianceEvidence[]
  /** What the peer has shown. */
  readonly shown: ShownEvidence
  /** The message that will carry the evidence. */
  readonly occasion: Occasion
  /** The current time in seconds since the epoch. */
  readonly now: number
}

/**
 * Answers a peer's demand from a wallet: what may leave, no more than is asked for, bound to the message that carries it.
 *
 * @param demand What the peer asks.
 * @param context See {@link AnsweringContext}.
 * @throws {PolicyError} `COMITY_WALLET_KEY_UNKNOWN`.
 */
export async function answerDemand(demand: Demand, context: AnsweringContext): Promise<DemandAnswer> {
  const { wallet, shown, occasion, now, proofs = [] } = context
  const { presenter, verifier } = occasion
  const choice = await chooseFromWallet(demand, {
    wallet,
    holder: presenter,
    peer: releaseFacts(verifier, shown),
    now,
    signer: context.signer,
    proven: proofs.map(({ query }) => query),
  })
  const { signer, evidence, complete, unanswered } = choice
  if (!complete) return { signer, evidence: undefined, unanswered }
  const keyBinding = bindingOf(occasion)
  const presented = await presentEvidence(evidence, { signer, keyBinding, now })
  const proving = proofs.filter(({ query }) => choice.proofs.includes(query))
  return { signer, evidence: [...proving, ...presented], unanswered }
}
