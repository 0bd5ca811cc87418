import { connect as connectHttp2, createSecureServer } from 'node:http2'
import { createServer as createHttps, request } from 'node:https'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { authorizeAny, authorizeId, parseSpiffeId } from '../../src/spiffe/index.ts'
import {
  createTlsAgent,
  createTlsConnector,
  http2ClientOptions,
  peerIdOf,
  tlsServerOptions,
} from '../../src/spiffe/tls.ts'
import { always, both, client, failure, globex, listen, server } from './tls-support.ts'

const rules = () => ({ source: client, bundles: both(), authorize: authorizeAny() })

describe('https', () => {
  async function start() {
    const seen: string[] = []
    const options = tlsServerOptions({ source: server, bundles: both(), authorize: authorizeAny() })
    const https = createHttps(options, (incoming, response) => {
      seen.push(peerIdOf(incoming.socket).uri)
      response.end('hello')
    })
    return { seen, ...(await listen(options.secure(https))) }
  }
  const get = async (options: object): Promise<{ socket: Socket; status: number | undefined }> =>
    new Promise((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', ...options }, (incoming) => {
        const socket = incoming.socket
        incoming.resume().once('end', () => resolve({ socket, status: incoming.statusCode }))
      })
      outgoing.once('error', reject).end()
    })

  it('has an agent, whose connections are judged each', async () => {
    const { port, seen } = await start()
    const agent = createTlsAgent(rules(), { keepAlive: true })
    onTestFinished(() => agent.destroy())
    const first = await get({ port, agent, path: '/a' })
    expect(peerIdOf(first.socket).uri).toBe('spiffe://acme.example/server')
    // What a request says about verification does not count.
    const lax = { rejectUnauthorized: false, checkServerIdentity: () => undefined }
    const wrong = createTlsAgent({
      ...rules(),
      authorize: authorizeId(parseSpiffeId('spiffe://acme.example/x')),
    })
    expect(await failure(get({ port, agent: wrong, ...lax }))).toBe('COMITY_SPIFFE_ID_NOT_AUTHORIZED')
    expect(seen).toEqual(['spiffe://globex.example/client'])
  })

  it('sees no request of one who is refused', async () => {
    const seen: unknown[] = []
    const options = tlsServerOptions({
      source: server,
      bundles: both(),
      authorize: authorizeId(parseSpiffeId('spiffe://globex.example/other')),
    })
    const https = options.secure(createHttps(options, () => seen.push('request')))
    https.on('secureConnection', () => seen.push('connection'))
    const { port, refusals } = await listen(https)
    expect(await failure(get({ port, agent: createTlsAgent(rules()) }))).toBeDefined()
    expect(refusals).toMatchObject([{ code: 'COMITY_SPIFFE_ID_NOT_AUTHORIZED' }])
    expect(seen).toEqual([])
  })

  it('has a connector for undici', async () => {
    const { port, seen } = await start()
    const connector = createTlsConnector(rules())
    const where = { hostname: '127.0.0.1', protocol: 'https:', port: String(port) }
    const socket = await new Promise<TLSSocket>((resolve, reject) => {
      connector(where, (...[error, made]) => (error === null ? resolve(made) : reject(error)))
    })
    onTestFinished(() => void socket.destroy())
    expect(peerIdOf(socket).path).toBe('/server')
    expect(seen).toEqual([])
    const refused = await new Promise((resolve) => {
      connector({ ...where, protocol: 'http:' }, (...[error]) => resolve(error))
    })
    expect(refused).toBeInstanceOf(TypeError)
  })
})

describe('http2', () => {
  it('is served and asked, and survives those who are refused', async () => {
    const seen: string[] = []
    const options = tlsServerOptions({
      source: server,
      bundles: both(),
      authorize: authorizeId(parseSpiffeId('spiffe://globex.example/client')),
    })
    const http2 = options.secure(createSecureServer(options))
    http2.on('secureConnection', (socket: TLSSocket) => seen.push(peerIdOf(socket).uri))
    http2.on('stream', (stream) => {
      stream.respond({ ':status': 200 })
      stream.end('hello')
    })
    const { port, refusals } = await listen(http2)
    const get = async (source = client) => {
      const session = connectHttp2(
        `https://127.0.0.1:${String(port)}`,
        http2ClientOptions({ ...rules(), source }),
      )
      onTestFinished(() => session.destroy())
      return new Promise((resolve, reject) => {
        session.once('error', reject)
        session.once('close', () => reject(new Error('closed')))
        const stream = session.request({ ':path': '/' }).once('error', reject)
        stream.once('response', (headers) => resolve(headers[':status']))
        stream.end()
      })
    }
    expect(await get()).toBe(200)
    expect(await failure(get(always(await globex.issueX509Svid('/other'))))).toBeDefined()
    expect(await get()).toBe(200)
    expect(refusals).toMatchObject([{ code: 'COMITY_SPIFFE_ID_NOT_AUTHORIZED' }])
    expect(seen).toEqual(['spiffe://globex.example/client', 'spiffe://globex.example/client'])
  })
})
