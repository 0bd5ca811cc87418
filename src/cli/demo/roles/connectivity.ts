import { createGuardedFetch, insecureAllowLoopback, type GuardedFetch } from '../../../net/index.ts'
import { serveHttps, type HttpsServer, type WebHandler } from '../../../adapters/node/index.ts'

/** The certificate of a role's server, and the root that all roles trust. PEM. */
export interface RoleCertificate {
  readonly key: string
  readonly cert: string
  readonly ca: string
}

/** A server that listens before its handler is known: its port is part of the DIDs that it will serve. */
export interface LateServer {
  readonly server: HttpsServer
  /** Answers from now on. */
  use(handler: WebHandler): void
}

/** Listens on a free port of loopback. Until there is a handler, it answers 503. */
export async function listen({ key, cert }: RoleCertificate): Promise<LateServer> {
  let handler: WebHandler = () => Promise.resolve(new Response(null, { status: 503 }))
  const server = await serveHttps({
    key,
    cert,
    port: 0,
    handler: (request, context) => handler(request, context),
    onError: (error) => {
      process.stderr.write(
        `${JSON.stringify({ level: 'error', event: 'handler.failed', error: String(error) })}\n`,
      )
    },
  })
  return {
    server,
    use: (next) => {
      handler = next
    },
  }
}

/** Reaches the other roles on loopback, and nobody else there; TLS is verified against the demo's own root. */
export function reach(origins: readonly string[], ca: string): GuardedFetch {
  return createGuardedFetch({ [insecureAllowLoopback]: origins, ca })
}
