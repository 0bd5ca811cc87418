import type { ComityErrorCode } from '../../../src/errors/index.ts'
import {
  createWorkloadApiClient,
  createX509Source,
  svidWithHint,
  type WorkloadApiClient,
} from '../../../src/spiffe/workload-api.ts'
import {
  createSpiffeAuthority,
  startFakeWorkloadApi,
  type FakeFault,
  type FakeWorkloadApi,
} from '../../../src/testing/index.ts'
import { encodeAnswer } from '../../spiffe/workload-api-support.ts'

/** Calls an endpoint at which this goes wrong. */
async function at(
  fault: FakeFault | undefined,
  call: (client: WorkloadApiClient, api: FakeWorkloadApi) => Promise<unknown>,
): Promise<void> {
  const authority = await createSpiffeAuthority('acme.example')
  await using api = await startFakeWorkloadApi({ authority })
  await using client = createWorkloadApiClient({ address: api.address })
  api.setFault(fault)
  await call(client, api)
}

const fetchContext = (client: WorkloadApiClient): Promise<unknown> => client.fetchX509Context()

/** For each code of the part, a call that fails with exactly that code. */
export const spiffeWorkloadApi = {
  COMITY_WORKLOAD_API_MESSAGE: () => at({ bytes: new Uint8Array([0xff]) }, fetchContext),
  COMITY_WORKLOAD_API_FIELD_MISSING: () => at({ bytes: new Uint8Array() }, fetchContext),
  COMITY_WORKLOAD_API_MISMATCH: () =>
    at(undefined, async (client, api) => {
      const other = await createSpiffeAuthority('acme.example')
      const svid = await other.issueJwtSvid('/other', 'globex')
      const svids = [{ spiffeId: 'spiffe://acme.example/workload', svid }]
      api.setFault({ bytes: encodeAnswer('FetchJWTSVID', { svids }) }, 'FetchJWTSVID')
      await client.fetchJwtSvids({ audience: 'globex' })
    }),
  COMITY_WORKLOAD_API_UNAVAILABLE: () => at({ status: 'UNAVAILABLE' }, fetchContext),
  COMITY_WORKLOAD_API_DENIED: () => at({ status: 'PERMISSION_DENIED' }, fetchContext),
  COMITY_WORKLOAD_API_REFUSED: () => at({ status: 'INVALID_ARGUMENT' }, fetchContext),
  COMITY_WORKLOAD_API_UNSUPPORTED: () => at({ status: 'UNIMPLEMENTED' }, fetchContext),
  COMITY_WORKLOAD_API_CLOSED: () =>
    at(undefined, (client) => {
      client.close()
      return client.fetchX509Context()
    }),
  COMITY_SVID_UNAVAILABLE: () =>
    at(undefined, async (client) => {
      const source = await createX509Source({ client })
      source.close()
      source.getX509Svid()
    }),
  COMITY_SVID_HINT_UNKNOWN: () => svidWithHint([{ hint: 'external' }], 'internal'),
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
