import { parseEndpointAddress } from '../../../../src/spiffe/index.ts'
import { difference, judgeCall } from '../../verdict.ts'
import type { SpiffeOperation } from './operation.ts'

/** Addresses of the Workload API. */
export const spiffeEndpoints: Readonly<Record<string, SpiffeOperation>> = {
  parseEndpoint: (entry) =>
    judgeCall(
      entry,
      () => parseEndpointAddress(String(entry['input'])),
      (address) => difference('the address', address, entry.expect),
    ),
}
