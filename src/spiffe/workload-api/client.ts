import { VerificationError } from '../../errors/index.ts'
import { systemTimers, type Timers } from '../../runtime/index.ts'
import { parseEndpointAddress, type EndpointAddress, type TrustBundle } from '../index.ts'
import type { BackoffOptions } from './backoff.ts'
import type { Report } from './bundle-map.ts'
import { createConnection, type Connection } from './connection.ts'
import { fetchFirst, withDeadline } from './fetch-first.ts'
import {
  audienceOf,
  readJwtBundlesAnswer,
  readJwtSvids,
  readVerdict,
  type JwtSvidRequest,
  type JwtSvidVerdict,
  type WorkloadJwtSvid,
} from './jwt-answers.ts'
import { watch } from './watch.ts'
import { NO_X509_CONTEXT, readX509BundlesAnswer, readX509Context, type X509Context } from './x509-context.ts'

/** What {@link createWorkloadApiClient} takes. */
export interface WorkloadApiClientOptions {
  /** Such as `unix:///run/spire/agent.sock`. Defaults to what the environment variable `SPIFFE_ENDPOINT_SOCKET` says. */
  readonly address?: string
  /** Milliseconds until a `fetch…` or `validate…` without an answer fails, 1 to 2147483647. Defaults to 10 000. */
  readonly timeoutMs?: number
  /** How long a `watch…` waits between two tries. */
  readonly backoff?: BackoffOptions
  /**
   * Learns of what goes wrong and ends nothing: an answer that was thrown away, a part of one that was left out, a
   * connection that has to be made again. It must not throw.
   */
  readonly onError?: Report
  /** Measure the waits. Default to the system's. */
  readonly timers?: Timers
}

/** What all calls take. */
export interface WorkloadApiCallOptions {
  /** Ends the call; it then fails with the signal's reason. */
  readonly signal?: AbortSignal
}

/**
 * A client of the SPIFFE Workload API.
 *
 * All that it throws besides what is said at each method: `COMITY_WORKLOAD_API_UNAVAILABLE` when there is no connection,
 * no answer in time, or a status that is not one of the following; `COMITY_WORKLOAD_API_DENIED` when there is no identity
 * for this workload; `COMITY_WORKLOAD_API_REFUSED` when the request is invalid; `COMITY_WORKLOAD_API_UNSUPPORTED` when
 * the endpoint does not offer the method; `COMITY_WORKLOAD_API_CLOSED`; `COMITY_WORKLOAD_API_MESSAGE`,
 * `COMITY_WORKLOAD_API_FIELD_MISSING` and `COMITY_WORKLOAD_API_MISMATCH`, or a code of what is inside, when the answer is
 * malformed.
 *
 * A `watch…` gives all of what there is, again with each change; a reader that is slow gets the newest. It connects again
 * when the stream ends. An answer that is malformed is reported and thrown away; what was had stays. Where the endpoint
 * takes everything back (`COMITY_WORKLOAD_API_DENIED`), it gives an empty value and goes on asking. It throws when the
 * endpoint refuses the request or does not offer the method, and ends when the client is closed.
 */
export interface WorkloadApiClient extends AsyncDisposable {
  /** The workload's X.509-SVIDs and the bundles that it may trust, as of now. */
  fetchX509Context(options?: WorkloadApiCallOptions): Promise<X509Context>
  /** As {@link WorkloadApiClient.fetchX509Context}, again with each change. One without SVIDs means: taken back. */
  watchX509Context(options?: WorkloadApiCallOptions): AsyncIterable<X509Context>
  /** The X.509 bundles that the workload may trust, as of now. */
  fetchX509Bundles(options?: WorkloadApiCallOptions): Promise<readonly TrustBundle[]>
  /** As {@link WorkloadApiClient.fetchX509Bundles}, again with each change. None means: taken back. */
  watchX509Bundles(options?: WorkloadApiCallOptions): AsyncIterable<readonly TrustBundle[]>
  /** The JWT bundles that the workload may trust, as of now. */
  fetchJwtBundles(options?: WorkloadApiCallOptions): Promise<readonly TrustBundle[]>
  /** As {@link WorkloadApiClient.fetchJwtBundles}, again with each change. None means: taken back. */
  watchJwtBundles(options?: WorkloadApiCallOptions): AsyncIterable<readonly TrustBundle[]>
  /**
   * New JWT-SVIDs of the workload for an audience, the default one first.
   *
   * @throws {TypeError} The audience is empty, before anything is sent.
   */
  fetchJwtSvids(request: JwtSvidRequest & WorkloadApiCallOptions): Promise<readonly WorkloadJwtSvid[]>
  /**
   * Has the endpoint validate somebody's JWT-SVID. Its answer to one that is not valid is that the request is refused.
   *
   * @param request - The token, compact JWS, and the name of the service that it has to be for; neither is empty.
   * @throws {TypeError} One of them is.
   */
  validateJwtSvid(
    request: { readonly token: string; readonly audience: string } & WorkloadApiCallOptions,
  ): Promise<JwtSvidVerdict>
  /** Ends all calls. Later ones fail. */
  close(): void
}

const DEFAULT_TIMEOUT_MS = 10_000
const NO_BUNDLES: readonly TrustBundle[] = Object.freeze([])

/**
 * Makes a client. Nothing is opened before the first call, and nothing is kept open but streams that are watched.
 *
 * @throws {VerificationError} `COMITY_ENDPOINT_ADDRESS_INVALID` when the address is malformed, or there is none.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Workload_Endpoint.md#4-locating-the-endpoint | Workload Endpoint §4}
 */
export function createWorkloadApiClient(options: WorkloadApiClientOptions = {}): WorkloadApiClient {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, backoff, onError: report = () => undefined } = options
  const { timers = systemTimers } = options
  if (!(timeoutMs >= 1 && timeoutMs <= 2_147_483_647)) {
    throw new TypeError('options.timeoutMs must be 1 to 2147483647')
  }
  const connection: Connection = createConnection(locate(options.address))
  const deadline = { timers, timeoutMs }
  const first = { connection, report, ...deadline }
  const watched = { connection, report, timers, backoff }
  return Object.freeze({
    fetchX509Context: ({ signal }: WorkloadApiCallOptions = {}) =>
      fetchFirst({ ...first, method: 'FetchX509SVID', read: readX509Context }, signal),
    watchX509Context: ({ signal }: WorkloadApiCallOptions = {}) =>
      watch({ ...watched, method: 'FetchX509SVID', read: readX509Context }, NO_X509_CONTEXT, signal),
    fetchX509Bundles: ({ signal }: WorkloadApiCallOptions = {}) =>
      fetchFirst({ ...first, method: 'FetchX509Bundles', read: readX509BundlesAnswer }, signal),
    watchX509Bundles: ({ signal }: WorkloadApiCallOptions = {}) =>
      watch({ ...watched, method: 'FetchX509Bundles', read: readX509BundlesAnswer }, NO_BUNDLES, signal),
    fetchJwtBundles: ({ signal }: WorkloadApiCallOptions = {}) =>
      fetchFirst({ ...first, method: 'FetchJWTBundles', read: readJwtBundlesAnswer }, signal),
    watchJwtBundles: ({ signal }: WorkloadApiCallOptions = {}) =>
      watch({ ...watched, method: 'FetchJWTBundles', read: readJwtBundlesAnswer }, NO_BUNDLES, signal),
    async fetchJwtSvids(request: JwtSvidRequest & WorkloadApiCallOptions) {
      const message = { audience: audienceOf(request), spiffeId: request.id?.uri ?? '' }
      const answer = await withDeadline(deadline, request.signal, (signal) =>
        connection.ask('FetchJWTSVID', message, signal),
      )
      return readJwtSvids(answer, request, report)
    },
    async validateJwtSvid(
      request: { readonly token: string; readonly audience: string } & WorkloadApiCallOptions,
    ) {
      const { token: svid, audience } = request
      if (svid === '' || audience === '') throw new TypeError('token and audience must not be empty')
      const answer = await withDeadline(deadline, request.signal, (signal) =>
        connection.ask('ValidateJWTSVID', { svid, audience }, signal),
      )
      return readVerdict(answer)
    },
    close: () => connection.close(),
    async [Symbol.asyncDispose]() {
      connection.close()
    },
  })
}

function locate(address: string | undefined): EndpointAddress {
  const text = address ?? process.env['SPIFFE_ENDPOINT_SOCKET']
  if (text !== undefined && text !== '') return parseEndpointAddress(text)
  throw new VerificationError(
    'COMITY_ENDPOINT_ADDRESS_INVALID',
    'no address of a Workload API: none was given, and `SPIFFE_ENDPOINT_SOCKET` is not set',
    { spec: 'SPIFFE-Workload-Endpoint §4' },
  )
}
