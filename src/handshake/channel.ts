import type { Demand } from '../demand/index.ts'
import { decodeBase64url, encodeBase64url, equalBytes, type JsonObject } from '../encoding/index.ts'
import { ComityError, PolicyError, TrustError, VerificationError } from '../errors/index.ts'
import type { SpiffeId, VerifiedX509Svid } from '../spiffe/index.ts'
import { bindOf, type Occasion } from './binding.ts'
import { bytesMember } from './shape.ts'

/** The exporter's label. */
export const CHANNEL_LABEL = 'EXPORTER-comity-1'

const BYTES = 32
const SPEC = 'comity handshake, channel binding'

/**
 * The TLS 1.3 connection that carries a message, as the end of it that is here knows it. Whoever terminates TLS
 * elsewhere must not make one.
 */
export interface Channel {
  /**
   * The TLS exporter: what only the two ends of the connection can compute.
   *
   * @throws {ComityError} The connection has ended.
   * @see {@link https://www.rfc-editor.org/rfc/rfc8446#section-7.5 | RFC 8446 §7.5}
   */
  exportKeyingMaterial(length: number, label: string, context: Uint8Array): Uint8Array
  /** At a server: the SVID whose key the client has shown to hold in TLS. */
  readonly peerSvid?: VerifiedX509Svid
  /** At a client: the SPIFFE ID of the SVID that it offered in TLS. */
  readonly ownId?: SpiffeId
}

/** How a side stands to the binding: `required`, `if-present` or `off`. */
export type ChannelPolicy = NonNullable<Demand['channel']>['binding']

/** What is asked of the peer's messages: the own demand says. */
export function channelPolicyOf({ channel }: Demand): ChannelPolicy {
  return channel?.binding ?? 'if-present'
}

/** The connection, as far as the own policy lets it count. */
export function usableChannel(demand: Demand, channel: Channel | undefined): Channel | undefined {
  return channelPolicyOf(demand) === 'off' ? undefined : channel
}

/** `cb` of a message that goes over the connection. */
export function channelBinding(channel: Channel, occasion: Omit<Occasion, 'verifier'>): string {
  return exported(channel, bindOf(occasion))
}

/**
 * As {@link channelBinding}; undefined where the connection is not known here, or has ended. The answer is kept
 * then for the same message over another connection, and bound to neither.
 */
export function bindingWhileOpen(
  channel: Channel | undefined,
  occasion: Omit<Occasion, 'verifier'>,
): string | undefined {
  try {
    return channel === undefined ? undefined : channelBinding(channel, occasion)
  } catch (error) {
    if (error instanceof ComityError) return undefined
    throw error
  }
}

/** The claim `cb` of a message; none where the connection is not known here. */
export function channelClaim(cb: string | undefined): JsonObject {
  return cb === undefined ? {} : { cb }
}

/**
 * The demand as it is sent: it asks for a binding only where this side can check one. Without that an initiator behind
 * somebody's TLS would bind its message to a connection that this side has never seen.
 *
 * @throws {TrustError} `COMITY_CHANNEL_BINDING_UNSUPPORTED` when it is required: it is not left out in silence.
 */
export function demandOver(channel: Channel | undefined, demand: Demand): Demand {
  const binding = channelPolicyOf(demand)
  if (channel !== undefined) return { ...demand, channel: { binding } }
  if (binding === 'required')
    throw unsupported('a binding to the connection is required, and cannot be had here')
  const { channel: _own, ...others } = demand
  return others
}

/** What the `cb` of a received message is held against. */
export interface ChannelExpectation {
  /** What it must be, for the DID that signed; undefined where the connection is not known here. */
  readonly of: ((presenter: string) => string) | undefined
  /** Whether a message without it is refused. */
  readonly isRequired: boolean
  /** Whether one that cannot be checked is passed over: nothing rests on it then. Else it is refused. */
  readonly ignoresUnknown: boolean
}

/**
 * Check 7 on a received message, whose signature was verified.
 *
 * @returns Whether the message is bound to the connection.
 * @throws {VerificationError} `COMITY_HANDSHAKE_MALFORMED` when `cb` is not 32 bytes in base64url;
 *   `COMITY_CHANNEL_BINDING_MISMATCH` when it is of another connection, message, DID or role.
 * @throws {PolicyError} `COMITY_CHANNEL_BINDING_REQUIRED` when there is none and one is required.
 * @throws {TrustError} `COMITY_CHANNEL_BINDING_UNSUPPORTED` when there is one and it cannot be checked here.
 */
export function checkChannelBinding(
  claims: JsonObject,
  presenter: string,
  { of, isRequired, ignoresUnknown }: ChannelExpectation,
): boolean {
  if (claims['cb'] === undefined) {
    if (isRequired) throw bindingRequired('the message is not bound to the connection')
    return false
  }
  const sent = bytesMember(claims, 'cb', { bytes: BYTES })
  if (of === undefined) {
    if (ignoresUnknown && !isRequired) return false
    throw unsupported('nothing here can check a binding to the connection')
  }
  if (!equalBytes(sent, decodeBase64url(of(presenter))))
    throw mismatch('the message is bound to something else')
  return true
}

/** What a responder remembers of the connection that brought a hello: its own `cb`, and what that was made over. */
export interface SeenChannel {
  /** `bind` of the offer, base64url. */
  readonly bind: string
  /** The offer's `cb`. */
  readonly cb: string
}

/** Remembers the connection that an offer goes over. */
export function seenChannel(channel: Channel, offer: Omit<Occasion, 'verifier'>): SeenChannel {
  const bind = bindOf(offer)
  return { bind: encodeBase64url(bind), cb: exported(channel, bind) }
}

/**
 * Asserts that a bound `present` came over the connection of its hello.
 *
 * @throws {VerificationError} `COMITY_CHANNEL_BINDING_MISMATCH`.
 */
export function assertSameChannel(seen: SeenChannel | undefined, channel: Channel | undefined): void {
  const isSame =
    seen !== undefined && channel !== undefined && exported(channel, decodeBase64url(seen.bind)) === seen.cb
  if (!isSame) throw mismatch('the hello came over another connection')
}

/** The refusal of a message, or a demand, for want of a binding. */
export function bindingRequired(message: string): PolicyError {
  return new PolicyError('COMITY_CHANNEL_BINDING_REQUIRED', message, { spec: SPEC })
}

/** The refusal of a binding that cannot be made, or cannot be checked, here. */
export function unsupported(message: string): TrustError {
  return new TrustError('COMITY_CHANNEL_BINDING_UNSUPPORTED', message, { spec: SPEC })
}

function mismatch(message: string): VerificationError {
  return new VerificationError('COMITY_CHANNEL_BINDING_MISMATCH', message, { spec: SPEC })
}

function exported(channel: Channel, context: Uint8Array): string {
  const bytes = channel.exportKeyingMaterial(BYTES, CHANNEL_LABEL, context)
  if (bytes.length !== BYTES) throw new TypeError('the exporter gave another length than it was asked for')
  return encodeBase64url(bytes)
}
