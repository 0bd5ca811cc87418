/**
 * Revocation between organizations: one act, and the sessions at every peer are over.
 *
 * An organization publishes Security Event Tokens (RFC 8417, CAEP) over a stream of its own, named by the service
 * `ComityEvents` in its DID document. Peers that hold sessions of its agents listen, verify each event by the
 * organization's DID, and end what that organization is entitled to end. Events are kept in order, repeated until
 * they are confirmed, and pushed the moment they are published; a heartbeat says that nothing was missed.
 *
 * @module
 */
export { applyEvent } from './apply-event.ts'
export { EVENTS_SERVICE } from './event-connection.ts'
export { createEventListener, type EventListener, type EventListenerOptions } from './event-listener.ts'
export type { Delivery, SubscribeOptions } from './deliveries.ts'
export { createEventPublisher, type EventPublisher, type EventPublisherOptions } from './event-publisher.ts'
export { eventStreamResponse, type EventStreamOptions } from './event-stream-response.ts'
export type { EventKind, RevocationEvent } from './event.ts'
export {
  assertVerifiedEvent,
  verifyEvent,
  type VerifiedEvent,
  type VerifyEventOptions,
} from './verify-event.ts'
