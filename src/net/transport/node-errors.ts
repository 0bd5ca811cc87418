import { NetworkError } from '../../errors/index.ts'

const TLS =
  /^(?:CERT_|CRL_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|ERROR_IN_|INVALID_|PATH_LENGTH_|HOSTNAME_|EPROTO$)/
const MALFORMED = /^(?:HPE_|Z_|ERR__|ERR_BROTLI)/

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'UNKNOWN'
}

/** Says whether an error is Node's with this `code`. */
export function hasCode(error: unknown, code: string): boolean {
  return codeOf(error) === code
}

/**
 * Translates an error of Node's sockets, TLS, HTTP parser or zlib.
 *
 * @param hostname - The host, for the details.
 */
export function explainNodeError(error: unknown, hostname: string): NetworkError {
  if (error instanceof NetworkError) return error
  const code = codeOf(error)
  const context = { cause: error, details: { host: hostname, reason: code } }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new NetworkError('COMITY_NET_TOO_LARGE', 'the head of the answer is too large', context)
  }
  if (TLS.test(code)) return new NetworkError('COMITY_NET_TLS', 'the TLS connection was refused', context)
  if (MALFORMED.test(code)) {
    return new NetworkError('COMITY_NET_RESPONSE_INVALID', 'the answer is malformed', context)
  }
  return new NetworkError('COMITY_NET_UNREACHABLE', 'the host could not be reached', context)
}
