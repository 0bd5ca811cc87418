import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer as createNetServer, type AddressInfo, type Server as NetServer } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'
import {
  createGuardedFetch,
  insecureAllowLoopback,
  type GuardedFetch,
  type GuardedFetchOptions,
} from '../../src/net/index.ts'
import {
  createCertificateAuthority,
  type CertificateAuthority,
  type LeafOptions,
} from '../support/certificate-authority.ts'

/** The authority that the tests' clients trust. */
export const authority: CertificateAuthority = await createCertificateAuthority()

/** A server on loopback that ends with the test. */
export interface TestServer {
  readonly origin: string
  readonly port: number
  /** Connections accepted so far, TLS or not. */
  readonly connections: () => number
}

async function listen(server: NetServer, host = 'localhost'): Promise<TestServer> {
  let connections = 0
  const sockets = new Set<{ destroy(): void }>()
  server.on('connection', (socket) => {
    connections += 1
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return { origin: `https://${host}:${String(port)}`, port, connections: () => connections }
}

/** Starts a real HTTPS server on 127.0.0.1. */
export async function startServer(
  handle: RequestListener,
  leaf: LeafOptions = {},
  host?: string,
): Promise<TestServer> {
  return listen(createHttpsServer(await authority.issue(leaf), handle), host)
}

/** Starts a server that speaks TLS and then whatever it likes. */
export async function startRawServer(handle: (socket: TLSSocket) => void): Promise<TestServer> {
  const server = createTlsServer(await authority.issue(), (socket) => {
    socket.on('error', () => undefined)
    handle(socket)
    // A socket that nobody reads does not notice its end.
    socket.resume()
  })
  return listen(server)
}

/** Starts a server that does not speak TLS at all. */
export async function startPlainServer(): Promise<TestServer> {
  const server: Server = createServer((_request, response) => response.end('plain'))
  return listen(server)
}

/** Starts a server that accepts connections and says nothing. */
export async function startSilentServer(): Promise<TestServer> {
  return listen(createNetServer((socket) => socket.on('error', () => undefined).resume()))
}

/** Makes a guarded fetch that trusts the tests' authority and may go to some servers. */
export function fetchFor(servers: readonly TestServer[], options: GuardedFetchOptions = {}): GuardedFetch {
  const fetch = createGuardedFetch({
    ca: authority.ca,
    [insecureAllowLoopback]: servers.map(({ origin }) => origin),
    ...options,
  })
  onTestFinished(() => fetch.close())
  return fetch
}
