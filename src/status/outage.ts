import { TrustError } from '../errors/index.ts'

const SERVER_ERROR = 500
const TOO_MANY_REQUESTS = 429

/** What happens to a server, or to the way there. */
const OUTAGES: readonly unknown[] = [
  'COMITY_NET_UNREACHABLE',
  'COMITY_NET_TIMEOUT',
  'COMITY_NET_TLS',
  'COMITY_DID_UNRESOLVABLE',
]

/**
 * Says whether a list cannot be had for the time being. What was asked and answered is none: a list that is not there
 * any more, a key that was taken out of the document, a DID that was given up. Nor is what the asker itself ran out
 * of, such as its budget: a peer could see to that.
 */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof TrustError) || error.code !== 'COMITY_STATUS_UNAVAILABLE') return false
  const { because, status } = error.details
  if (typeof status === 'number') return status >= SERVER_ERROR || status === TOO_MANY_REQUESTS
  return OUTAGES.includes(because)
}
