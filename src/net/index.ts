/**
 * The one way out: a fetch for URLs that strangers chose.
 *
 * A peer names its DID, its status lists and its event stream, and this library goes and gets them. Whoever
 * can make a service fetch can make it fetch from inside: cloud metadata, a database's admin page, itself.
 * {@link createGuardedFetch} goes to public addresses only, over verified TLS, within limits on everything.
 *
 * @module
 */
export { createFetchBudget, type FetchBudget, type FetchBudgetOptions } from './budget.ts'
export type { ConnectionRequest, GuardedConnection, GuardedConnectionOptions } from './connection.ts'
export type { HostResolver } from './context.ts'
export type { GuardedResponse } from './exchange.ts'
export { createGuardedFetch, type GuardedFetch, type GuardedFetchOptions } from './guarded-fetch.ts'
export { peerChain, type PeerCheck, type SentCertificate } from './peer.ts'
export { readBody } from './read-body.ts'
export type { GuardedRequest, GuardedStreamRequest, HttpMethod } from './request.ts'
export type { GuardedStream } from './stream.ts'
export { insecureAllowLoopback } from './target.ts'
export type { ClientCertificate, Exporter } from './transport/transport.ts'
export { TLS_SUITES } from './tls-suites.ts'
