import { status, type ServiceError } from '@grpc/grpc-js'
import { NetworkError, type NetworkCode } from '../../errors/index.ts'

/** What a status means that is not simply a failure to be tried again. */
const MEANINGS: ReadonlyMap<number, { readonly code: NetworkCode; readonly message: string }> = new Map([
  [
    status.INVALID_ARGUMENT,
    { code: 'COMITY_WORKLOAD_API_REFUSED', message: 'the Workload API refused the request as invalid' },
  ],
  [
    status.PERMISSION_DENIED,
    { code: 'COMITY_WORKLOAD_API_DENIED', message: 'the Workload API has no identity for this workload' },
  ],
  [
    status.UNIMPLEMENTED,
    { code: 'COMITY_WORKLOAD_API_UNSUPPORTED', message: 'the Workload API does not offer this' },
  ],
])

/**
 * The failure of a call.
 *
 * @param cause - What gRPC says. Its text comes from the server, and is kept out of the message.
 */
export function callFailed(cause: unknown): NetworkError {
  const code = isServiceError(cause) ? cause.code : status.UNKNOWN
  const details = { status: status[code] }
  const meaning = MEANINGS.get(code)
  if (meaning !== undefined) return new NetworkError(meaning.code, meaning.message, { details, cause })
  return unavailable('the Workload API cannot be reached, or does not answer', details, cause)
}

/** The failure of an endpoint that is not there, or does not do what it should in time. */
export function unavailable(
  message: string,
  details: Readonly<Record<string, string | number>>,
  cause?: unknown,
): NetworkError {
  return new NetworkError('COMITY_WORKLOAD_API_UNAVAILABLE', message, {
    spec: 'Workload Endpoint §6',
    details,
    ...(cause === undefined ? {} : { cause }),
  })
}

/** The failure of calls of a client that was closed. */
export function clientClosed(): NetworkError {
  return new NetworkError('COMITY_WORKLOAD_API_CLOSED', 'the client of the Workload API was closed')
}

/** Says whether asking again would get the same answer. */
export function isFinal(error: unknown): boolean {
  return (
    error instanceof NetworkError &&
    (error.code === 'COMITY_WORKLOAD_API_REFUSED' ||
      error.code === 'COMITY_WORKLOAD_API_UNSUPPORTED' ||
      error.code === 'COMITY_WORKLOAD_API_CLOSED')
  )
}

/** Says whether what was had from the endpoint before has been taken back by it. */
export function isWithdrawal(error: unknown): boolean {
  return error instanceof NetworkError && error.code === 'COMITY_WORKLOAD_API_DENIED'
}

function isServiceError(value: unknown): value is ServiceError {
  return value instanceof Error && 'code' in value && typeof value.code === 'number' && value.code in status
}

/** Says whether a call ended because its client was closed. */
export function isClosed(error: unknown): boolean {
  return error instanceof NetworkError && error.code === 'COMITY_WORKLOAD_API_CLOSED'
}
