import {
  createDidDocument,
  createDidResolver,
  type DidResolver,
  type DidResolverOptions,
} from '../../src/did/index.ts'
import { generateSigner } from '../../src/keys/index.ts'
import { fetchFor, startServer, type TestServer } from '../net/support.ts'

const { publicJwk } = await generateSigner({ alg: 'Ed25519' })

/** A host of one document that can be changed, and says how often it was asked. */
export interface Host {
  readonly server: TestServer
  readonly did: string
  asked: () => number
  /** The `cache-control` that was asked with last. */
  cacheControl: () => string | undefined
  status: number
  headers: Record<string, string>
  body: string
  delayMs: number
}

/** A document with one key. */
export function documentOf(did: string, fragment = '#key-1'): string {
  return JSON.stringify(
    createDidDocument({ did, keys: [{ fragment, jwk: publicJwk, relationships: ['authentication'] }] }),
  )
}

/** Starts a host whose document is good. */
export async function startHost(): Promise<Host> {
  let asked = 0
  let cacheControl: string | undefined
  const server = await startServer((request, response) => {
    asked += 1
    cacheControl = request.headers['cache-control']
    const { status, headers, body } = host
    setTimeout(() => response.writeHead(status, headers).end(body), host.delayMs)
  })
  const did = `did:web:localhost%3A${String(server.port)}:acme`
  const host: Host = {
    server,
    did,
    asked: () => asked,
    cacheControl: () => cacheControl,
    status: 200,
    headers: {},
    body: documentOf(did),
    delayMs: 0,
  }
  return host
}

/** A resolver that may go to a host. */
export function resolverFor(host: Host, options: Partial<DidResolverOptions> = {}): DidResolver {
  return createDidResolver({ fetch: fetchFor([host.server]), ...options })
}
