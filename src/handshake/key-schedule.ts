import { encodeBase64url, lengthPrefixed } from '../encoding/index.ts'
import { hkdfExpand, hkdfExtract } from '../runtime/index.ts'

/** The keys of one run, all derived from the shared secret and the transcript up to the offer. */
export interface KeySchedule {
  /** The version on the wire, part of every label. */
  readonly version: string
  /** The HKDF pseudorandom key, 32 bytes. */
  readonly prk: Uint8Array
  /** AES-256-GCM key for boxes from the responder to the initiator, 32 bytes. */
  readonly r2i: Uint8Array
  /** AES-256-GCM key for boxes from the initiator to the responder, 32 bytes. */
  readonly i2r: Uint8Array
}

/** No ticket, no pre-shared key: `psk` has length 0. */
const NO_PSK = new Uint8Array(0)

/**
 * Derives the keys of a run: `prk = HKDF-Extract(salt = H2, IKM = enc(psk, ss))`, and the two box keys.
 *
 * @param version The negotiated version.
 * @param sharedSecret The secret of the key agreement.
 * @param hash `H2`, the transcript after both clear parts.
 */
export function deriveKeys(version: string, sharedSecret: Uint8Array, hash: Uint8Array): KeySchedule {
  const prk = hkdfExtract(hash, lengthPrefixed(NO_PSK, sharedSecret))
  return {
    version,
    prk,
    r2i: deriveKey({ version, prk }, 'r2i', hash),
    i2r: deriveKey({ version, prk }, 'i2r', hash),
  }
}

/** `K(label, H) = HKDF-Expand(prk, enc(version ‖ " " ‖ label, H), 32)`. */
export function deriveKey(
  schedule: Pick<KeySchedule, 'version' | 'prk'>,
  label: string,
  hash: Uint8Array,
): Uint8Array {
  return hkdfExpand(schedule.prk, lengthPrefixed(`${schedule.version} ${label}`, hash), 32)
}

/**
 * The session's identifier: base64url of the first 16 bytes of `K("session", Hk)`, `Hk` being the `th` of
 * the message that carries `session`. Both sides derive it; neither can choose it.
 */
export function deriveSessionId(schedule: Pick<KeySchedule, 'version' | 'prk'>, hash: Uint8Array): string {
  return encodeBase64url(deriveKey(schedule, 'session', hash).subarray(0, 16))
}
