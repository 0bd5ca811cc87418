import type { Demand } from '../demand/index.ts'
import type { Occasion } from './binding.ts'
import {
  bindingRequired,
  channelBinding,
  channelPolicyOf,
  unsupported,
  usableChannel,
  type Channel,
  type ChannelExpectation,
} from './channel.ts'

type Place = Omit<Occasion, 'verifier'>

/**
 * The connection, as far as the initiator's own demand lets it count.
 *
 * @throws {TrustError} `COMITY_CHANNEL_BINDING_UNSUPPORTED` when a binding is required and there is none.
 */
export function ownChannel(demand: Demand, channel: Channel | undefined): Channel | undefined {
  const usable = usableChannel(demand, channel)
  if (usable === undefined && channelPolicyOf(demand) === 'required') {
    throw unsupported('a binding to the connection is required, and cannot be had here')
  }
  return usable
}

/**
 * Whether the `present` is to be bound: where the responder asks for it and the connection is known here.
 *
 * @throws {PolicyError} `COMITY_CHANNEL_BINDING_REQUIRED` when the responder requires it and the own demand says `off`.
 * @throws {TrustError} `COMITY_CHANNEL_BINDING_UNSUPPORTED` when it requires it and the connection is not known here.
 */
export function isBindingWanted(own: Demand, asked: Demand, channel: Channel | undefined): boolean {
  const wanted = asked.channel?.binding
  if (wanted === 'required' && channel === undefined) {
    if (channelPolicyOf(own) === 'off')
      throw bindingRequired('the responder requires a binding to the connection')
    throw unsupported('the responder requires a binding to the connection, which cannot be had here')
  }
  return channel !== undefined && (wanted === 'required' || wanted === 'if-present')
}

/** What the `cb` of a responder's message must be: `cb`, undefined where the connection is not known here. */
export function responderBinding(own: Demand, cb: string | undefined): ChannelExpectation {
  return {
    of: cb === undefined ? undefined : () => cb,
    isRequired: channelPolicyOf(own) === 'required',
    ignoresUnknown: true,
  }
}

/** `cb` at a place in the run; undefined where the connection is not known here. */
export function bindingAt(channel: Channel | undefined, place: Place): string | undefined {
  return channel === undefined ? undefined : channelBinding(channel, place)
}
