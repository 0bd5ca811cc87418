import { VerificationError } from '../errors/index.ts'

/** An initiator's side of a key agreement that is under way. */
export interface PendingAgreement {
  /** The share to send. */
  readonly share: Uint8Array
  /**
   * Finishes with the responder's share.
   *
   * @throws {VerificationError} `COMITY_HANDSHAKE_KEY_SHARE` when the share is no valid one.
   */
  finish(share: Uint8Array): Promise<Uint8Array>
}

/** A key agreement: one entry of the suite registry. */
export interface Suite {
  /** The name on the wire. */
  readonly name: string
  /** Length of the initiator's share, in bytes. */
  readonly initiatorShareBytes: number
  /** Length of the responder's share, in bytes. */
  readonly responderShareBytes: number
  /** Makes a fresh ephemeral key on the initiator's side. */
  start(): Promise<PendingAgreement>
  /**
   * Answers an initiator's share with a fresh ephemeral key.
   *
   * @throws {VerificationError} `COMITY_HANDSHAKE_KEY_SHARE` when the share is no valid one.
   */
  respond(share: Uint8Array): Promise<{ readonly share: Uint8Array; readonly secret: Uint8Array }>
}

const ALGORITHM = 'X25519'
const SHARE_BYTES = 32

/**
 * X25519 by Web Crypto. A share that gives the all-zero secret is refused.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7748#section-6.1 RFC 7748 §6.1}
 */
export const x25519: Suite = Object.freeze({
  name: 'X25519',
  initiatorShareBytes: SHARE_BYTES,
  responderShareBytes: SHARE_BYTES,
  async start(): Promise<PendingAgreement> {
    const { privateKey, share } = await ephemeral()
    return { share, finish: (peer) => agree(privateKey, peer) }
  },
  async respond(peer: Uint8Array): Promise<{ share: Uint8Array; secret: Uint8Array }> {
    const { privateKey, share } = await ephemeral()
    return { share, secret: await agree(privateKey, peer) }
  },
})

async function ephemeral(): Promise<{ privateKey: CryptoKey; share: Uint8Array }> {
  const pair = await crypto.subtle.generateKey({ name: ALGORITHM }, false, ['deriveBits'])
  const share = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
  return { privateKey: pair.privateKey, share }
}

async function agree(privateKey: CryptoKey, peer: Uint8Array): Promise<Uint8Array> {
  if (peer.length !== SHARE_BYTES) throw badShare()
  let secret: Uint8Array
  try {
    const publicKey = await crypto.subtle.importKey(
      'raw',
      new Uint8Array(peer),
      { name: ALGORITHM },
      false,
      [],
    )
    secret = new Uint8Array(
      await crypto.subtle.deriveBits({ name: ALGORITHM, public: publicKey }, privateKey, 256),
    )
  } catch (cause) {
    throw badShare(cause) // some engines refuse points of small order themselves
  }
  if (secret.every((byte) => byte === 0)) throw badShare()
  return secret
}

function badShare(cause?: unknown): VerificationError {
  return new VerificationError('COMITY_HANDSHAKE_KEY_SHARE', 'the key share is not usable', {
    spec: 'RFC 7748 §6.1',
    cause,
  })
}
