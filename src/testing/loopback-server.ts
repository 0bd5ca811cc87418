import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** A certificate and its key, PEM. */
export interface LoopbackIdentity {
  readonly key: string
  readonly cert: string
}

/** An HTTPS server on loopback. */
export interface LoopbackServer {
  /** Such as `https://localhost:8443`. */
  readonly origin: string
  close(): Promise<void>
}

/** Starts an HTTPS server at a free port of loopback. */
export async function startLoopbackServer(
  identity: LoopbackIdentity,
  handle: RequestListener,
): Promise<LoopbackServer> {
  const server = createServer({ key: identity.key, cert: identity.cert }, handle)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    origin: `https://localhost:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
