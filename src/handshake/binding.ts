import type { KeyBindingExpectation } from '../credentials/index.ts'
import { encodeBase64url, lengthPrefixed } from '../encoding/index.ts'
import { sha256 } from '../runtime/index.ts'

/** Who shows evidence, in which message of which run, to whom. */
export interface Occasion {
  /** The version on the wire. */
  readonly version: string
  /** `Hk` of the message that carries the evidence: what its `th` says. */
  readonly hash: Uint8Array
  /** The DID of who shows it. */
  readonly presenter: string
  /** The presenter's part in this run. */
  readonly role: 'initiator' | 'responder'
  /** The DID of who is to judge it. */
  readonly verifier: string
}

/**
 * What the holder of an SD-JWT VC signs to show it in one message, and nowhere else: neither in another run, nor to
 * another verifier, nor under another DID.
 *
 * `bind = SHA-256(enc(version ‖ " bind", Hk, presenter's DID, role))`; the nonce is its base64url.
 */
export function bindingOf(occasion: Occasion): KeyBindingExpectation {
  return Object.freeze({ nonce: encodeBase64url(bindOf(occasion)), audience: occasion.verifier })
}

/** `bind`, in 32 bytes: one place in one run, and who speaks there in which role. */
export function bindOf({ version, hash, presenter, role }: Omit<Occasion, 'verifier'>): Uint8Array {
  return sha256(lengthPrefixed(`${version} bind`, hash, presenter, role))
}
