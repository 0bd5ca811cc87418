import { createCertificateAuthority, type CertificateAuthority } from './certificate-authority.ts'
import { answerWith, type FakeAnswer } from './fake-bundle-endpoint.ts'
import { startLoopbackServer } from './loopback-server.ts'

/** What {@link startFakeDidHost} takes. */
export interface FakeDidHostOptions {
  /** Who issues its certificate for `localhost`. Defaults to a new one. */
  readonly certificateAuthority?: CertificateAuthority
}

/** A web server that did:web documents, and whatever else belongs to them, are published at, for tests. */
export interface FakeDidHost extends AsyncDisposable {
  /** Such as `https://localhost:8443`. */
  readonly origin: string
  /** The root to trust, PEM. */
  readonly ca: string
  /** The paths that were asked for, in order. */
  readonly requests: readonly string[]
  /**
   * The did:web of this host.
   *
   * @param segments - Of its path. None: the DID of the whole host.
   */
  did(...segments: readonly string[]): string
  /**
   * Publishes a DID's document, in place of what was there.
   *
   * @param did - What {@link FakeDidHost.did} gave.
   * @param document - JSON; undefined takes it away.
   * @throws {TypeError} The DID is not of this host.
   */
  publish(did: string, document: object | undefined): void
  /** Sets the answer at a path, such as `/bundle.json`; undefined takes it away. */
  serve(path: string, answer: FakeAnswer | undefined): void
  /** Ends all connections. */
  close(): Promise<void>
}

/**
 * Starts a host.
 *
 * @see {@link https://w3c-ccg.github.io/did-method-web/ | did:web}
 */
export async function startFakeDidHost({
  certificateAuthority,
}: FakeDidHostOptions = {}): Promise<FakeDidHost> {
  const issuer = certificateAuthority ?? (await createCertificateAuthority())
  const answers = new Map<string, FakeAnswer>()
  const requests: string[] = []
  const server = await startLoopbackServer(await issuer.issue(), ({ url = '/' }, response) => {
    requests.push(url)
    answerWith(response, answers.get(url) ?? { status: 404 })
  })
  const root = `did:web:${encodeURIComponent(new URL(server.origin).host)}`
  const serve = (path: string, answer: FakeAnswer | undefined): void => {
    if (answer === undefined) answers.delete(path)
    else answers.set(path, answer)
  }
  return {
    origin: server.origin,
    ca: issuer.ca,
    requests,
    did: (...segments) => [root, ...segments.map(encodeURIComponent)].join(':'),
    publish(did, document) {
      if (did !== root && !did.startsWith(`${root}:`)) throw new TypeError('the DID is not of this host')
      const segments = did.slice(root.length).split(':').slice(1)
      const folder = segments.length === 0 ? '/.well-known' : `/${segments.join('/')}`
      const answer = document && {
        headers: { 'content-type': 'application/did+json' },
        body: JSON.stringify(document),
      }
      serve(`${folder}/did.json`, answer)
    },
    serve,
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  }
}
