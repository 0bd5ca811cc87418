import type { Demand } from '../demand/index.ts'
import type { Signer } from '../keys/index.ts'
import type { Wallet } from '../wallet/index.ts'
import { bindingOf, type Occasion } from './binding.ts'
import { presentEvidence } from './disclosure.ts'
import type { EvidenceItem } from './messages.ts'
import { shownFacts, type ShownEvidence } from './shown-evidence.ts'
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

/**
 * Answers a peer's demand from a wallet: what may leave, no more than is asked for, bound to the message that carries it.
 *
 * @param demand What the peer asks.
 * @param options The presenter's wallet, what the peer has shown, the message, and seconds since the epoch.
 * @throws {PolicyError} `COMITY_WALLET_KEY_UNKNOWN`.
 */
export async function answerDemand(
  demand: Demand,
  options: {
    readonly wallet: Wallet
    readonly shown: ShownEvidence
    readonly occasion: Occasion
    readonly now: number
  },
): Promise<DemandAnswer> {
  const { wallet, shown, occasion, now } = options
  const { presenter, verifier } = occasion
  const choice = await chooseFromWallet(demand, {
    wallet,
    holder: presenter,
    peer: shownFacts(verifier, shown),
    now,
  })
  const { signer, evidence, complete, unanswered } = choice
  if (!complete) return { signer, evidence: undefined, unanswered }
  const keyBinding = bindingOf(occasion)
  return { signer, evidence: await presentEvidence(evidence, { signer, keyBinding, now }), unanswered }
}
