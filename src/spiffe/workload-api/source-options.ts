import type { Clock } from '../../runtime/index.ts'
import { createWorkloadApiClient, type WorkloadApiClient, type WorkloadApiClientOptions } from './client.ts'

/** What all sources take: a client, or what to make one with. */
export interface WorkloadApiSourceOptions extends WorkloadApiClientOptions {
  /** The client to use, which is not closed with the source. Defaults to a new one, which is. Excludes `address`. */
  readonly client?: WorkloadApiClient
  /** Ends the wait for the first answer; the source is then closed, and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Tells whether an SVID has expired. Defaults to the system's clock. */
  readonly clock?: Clock
}

/** A client, and how to be done with it. */
export interface UsedClient {
  readonly client: WorkloadApiClient
  readonly release: () => void
}

/** The client that a source is to use. */
export function clientOf(options: WorkloadApiSourceOptions): UsedClient {
  const { client, address } = options
  if (client === undefined) {
    const own = createWorkloadApiClient(options)
    return { client: own, release: () => own.close() }
  }
  if (address !== undefined) throw new TypeError('options.client and options.address exclude each other')
  return { client, release: () => undefined }
}
