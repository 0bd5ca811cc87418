import { createAuditLog } from '../audit/index.ts'
import { createGrantAuthorizer } from '../authorization/index.ts'
import type { Demand } from '../demand/index.ts'
import { postureDemand } from '../handshake/index.ts'
import { systemTimers } from '../runtime/index.ts'
import {
  assertLeaseSeconds,
  createDpopNonces,
  createSessionRegistry,
  DEFAULT_LEASE_SECONDS,
} from '../session/index.ts'
import type { GatewayOptions } from './gateway.ts'
import { gatewayIdentity } from './identity.ts'
import { forgetCached, takeEvent } from './peer-events.ts'
import { createPeerStreams } from './peer-streams.ts'
import type { ProtectionContext } from './protect.ts'

/**
 * Makes what requests are decided with, out of the options of a gateway.
 *
 * @param demand What it asks for now.
 * @throws {TypeError} An option is out of range.
 */
export async function protectionContext(options: GatewayOptions, demand: Demand): Promise<ProtectionContext> {
  const { agent, origin, store, dpopNonce = false, log = () => undefined } = options
  const { leaseSeconds = DEFAULT_LEASE_SECONDS, timers = systemTimers } = options
  const { clock, evidence } = agent
  assertLeaseSeconds(leaseSeconds)
  const { maxStreams, maxStreamsPerPeer } = streamLimits(options)
  const identity = gatewayIdentity(agent, origin)
  const nonces =
    dpopNonce === false
      ? undefined
      : createDpopNonces({ store, clock, ...(dpopNonce === true ? {} : { seconds: dpopNonce.seconds }) })
  const audit = options.audit ?? createAuditLog({ store, log: 'gateway' })
  const registry = createSessionRegistry({ store, clock, audit })
  const anchors = options.compliance?.publisher
  return {
    identity,
    registry,
    streams: await createPeerStreams({
      agent,
      registry,
      store,
      leaseSeconds,
      maxStreams,
      maxStreamsPerPeer,
      log,
      timers,
      onEvent: (event) => takeEvent(event, { evidence, registry, audit, log, clock, anchors }),
      onRepeated: (event) => {
        forgetCached(event, evidence)
        // It rejects never.
        void anchors?.noteChange({ issuer: event.issuer })
      },
    }),
    leaseSeconds,
    nonces,
    evidence,
    postureDemand: postureDemand(demand),
    authorizer: options.authorizer ?? createGrantAuthorizer(),
    replay: store,
    audit,
    log,
    clock,
  }
}

function streamLimits({ maxStreams = 1000, maxStreamsPerPeer = Math.min(100, maxStreams) }: GatewayOptions): {
  readonly maxStreams: number
  readonly maxStreamsPerPeer: number
} {
  const isWithin = (value: number, most: number): boolean =>
    Number.isInteger(value) && value >= 1 && value <= most
  if (!isWithin(maxStreams, 100_000)) throw new TypeError('options.maxStreams must be 1 to 100000')
  if (!isWithin(maxStreamsPerPeer, maxStreams)) {
    throw new TypeError('options.maxStreamsPerPeer must be 1 to options.maxStreams')
  }
  return { maxStreams, maxStreamsPerPeer }
}
