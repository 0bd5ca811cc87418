import type { MethodDefinition } from '@grpc/grpc-js'
import type { ComityError } from '../../src/errors/index.ts'
import type { Timers } from '../../src/runtime/index.ts'
import type { X509Svid } from '../../src/spiffe/index.ts'
import {
  createWorkloadApiClient,
  workloadApiService,
  type WorkloadApiClient,
} from '../../src/spiffe/workload-api.ts'
import {
  createSpiffeAuthority,
  startFakeWorkloadApi,
  type FakeWorkloadApi,
  type FakeWorkloadApiMethod,
  type FakeWorkloadApiOptions,
  type SpiffeAuthority,
} from '../../src/testing/index.ts'

/** An endpoint, its authority, a client, and what the client reported. */
export interface Endpoint extends AsyncDisposable {
  readonly authority: SpiffeAuthority
  readonly api: FakeWorkloadApi
  readonly client: WorkloadApiClient
  readonly reports: ComityError[]
}

/** Waits that are over soon. */
export const SOON = { initialMs: 2, maxMs: 20 }

/** Starts an endpoint and a client of it. */
export async function startEndpoint(
  options: Partial<FakeWorkloadApiOptions> = {},
  timers?: Timers,
): Promise<Endpoint> {
  const authority = options.authority ?? (await createSpiffeAuthority('acme.example'))
  const api = await startFakeWorkloadApi({ authority, ...options })
  const reports: ComityError[] = []
  const client = createWorkloadApiClient({
    address: api.address,
    backoff: SOON,
    onError: (error) => reports.push(error),
    ...(timers && { timers }),
  })
  return {
    authority,
    api,
    client,
    reports,
    async [Symbol.asyncDispose]() {
      client.close()
      await api.close()
    },
  }
}

/** The bytes of an answer. Fields that are left out are empty. */
export function encodeAnswer(method: FakeWorkloadApiMethod, message: object): Uint8Array {
  const { responseSerialize } = workloadApiService[method] as unknown as MethodDefinition<object, object>
  return new Uint8Array(responseSerialize(message))
}

/** The message for one X.509-SVID. */
export function svidMessage({ id, chain, privateKey, hint }: X509Svid, authority: SpiffeAuthority) {
  return {
    spiffeId: id.uri,
    x509Svid: Buffer.concat(chain.map(({ der }) => der)),
    x509SvidKey: Buffer.from(privateKey),
    bundle: Buffer.concat(authority.bundle().x509Authorities.map(({ der }) => der)),
    hint,
  }
}

/** The next value of a watch. */
export async function next<Value>(iterator: AsyncIterator<Value>): Promise<Value> {
  const result = await iterator.next()
  if (result.done === true) throw new Error('the watch has ended')
  return result.value
}

/** The iterator of a watch. */
export const iterate = <Value>(iterable: AsyncIterable<Value>): AsyncIterator<Value> =>
  iterable[Symbol.asyncIterator]()

/** What a call gives when this is the answer. Clears the reports before. */
export function askFor(
  { api, client, reports }: Endpoint,
  method: FakeWorkloadApiMethod,
  message: object | Uint8Array,
): Promise<unknown> {
  const bytes = message instanceof Uint8Array ? message : encodeAnswer(method, message)
  reports.length = 0
  api.setFault({ bytes }, method)
  const calls: Record<FakeWorkloadApiMethod, () => Promise<unknown>> = {
    FetchX509SVID: () => client.fetchX509Context(),
    FetchX509Bundles: () => client.fetchX509Bundles(),
    FetchJWTSVID: () => client.fetchJwtSvids({ audience: 'globex' }),
    FetchJWTBundles: () => client.fetchJwtBundles(),
    ValidateJWTSVID: () => client.validateJwtSvid({ token: 'a.b.c', audience: 'globex' }),
  }
  return calls[method]()
}
