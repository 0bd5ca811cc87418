/**
 * The gateway of an organization: `Request` in, `Response` out.
 *
 * It answers handshakes, renews sessions, holds every request to a protected resource against its session,
 * and hears from other organizations when they revoke an agent. It can also serve what an organization
 * publishes: DID documents, status lists and its own event stream.
 *
 * @module
 */
export { ANCHORS_RENEWED, type GatewayComplianceOptions } from './compliance.ts'
export { createComplianceVerifier, type ComplianceVerifierOptions } from './compliance-verifier.ts'
export { createGateway, type Gateway, type GatewayContext, type GatewayOptions } from './gateway.ts'
export {
  createHost,
  EVENTS_PATH,
  type Host,
  type HostedEvents,
  type HostedFile,
  type HostOptions,
} from './host.ts'
export { BUNDLE_PATH, type HostedBundle } from './host-bundles.ts'
export type { GatewayLog, GatewayLogEntry } from './log.ts'
export type { ProtectedHandler, ProtectedResource } from './protect.ts'
