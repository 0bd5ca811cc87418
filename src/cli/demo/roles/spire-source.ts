import { NetworkError } from '../../../errors/index.ts'
import type { X509Source } from '../../../spiffe/workload-api.ts'

const WAIT_MS = 10_000

/**
 * The SVID and bundles that a SPIRE agent gives this process. gRPC is loaded here and not before.
 *
 * @throws {NetworkError} `COMITY_WORKLOAD_API_UNAVAILABLE` when it gives none within ten seconds.
 */
export async function spireSource(address: string): Promise<X509Source> {
  const { createX509Source } = await import('../../../spiffe/workload-api.ts')
  const signal = AbortSignal.timeout(WAIT_MS)
  try {
    return await createX509Source({ address, signal })
  } catch (cause) {
    if (!signal.aborted) throw cause
    throw new NetworkError('COMITY_WORKLOAD_API_UNAVAILABLE', `SPIRE gives no SVID at ${address}`, { cause })
  }
}
