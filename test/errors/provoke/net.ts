import { createServer } from 'node:https'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ComityErrorCode } from '../../../src/errors/index.ts'
import {
  createFetchBudget,
  createGuardedFetch,
  insecureAllowLoopback,
  type GuardedRequest,
} from '../../../src/net/index.ts'
import { createTransport } from '../../../src/net/transport/unpinned.ts'
import { createCertificateAuthority } from '../../support/certificate-authority.ts'

/** Fetches once from a server that answers like this. */
async function fetchFrom(
  handle: RequestListener,
  request: GuardedRequest = {},
  names?: string[],
): Promise<unknown> {
  const authority = await createCertificateAuthority()
  const server = createServer(await authority.issue(names === undefined ? {} : { names }), handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  const fetch = createGuardedFetch({ ca: authority.ca, [insecureAllowLoopback]: [origin] })
  try {
    return await fetch(origin, request)
  } finally {
    fetch.close()
    server.closeAllConnections()
    server.close()
  }
}

const stranger = 'https://acme.example/'

/** A call for each code of the area that fails with it. */
export const net = {
  COMITY_NET_URL_NOT_ALLOWED: () => createGuardedFetch()('http://acme.example/'),
  COMITY_NET_ADDRESS_NOT_ALLOWED: () =>
    createGuardedFetch({ resolveHost: async () => ['10.0.0.1'] })(stranger),
  COMITY_NET_UNREACHABLE: () => createGuardedFetch({ resolveHost: async () => [] })(stranger),
  COMITY_NET_TLS: () => fetchFrom((_request, response) => response.end(), {}, ['other.example']),
  COMITY_NET_TIMEOUT: () => fetchFrom(() => undefined, { timeoutMs: 200 }),
  COMITY_NET_TOO_LARGE: () => fetchFrom((_request, response) => response.end('too much'), { maxBytes: 7 }),
  COMITY_NET_REDIRECT: () =>
    fetchFrom((_request, response) => response.writeHead(302, { location: '/' }).end()),
  COMITY_NET_RESPONSE_INVALID: () =>
    fetchFrom((_request, response) => response.writeHead(200, { 'content-encoding': 'zstd' }).end('x')),
  COMITY_NET_BUDGET: () =>
    fetchFrom((_request, response) => response.end(), {
      budget: createFetchBudget({ requests: 0, bytes: 1, timeoutMs: 5000 }),
    }),
  // On Node the package always gets the transport that can pin; this is the one that other runtimes get.
  COMITY_NET_UNPINNED: () => createTransport().resolveHost('acme.example'),
  COMITY_NET_ABORTED: () => createGuardedFetch()(stranger, { signal: AbortSignal.abort() }),
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
