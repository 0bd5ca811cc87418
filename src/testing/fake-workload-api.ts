import type { Clock } from '../runtime/index.ts'
import type { TrustBundle } from '../spiffe/index.ts'
import type { IssueX509SvidOptions, SpiffeAuthority } from './spiffe-authority.ts'

/** Who calls: one identity of the workload. */
export interface FakeWorkload extends IssueX509SvidOptions {
  /** The path of its SPIFFE ID, such as `/agents/ledger`. */
  readonly path: string
  /** Seconds that its JWT-SVIDs live. Defaults to five minutes. */
  readonly jwtLifetime?: number
}

/** What {@link startFakeWorkloadApi} takes. */
export interface FakeWorkloadApiOptions {
  /** Who issues. Its bundle as of each answer is the one that is given out. */
  readonly authority: SpiffeAuthority
  /** The identities of whoever calls, the default one first; none at all is denied. Defaults to one, `/workload`. */
  readonly workloads?: readonly FakeWorkload[]
  /** Bundles of other trust domains. Defaults to none. */
  readonly federatedBundles?: readonly TrustBundle[]
  /** Where its socket shall be, at most 107 bytes. Defaults to a fresh temporary folder, which goes away with it. */
  readonly socketPath?: string
  /** Tells when a JWT-SVID that it is asked about is valid. Defaults to the system's clock. */
  readonly clock?: Clock
}

/** The methods of the Workload API. */
export type FakeWorkloadApiMethod =
  'FetchX509SVID' | 'FetchX509Bundles' | 'FetchJWTSVID' | 'FetchJWTBundles' | 'ValidateJWTSVID'

/** What it does instead of what it should: ends calls with a status, sends these bytes as its message, or keeps silent. */
export type FakeFault =
  | {
      /** The gRPC status that a call ends with. */
      readonly status:
        | 'OK'
        | 'INVALID_ARGUMENT'
        | 'PERMISSION_DENIED'
        | 'UNIMPLEMENTED'
        | 'UNAVAILABLE'
        | 'INTERNAL'
        | 'RESOURCE_EXHAUSTED'
    }
  | {
      /** What is sent in place of a message. */
      readonly bytes: Uint8Array
    }
  | {
      /** No call is answered. */
      readonly isSilent: true
    }

/** A Workload API, for tests: a real gRPC server at a unix socket, which asks nobody who they are. */
export interface FakeWorkloadApi extends AsyncDisposable {
  /** For `SPIFFE_ENDPOINT_SOCKET`. */
  readonly address: string
  /** How many streams are open. */
  readonly openStreams: number
  /** The methods that were called, in order, with calls that were refused among them. */
  readonly calls: readonly FakeWorkloadApiMethod[]
  /**
   * Gives the caller other identities, and tells all open streams; none: it is denied.
   *
   * @throws {TypeError} Two of them have one hint.
   */
  setWorkloads(workloads: readonly FakeWorkload[]): Promise<void>
  /** Sets the bundles of other trust domains, and tells all open streams. */
  setFederatedBundles(bundles: readonly TrustBundle[]): void
  /** Issues all SVIDs anew, and tells all open streams of them and of the authority's bundle as it is now. */
  renew(): Promise<void>
  /**
   * Sets what goes wrong from now on, for open streams too; undefined: nothing.
   *
   * @param method - The only method that it goes wrong at. Defaults to all.
   */
  setFault(fault: FakeFault | undefined, method?: FakeWorkloadApiMethod): void
  /** Ends all open streams, as a server that has had them open for long enough. */
  endStreams(): void
  /** Ends all calls, and takes the socket away. */
  close(): Promise<void>
}

/**
 * Starts a Workload API. gRPC is loaded here, and not before.
 *
 * @throws {TypeError} Two workloads have one hint, or the path of the socket is too long.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Workload_API.md | the SPIFFE Workload API}
 */
export async function startFakeWorkloadApi(options: FakeWorkloadApiOptions): Promise<FakeWorkloadApi> {
  const { startServer } = await import('./fake-workload-api-server.ts')
  return startServer(options)
}
