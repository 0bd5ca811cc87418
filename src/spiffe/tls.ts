/**
 * TLS between workloads with X.509-SVIDs, for Node: both ends show who they are, and each judges the other by the bundle
 * of the other's own trust domain.
 *
 * @module
 */
export {
  createTlsAgent,
  createTlsConnector,
  http2ClientOptions,
  type ConnectorCallback,
  type ConnectorRequest,
} from './tls/agents.ts'
export { connectTls, tlsClientOptions, type TlsClientOptions, type TlsClientRules } from './tls/client.ts'
export type { X509SvidSource } from './tls/context.ts'
export type { PeerRules } from './tls/judge-peer.ts'
export { findPeerSvid, peerIdOf, peerSvidOf } from './tls/peer.ts'
export { clientSvidOptions, type ClientSvidOptions, type ClientSvidRules } from './tls/client-svids.ts'
export { tlsServerOptions, type TlsServerOptions, type TlsServerRules } from './tls/server.ts'
