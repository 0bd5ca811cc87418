import type { ClientCertificate, Exporter } from './transport/transport.ts'
import type { GuardedResponse } from './exchange.ts'
import type { GuardedRequest } from './request.ts'

/** How a connection of one's own is made. */
export interface GuardedConnectionOptions {
  /** What is shown of oneself, where the server asks. Defaults to nothing. */
  readonly certificate?: ClientCertificate
}

/** A request over a connection of one's own: the server is judged by its host's name, and no answer is shared. */
export type ConnectionRequest = Omit<GuardedRequest, 'peer' | 'share'>

/**
 * One connection to one origin, for what has to be said over the same: opened by the first request, never replaced by
 * another, used by nobody else. It is held to everything that a guarded fetch is.
 */
export interface GuardedConnection {
  /**
   * Sends a request. One at a time: a further one waits.
   *
   * @throws {NetworkError} As a guarded fetch; `COMITY_NET_UNREACHABLE` when the connection has ended.
   * @throws {TypeError} The URL is of another origin.
   */
  fetch(url: string, request?: ConnectionRequest): Promise<GuardedResponse>
  /**
   * The TLS exporter: what only the two ends of the connection can compute. Undefined before the first answer, on TLS
   * that is older than 1.3, and where the runtime has none.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc8446#section-7.5 | RFC 8446 §7.5}
   */
  readonly exportKeyingMaterial: Exporter | undefined
  /** Ends the connection. */
  close(): void
}
