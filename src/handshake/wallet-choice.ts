import type { Demand, Facts } from '../demand/index.ts'
import { jwkThumbprint, type Signer } from '../keys/index.ts'
import type { Wallet } from '../wallet/index.ts'
import { chooseDisclosure, releasable, showable, type Disclosure } from './disclosure.ts'

/** What a wallet would show, and the key that has to sign it. */
export interface WalletChoice extends Disclosure {
  /** The holder's key for `authentication`: SD-JWT VCs that are bound to another one are not among the evidence. */
  readonly signer: Signer
}

/** Whose wallet is asked, and what is known of who asks. */
export interface WalletQuestion {
  /** Where the credentials are. */
  readonly wallet: Wallet
  /** The DID that shows them: one of the wallet's. */
  readonly holder: string
  /** The holder's key for `authentication`, where it is not in the wallet. */
  readonly signer?: Signer | undefined
  /** The `comity-zk` queries that there are compliance proofs for. Defaults to none. */
  readonly proven?: readonly string[]
  /** Verified facts about who asks; without them only what is `public` may leave. */
  readonly peer: Facts | undefined
  /** The current time in seconds since the epoch. */
  readonly now: number
}

/**
 * Chooses from a wallet what to show for a demand: what its release rules let out, and no more than is asked for.
 *
 * @param demand What the peer asks.
 * @param question See {@link WalletQuestion}.
 * @throws {PolicyError} `COMITY_WALLET_KEY_UNKNOWN` when the holder has no key for `authentication` here.
 */
export async function chooseFromWallet(demand: Demand, question: WalletQuestion): Promise<WalletChoice> {
  const { wallet, holder, peer, now, proven = [] } = question
  const signer = question.signer ?? (await wallet.signer(holder, 'authentication'))
  const own = showable(await wallet.credentials(holder), jwkThumbprint(signer.publicJwk))
  return { signer, ...chooseDisclosure(demand, releasable(own, peer, now), now, proven) }
}
