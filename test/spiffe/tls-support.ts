import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type ConnectionOptions, type Server, type TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'
import { authorizeAny, createBundleSet, type BundleSource, type X509Svid } from '../../src/spiffe/index.ts'
import {
  connectTls,
  tlsServerOptions,
  type TlsClientRules,
  type TlsServerRules,
  type X509SvidSource,
} from '../../src/spiffe/tls.ts'
import { createSpiffeAuthority, type SpiffeAuthority } from '../../src/testing/index.ts'

export const acme: SpiffeAuthority = await createSpiffeAuthority('acme.example')
export const globex: SpiffeAuthority = await createSpiffeAuthority('globex.example')

/** The bundles of both, as of now. */
export const both = (): BundleSource => createBundleSet([acme.bundle(), globex.bundle()])

/** A source that always gives the same. */
export const always = (svid: X509Svid): X509SvidSource => ({ getX509Svid: () => svid })

/** The SVIDs that most tests take: a server's and a client's. */
export const server: X509SvidSource = always(await acme.issueX509Svid('/server'))
export const client: X509SvidSource = always(
  await globex.issueX509Svid('/client', { withIntermediate: true }),
)

/** A server on loopback, and what went wrong with its clients. */
export interface Listening {
  readonly port: number
  readonly refusals: readonly { readonly code?: string }[]
  /** Connections that a listener of `secureConnection` saw. */
  readonly admitted: readonly TLSSocket[]
}

export async function listen(server: Server): Promise<Listening> {
  const refusals: { readonly code?: string }[] = []
  const admitted: TLSSocket[] = []
  const sockets = new Set<{ destroy(): void }>()
  server.on('tlsClientError', (error: { readonly code?: string }, socket: TLSSocket) => {
    // Node has its own refusals there, and an error that says that the connection was closed.
    const { authorizationError } = socket as { readonly authorizationError?: unknown }
    const isOurs = error.code?.startsWith('COMITY_') === true
    refusals.push(!isOurs && typeof authorizationError === 'string' ? { code: authorizationError } : error)
  })
  server.on('connection', (socket) => sockets.add(socket))
  server.on('secureConnection', (socket) => {
    socket.on('error', () => undefined)
    admitted.push(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return { port: (server.address() as AddressInfo).port, refusals, admitted }
}

/** Starts a server of `node:tls` that says back what it hears. */
export async function startEcho(rules: Partial<TlsServerRules> = {}): Promise<Listening> {
  const options = tlsServerOptions({ source: server, bundles: both(), authorize: authorizeAny(), ...rules })
  return listen(options.secure(createServer(options, (socket) => socket.pipe(socket))))
}

/** Connects, says something and waits for it to come back. The socket stays open until the test ends. */
export async function say(
  port: number,
  rules: Partial<TlsClientRules> = {},
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  const socket = connectTls(
    { source: client, bundles: both(), authorize: authorizeAny(), ...rules },
    { host: '127.0.0.1', port, ...options },
  )
  return echoed(socket)
}

/** Waits until a socket brings back what it is told; fails with what the socket fails with, or that it closed. */
export async function echoed(socket: TLSSocket): Promise<TLSSocket> {
  onTestFinished(() => void socket.destroy())
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'CLOSED' })))
    socket.once('data', () => resolve())
    socket.write('hello')
  })
  return socket
}

/** The code of what a promise fails with; undefined when it does not fail. */
export async function failure(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise
    return undefined
  } catch (error) {
    const { code, name } = error as { readonly code?: string; readonly name: string }
    return code ?? name
  }
}
