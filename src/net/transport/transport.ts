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

/** What a platform must be able to do for the guarded fetch. */
export interface Transport {
  /** Looks up all addresses of a name. */
  resolveHost(hostname: string): Promise<readonly string[]>
  /** Sends a request over a connection to one of the given addresses and to no other. */
  send(request: TransportRequest): Promise<TransportResponse>
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
