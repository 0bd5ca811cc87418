import {
  assertVerifiedCredential,
  createPresentation,
  MAX_PRESENTED,
  type VerifiedCredential,
} from '../credentials/index.ts'
import { parseDemand, type Demand, type Facts } from '../demand/index.ts'
import { parseDid } from '../did/index.ts'
import type { JsonObject } from '../encoding/index.ts'
import { PolicyError } from '../errors/index.ts'
import { systemClock } from '../runtime/index.ts'
import type { Wallet } from '../wallet/index.ts'
import { presentEvidence } from './disclosure.ts'
import { factsOf } from './evidence.ts'
import { chooseFromWallet, type WalletChoice } from './wallet-choice.ts'

const MAX_NONCE_LENGTH = 512

/** Who shows what to whom, and on which occasion. */
export interface PresentForDemandOptions {
  /** Where the credentials, their release rules and the holder's key are. */
  readonly wallet: Wallet
  /** The DID that shows them: one of the wallet's. */
  readonly holder: string
  /** The verifier's DID. What is shown is good for nobody else. */
  readonly audience: string
  /** What the verifier gave to be signed: 1 to 512 characters. */
  readonly nonce: string
  /**
   * What the verifier has shown before, as `verifyCredential` gave it with the verifier as holder. Without it, only
   * credentials that anyone may see are shown: the name of a verifier alone proves nothing.
   */
  readonly shown?: readonly VerifiedCredential[]
  /** The current time in seconds since the Unix epoch. Defaults to the system clock. */
  readonly now?: number
}

/** Evidence that was signed for one verifier and one nonce. */
export interface PresentedEvidence {
  /** A presentation with all `vc+jwt` credentials in it, or one SD-JWT VC with its key binding. */
  readonly format: 'vp+jwt' | 'dc+sd-jwt'
  /** The compact form. */
  readonly token: string
  /** The ids of the queries that it answers; none where it is a posture that only `posture` of the demand asks for. */
  readonly queries: readonly string[]
}

/**
 * Presents what a wallet holds for a demand, outside of a handshake: what the release rules let out, and no more than is
 * asked for. Of an SD-JWT VC, those are the claims that the query is about, and `assessedAt` of a posture; a `vc+jwt` is
 * shown as a whole.
 *
 * The checks run in this order: the options; the demand; what it asks for beside credentials, which a presentation
 * cannot answer; what may leave. Nothing is signed unless every required query is answered.
 *
 * @param demand What the verifier asks. It is parsed here.
 * @param options See {@link PresentForDemandOptions}.
 * @returns At most one presentation, first, and an SD-JWT VC for each query that asks for one; none for a demand that
 *   anyone meets.
 * @throws {VerificationError} `COMITY_DEMAND_INVALID`; `COMITY_DID_INVALID` for `audience`; `COMITY_JWS_TOO_LARGE` when
 *   the credentials are too much for one presentation.
 * @throws {PolicyError} `COMITY_DEMAND_UNMET` when the wallet has, or releases, no answer, `details.unanswered` naming
 *   the queries; also when more than 16 credentials would be in one presentation. `COMITY_WALLET_KEY_UNKNOWN`.
 * @throws {TypeError} An option is missing or out of range, or something in `shown` was not verified, or was shown by
 *   another than the verifier.
 */
export async function presentForDemand(
  demand: Demand | JsonObject,
  options: PresentForDemandOptions,
): Promise<readonly PresentedEvidence[]> {
  const { wallet, holder, audience, nonce, shown = [], now = systemClock.now() } = options
  checkOptions(nonce, now)
  parseDid(audience)
  const peer = factsAbout(audience, shown)
  const asked = parseDemand(demand)
  assertPresentable(asked)
  const choice = await chooseFromWallet(asked, { wallet, holder, peer, now })
  assertAnswered(choice)
  return present(choice, { holder, audience, nonce, now })
}

interface Occasion {
  readonly holder: string
  readonly audience: string
  readonly nonce: string
  readonly now: number
}

async function present(
  { signer, evidence }: WalletChoice,
  { holder, audience, nonce, now }: Occasion,
): Promise<readonly PresentedEvidence[]> {
  const whole = evidence.filter(({ held }) => held.format === 'vc+jwt')
  const parts = evidence.filter(({ held }) => held.format === 'dc+sd-jwt')
  // One credential may answer several queries.
  const credentials = [...new Set(whole.map(({ held }) => held.token))]
  if (credentials.length > MAX_PRESENTED) {
    throw unmet('the demand asks for more credentials than one presentation holds', {})
  }
  const presentations: PresentedEvidence[] = []
  if (credentials.length > 0) {
    const token = await createPresentation({ signer, holder, credentials, audience, nonce, now })
    presentations.push({ format: 'vp+jwt', token, queries: whole.flatMap(({ query }) => query ?? []) })
  }
  const bound = await presentEvidence(parts, { signer, keyBinding: { audience, nonce }, now })
  for (const { query, value } of bound) {
    presentations.push({ format: 'dc+sd-jwt', token: value, queries: query === undefined ? [] : [query] })
  }
  return presentations
}

function checkOptions(nonce: unknown, now: unknown): void {
  if (typeof nonce !== 'string' || nonce === '' || nonce.length > MAX_NONCE_LENGTH) {
    throw new TypeError(`options.nonce must be a string of 1 to ${String(MAX_NONCE_LENGTH)} characters`)
  }
  if (!Number.isFinite(now)) throw new TypeError('options.now must be a finite number of seconds')
}

/** Release rules that are demands are met by what was verified, and not by a name that somebody gives. */
function factsAbout(verifier: string, shown: readonly VerifiedCredential[]): Facts | undefined {
  for (const credential of shown) {
    assertVerifiedCredential(credential)
    if (credential.subject !== verifier) throw new TypeError('options.shown must be shown by the audience')
  }
  if (shown.length === 0) return undefined
  return factsOf(
    verifier,
    shown.map((credential) => ({ query: undefined, credential })),
  )
}

function assertPresentable({ spiffe, channel }: Demand): void {
  const needsWorkload = spiffe !== undefined && spiffe.svid !== 'if-present'
  if (!needsWorkload && channel?.binding !== 'required') return
  throw unmet('the demand asks for what only a handshake can show', {})
}

function assertAnswered({ complete, unanswered }: WalletChoice): void {
  if (complete) return
  const details = unanswered.length === 0 ? {} : { unanswered: unanswered.join(', ') }
  throw unmet('the wallet has, or releases, no answer to the demand', details)
}

function unmet(message: string, details: Readonly<Record<string, string>>): PolicyError {
  return new PolicyError('COMITY_DEMAND_UNMET', message, { details })
}
