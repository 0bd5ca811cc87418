import { NetworkError } from '../../errors/index.ts'
import type { PeerCheck } from '../peer.ts'

/** One HTTP request whose addresses were checked. */
export interface TransportRequest {
  /** The URL; its host's name goes into SNI, the certificate check and the `Host` header. */
  readonly url: URL
  /** The host without brackets. */
  readonly hostname: string
  /** The only addresses that may be connected to; at least one. */
  readonly addresses: readonly string[]
  readonly method: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Judges the server, over a connection for this request alone. */
  readonly peer?: PeerCheck
  /** The one connection to send it over; it was made by the same transport. */
  readonly connection?: TransportConnection
  /** Most bytes of the body before decompression; `undefined` for no limit. */
  readonly maxWireBytes?: number
  /** Aborted with a {@link NetworkError} as reason, which then is what the request fails with. */
  readonly signal: AbortSignal
}

/** The head of an answer, and its body in decompressed pieces. */
export interface TransportResponse {
  readonly status: number
  /** Without `content-encoding` and `content-length` where the body was decompressed. */
  readonly headers: Headers
  /** Ends the connection when it is left before its end. Failures of the socket are not translated here. */
  readonly body: AsyncIterable<Uint8Array>
  /** Ends the connection without reading the body. */
  discard(): void
}

/** What a client shows of itself in TLS, where the server asks. */
export interface ClientCertificate {
  /** The certificate and its intermediates, in PEM. */
  readonly cert: string
  /** The private key, in PEM. */
  readonly key: string
}

/** A TLS exporter: what only the two ends of a connection can compute. Throws where the connection has ended. */
export type Exporter = (length: number, label: string, context: Uint8Array) => Uint8Array

/** One connection, opened by the first request over it and never replaced by another. */
export interface TransportConnection {
  /** The exporter; undefined before the first request, and where TLS is older than 1.3. */
  exporter(): Exporter | undefined
  /** Ends the connection. */
  close(): void
}

/** What a platform must be able to do for the guarded fetch. */
export interface Transport {
  /** Looks up all addresses of a name. */
  resolveHost(hostname: string): Promise<readonly string[]>
  /** Sends a request over a connection to one of the given addresses and to no other. */
  send(request: TransportRequest): Promise<TransportResponse>
  /** Makes a connection for the requests that name it. */
  connect(certificate: ClientCertificate | undefined): TransportConnection
  /** Translates what `send`, its body or `resolveHost` failed with. */
  explain(error: unknown, hostname: string): NetworkError
  /** Closes idle connections. */
  close(): void
}

/** What a {@link Transport} is made with. */
export interface TransportOptions {
  /** Roots to trust beside the platform's, in PEM. */
  readonly ca: readonly string[]
  /** Most bytes of an answer's head. */
  readonly maxHeaderBytes: number
}
