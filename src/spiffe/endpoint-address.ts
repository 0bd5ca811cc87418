import ipaddr from 'ipaddr.js'
import { VerificationError } from '../errors/index.ts'

/** Where a Workload API is served. */
export type EndpointAddress =
  | {
      readonly scheme: 'unix'
      /** Absolute. */
      readonly path: string
    }
  | {
      readonly scheme: 'tcp'
      /** An IP address, without brackets. */
      readonly host: string
      /** 1 to 65535. */
      readonly port: number
    }

const FORM = /^(unix|tcp):(\/\/[^/?#]*)?([^?#]*)$/
const MAX_LENGTH = 4096

/**
 * Reads the address of a Workload API, as it stands in `SPIFFE_ENDPOINT_SOCKET`.
 *
 * @param text - Such as `unix:///run/spire/agent.sock` or `tcp://127.0.0.1:8000`.
 * @throws {VerificationError} `COMITY_ENDPOINT_ADDRESS_INVALID`.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Workload_Endpoint.md#4-locating-the-endpoint | Workload Endpoint §4}
 */
export function parseEndpointAddress(text: string): EndpointAddress {
  const [, scheme, authority, path = ''] = (text.length <= MAX_LENGTH ? FORM.exec(text) : null) ?? []
  if (scheme === undefined) throw invalid('it is no `unix:` or `tcp:` URI without query and fragment')
  if (scheme === 'unix') {
    if (authority !== undefined && authority !== '//') throw invalid('a `unix:` URI has no authority')
    const file = decoded(path)
    if (!/^\/[^\0]+$/.test(file)) throw invalid('a `unix:` URI has an absolute path')
    return Object.freeze({ scheme, path: file })
  }
  if (authority === undefined || path !== '') throw invalid('a `tcp:` URI has an authority and no path')
  const [, host = '', port = ''] = /^\/\/(\[[^\]]+\]|[^:@[\]]+):(\d{1,5})$/.exec(authority) ?? []
  const address = host.replace(/^\[(.*)\]$/, '$1')
  if (!isAddress(address) || (address !== host) !== address.includes(':'))
    throw invalid('the host is no IP address')
  if (!(Number(port) >= 1 && Number(port) <= 65_535)) throw invalid('the port is none')
  return Object.freeze({ scheme: 'tcp', host: address, port: Number(port) })
}

function isAddress(host: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(host) || (host.includes(':') && ipaddr.IPv6.isValid(host))
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw invalid('the path has a percent sign that begins nothing')
  }
}

function invalid(what: string): VerificationError {
  return new VerificationError(
    'COMITY_ENDPOINT_ADDRESS_INVALID',
    `not the address of a Workload API: ${what}`,
    {
      spec: 'SPIFFE-Workload-Endpoint §4',
    },
  )
}
