import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { createCertificateAuthority } from '../../support/certificate-authority.ts'

/** Real HTTPS servers on loopback. */
export interface Servers {
  /** The root that the honest ones' certificates are under, in PEM. */
  readonly ca: string
  /** Says at which address it was reached; on 127.0.0.1 and 127.0.0.2 alike, for `localhost` and `pinned.example`. */
  readonly port: number
  /** On 127.0.0.1, with a certificate for another name. */
  readonly misnamedPort: number
  /** On 127.0.0.1, with a certificate that nobody vouches for. */
  readonly foreignPort: number
  /** Ends them and their connections. */
  close(): void
}

const BOMB = gzipSync(Buffer.alloc(8 << 20))

const answer: RequestListener = (request, response) => {
  switch (request.url) {
    case '/gzip':
      return response.setHeader('content-encoding', 'gzip').end(gzipSync('unpacked'))
    case '/brotli':
      return response.setHeader('content-encoding', 'br').end(brotliCompressSync('unpacked'))
    case '/bomb':
      return response.setHeader('content-encoding', 'gzip').end(BOMB)
    case '/redirect':
      return response.writeHead(302, { location: 'https://partner.example/' }).end()
    case '/silence':
      return undefined
    case '/half':
      return response.write('half')
    case '/reset':
      return request.socket.destroy()
    default:
      return response.end(`at ${request.socket.localAddress ?? ''}`)
  }
}

/** Starts them all. */
export async function startServers(): Promise<Servers> {
  const authority = await createCertificateAuthority()
  const stranger = await createCertificateAuthority()
  const names = ['localhost', 'pinned.example', '127.0.0.1']
  const certificate = await authority.issue({ names })
  const sockets = new Set<Socket>()
  const servers: Server[] = []
  const listen = async (server: Server, port: number, host: string): Promise<number> => {
    servers.push(server)
    server.on('connection', (socket: Socket) =>
      sockets.add(socket.once('close', () => sockets.delete(socket))),
    )
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, host, resolve)
    })
    return (server.address() as AddressInfo).port
  }
  const port = await listen(createServer(certificate, answer), 0, '127.0.0.1')
  await listen(createServer(certificate, answer), port, '127.0.0.2')
  const misnamed = createServer(await authority.issue({ names: ['other.example'] }), answer)
  const foreign = createServer(await stranger.issue({ names }), answer)
  return {
    ca: authority.ca,
    port,
    misnamedPort: await listen(misnamed, 0, '127.0.0.1'),
    foreignPort: await listen(foreign, 0, '127.0.0.1'),
    close: () => {
      for (const server of servers) server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
