import type { ServerResponse } from 'node:http'
import { formatPem, formatTrustBundle, type SpiffeId, type X509Svid } from '../spiffe/index.ts'
import { createCertificateAuthority, type CertificateAuthority } from './certificate-authority.ts'
import { startLoopbackServer, type LoopbackIdentity } from './loopback-server.ts'
import type { SpiffeAuthority } from './spiffe-authority.ts'

/** What {@link startFakeBundleEndpoint} takes. */
export interface FakeBundleEndpointOptions {
  /** Whose bundle it gives out, as it is at each request. */
  readonly authority: SpiffeAuthority
  /** What it shows in TLS: a certificate for `localhost`, or an X.509-SVID of the authority. Defaults to `https_web`. */
  readonly profile?: 'https_web' | 'https_spiffe'
  /** Who issues the certificate for `localhost`. Defaults to a new one. */
  readonly certificateAuthority?: CertificateAuthority
}

/** An answer to be given in place of the right one. */
export interface FakeAnswer {
  /** Defaults to 200. */
  readonly status?: number
  /** Defaults to JSON's content type, and none besides. */
  readonly headers?: Readonly<Record<string, string>>
  /** Defaults to nothing. */
  readonly body?: string | Uint8Array
}

/** A SPIFFE bundle endpoint, for tests: a real HTTPS server on loopback. */
export interface FakeBundleEndpoint extends AsyncDisposable {
  /** Where the bundle is. */
  readonly url: string
  /** The root to trust for `https_web`, PEM; undefined for `https_spiffe`. */
  readonly ca?: string
  /** Who the endpoint is for `https_spiffe`; undefined for `https_web`. */
  readonly endpointId?: SpiffeId
  /** How often it was asked. */
  readonly requests: number
  /** Sets what it answers with; undefined: the bundle. */
  setAnswer(answer: FakeAnswer | undefined): void
  /** Ends all connections. */
  close(): Promise<void>
}

/**
 * Starts a bundle endpoint.
 *
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Federation.md#5-serving-and-consuming-a-spiffe-bundle-endpoint | SPIFFE Federation §5}
 */
export async function startFakeBundleEndpoint(
  options: FakeBundleEndpointOptions,
): Promise<FakeBundleEndpoint> {
  const { authority } = options
  const { identity, ...names } = await identityOf(options)
  let replacement: FakeAnswer | undefined
  let requests = 0
  const server = await startLoopbackServer(identity, (request, response) => {
    requests += 1
    if (replacement !== undefined) answerWith(response, replacement)
    else if (request.url !== '/') answerWith(response, { status: 404 })
    else if (request.method !== 'GET') answerWith(response, { status: 405 })
    else answerWith(response, { body: formatTrustBundle(authority.bundle()) })
  })
  return {
    url: `${server.origin}/`,
    ...names,
    get requests() {
      return requests
    },
    setAnswer(answer) {
      replacement = answer
    },
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  }
}

/** Sends an answer. */
export function answerWith(
  response: ServerResponse,
  { status = 200, headers = {}, body = '' }: FakeAnswer,
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
}

async function identityOf({
  authority,
  profile = 'https_web',
  certificateAuthority,
}: FakeBundleEndpointOptions): Promise<{
  readonly identity: LoopbackIdentity
  readonly ca?: string
  readonly endpointId?: SpiffeId
}> {
  if (profile === 'https_spiffe') {
    const svid = await authority.issueX509Svid('/spire/server')
    return { identity: pemOf(svid), endpointId: svid.id }
  }
  const issuer = certificateAuthority ?? (await createCertificateAuthority())
  return { identity: await issuer.issue(), ca: issuer.ca }
}

function pemOf({ chain, privateKey }: X509Svid): LoopbackIdentity {
  return {
    key: formatPem('PRIVATE KEY', privateKey),
    cert: chain.map(({ der }) => formatPem('CERTIFICATE', der)).join(''),
  }
}
