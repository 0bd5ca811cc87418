import { once } from 'node:events'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { connect, type TLSSocket } from 'node:tls'
import { createCertificateAuthority, type ServerCertificate } from '../support/certificate-authority.ts'
import { serveHttps, type HttpsServer, type ServeHttpsOptions } from '../../src/adapters/node/index.ts'

const authority = await createCertificateAuthority()
const certificate = await authority.issue()

export const ca: string = authority.ca
export const tls: ServerCertificate = certificate

/** Starts a server with the test certificate; the test closes it. */
export function serve(options: Omit<ServeHttpsOptions, 'key' | 'cert' | 'port'>): Promise<HttpsServer> {
  return serveHttps({ ...certificate, port: 0, ...options })
}

/** What came back, with the whole body as text. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** Sends one request on a connection of its own. */
export async function send(
  server: HttpsServer,
  path: string,
  options: RequestOptions & { body?: string } = {},
): Promise<Answer> {
  const { body, ...rest } = options
  const request = httpsRequest({ host: '127.0.0.1', port: server.port, path, ca, agent: false, ...rest })
  const answered = once(request, 'response') as Promise<[IncomingMessage]>
  request.end(body)
  const [response] = await answered
  const chunks: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(chunks).toString(),
  }
}

/** Opens a TLS connection to write bytes on that no HTTP client would. */
export async function dial(server: HttpsServer): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: server.port, ca })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  return socket
}

/** Everything that the server sends until it ends the connection. */
export async function readAll(socket: TLSSocket): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  if (!socket.closed) await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}

/** Writes raw bytes, and reads until the connection ends. */
export async function sendRaw(server: HttpsServer, text: string): Promise<string> {
  const socket = await dial(server)
  const answer = readAll(socket)
  socket.write(text)
  return answer
}

/** Waits until it is so, for at most ten seconds. */
export async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('it did not become so within ten seconds')
}
