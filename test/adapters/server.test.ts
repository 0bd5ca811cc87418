import { once } from 'node:events'
import { createServer } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { IncomingMessage } from 'node:http'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  serveHttps,
  toNodeListener,
  type HttpsServer,
  type ServeHttpsOptions,
} from '../../src/adapters/node/index.ts'
import { ca, dial, readAll, send, serve, tls, until } from './client.ts'

const ok = (): Promise<Response> => Promise.resolve(new Response('ok'))
const servers: HttpsServer[] = []

async function start(options: Partial<ServeHttpsOptions> = {}): Promise<HttpsServer> {
  const server = await serve({ handler: ok, ...options })
  servers.push(server)
  return server
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

async function connectError(host: string, port: number): Promise<unknown> {
  const socket = connectTcp({ host, port })
  return once(socket, 'connect')
    .then(
      () => undefined,
      (error: unknown) => error,
    )
    .finally(() => socket.destroy())
}

describe('serveHttps', () => {
  it('takes a free port on loopback, and calls itself localhost', async () => {
    const server = await start()
    expect(server.port).toBeGreaterThan(0)
    expect(server.origin).toBe(`https://localhost:${String(server.port)}`)
    const seen: string[] = []
    const other = await start({
      handler: (request) => {
        seen.push(request.url)
        return ok()
      },
    })
    await send(other, '/x')
    expect(seen).toEqual([`${other.origin}/x`])
  })

  it('is not reachable on any other address', async () => {
    const server = await start()
    const addresses = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
    for (const { address } of addresses) {
      expect(await connectError(address, server.port)).toHaveProperty('code', 'ECONNREFUSED')
    }
  })

  it('speaks TLS 1.3, and 1.2 only with forward secrecy', async () => {
    const server = await start()
    const best = await dial(server)
    expect(best.getProtocol()).toBe('TLSv1.3')
    best.destroy()
    const older = connectTls({ host: '127.0.0.1', port: server.port, ca, maxVersion: 'TLSv1.2' })
    await once(older, 'secureConnect')
    expect(older.getCipher().name).toMatch(/^ECDHE-.*(GCM|POLY1305)/)
    older.destroy()
    const weak = connectTls({
      host: '127.0.0.1',
      port: server.port,
      ca,
      maxVersion: 'TLSv1.2',
      ciphers: 'AES128-SHA:ECDHE-ECDSA-AES128-SHA',
    })
    await expect(once(weak, 'secureConnect')).rejects.toThrow(/handshake failure|alert/)
    const oldest = connectTls({
      host: '127.0.0.1',
      port: server.port,
      ca,
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    })
    await expect(once(oldest, 'secureConnect')).rejects.toThrow()
  })

  it('does not speak plain HTTP', async () => {
    const server = await start()
    const socket = connectTcp({ host: '127.0.0.1', port: server.port })
    socket.on('error', () => undefined)
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(socket, 'close')
    expect(Buffer.concat(chunks).toString()).not.toContain('HTTP/1.1 200')
  })

  it('names an IPv6 client by its network', async () => {
    const sources: string[] = []
    const server = await start({
      host: '::1',
      handler: (_request, { source }) => {
        sources.push(source)
        return ok()
      },
    })
    await send(server, '/', { host: '::1' })
    expect(sources).toEqual(['::/64'])
  })

  it('drops connections above the limit', async () => {
    const server = await start({ maxConnections: 1 })
    const first = await dial(server)
    await expect(send(server, '/')).rejects.toHaveProperty('code', expect.stringMatching(/ECONNRESET|EPIPE/))
    first.destroy()
  })

  it('drops connections above the limit of one address, and takes those of others and later ones', async () => {
    const server = await start({ maxConnectionsPerAddress: 2 })
    const [first, second] = [await dial(server), await dial(server)]
    const dropped = { code: expect.stringMatching(/ECONNRESET|EPIPE/) as string }
    await expect(send(server, '/')).rejects.toMatchObject(dropped)
    expect(await send(server, '/', { localAddress: '127.0.0.2' })).toMatchObject({ status: 200 })
    await expect(send(server, '/')).rejects.toMatchObject(dropped)
    first.destroy()
    await vi.waitFor(async () => {
      expect(await send(server, '/')).toMatchObject({ status: 200 })
    })
    second.destroy()
  })

  it('counts a whole IPv6 network as one address', async () => {
    const server = await start({ host: '::1', maxConnectionsPerAddress: 1 })
    const first = connectTls({ host: '::1', port: server.port, ca, servername: 'localhost' })
    await once(first, 'secureConnect')
    await expect(send(server, '/', { host: '::1' })).rejects.toThrow()
    first.destroy()
  })

  it('passes on that the port is taken', async () => {
    const server = await start()
    await expect(serveHttps({ ...tls, handler: ok, port: server.port })).rejects.toHaveProperty(
      'code',
      'EADDRINUSE',
    )
  })

  it.each<[string, Partial<Record<keyof ServeHttpsOptions, unknown>>]>([
    ['handler', { handler: undefined }],
    ['key', { key: undefined }],
    ['cert', { cert: undefined }],
    ['port', { port: -1 }],
    ['port', { port: 65_536 }],
    ['origin', { origin: 'https://acme.example/' }],
    ['origin', { origin: 'http://acme.example' }],
    ['origin', { origin: 'acme.example' }],
    ['maxBodyBytes', { maxBodyBytes: Number.NaN }],
    ['stallMs', { stallMs: 0 }],
    ['requestTimeoutMs', { requestTimeoutMs: 1 }],
    ['maxConnections', { maxConnections: 0 }],
    ['maxConnectionsPerAddress', { maxConnectionsPerAddress: 0 }],
    ['graceMs', { graceMs: -1 }],
  ])('refuses a wrong %s', async (_, wrong) => {
    await expect(serveHttps({ ...tls, handler: ok, port: 0, ...wrong } as ServeHttpsOptions)).rejects.toThrow(
      TypeError,
    )
  })
})

describe('close', () => {
  it('ends open event streams at once, as a whole response', async () => {
    let canceled = false
    const server = await start({
      graceMs: 30_000,
      handler: () =>
        Promise.resolve(
          new Response(
            new ReadableStream({
              cancel: () => {
                canceled = true
              },
            }),
            {
              headers: { 'content-type': 'text/event-stream; charset=utf-8' },
            },
          ),
        ),
    })
    const socket = await dial(server)
    const all = readAll(socket)
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await new Promise((resolve) => setTimeout(resolve, 50))
    const started = Date.now()
    await server.close()
    expect(Date.now() - started).toBeLessThan(4000)
    expect(canceled).toBe(true)
    expect(await all).toMatch(/0\r\n\r\n$/)
  })

  it('lets a request under way finish, and takes no other', async () => {
    let respond: (response: Response) => void = () => undefined
    let called = false
    const server = await start({
      graceMs: 30_000,
      handler: () => {
        called = true
        return new Promise((resolve) => {
          respond = resolve
        })
      },
    })
    const answer = send(server, '/')
    await until(() => called)
    const closed = server.close()
    expect(await connectError('127.0.0.1', server.port)).toHaveProperty('code', 'ECONNREFUSED')
    respond(new Response('last'))
    expect(await answer).toMatchObject({ status: 200, body: 'last', headers: { connection: 'close' } })
    await closed
  })

  it('cuts what does not finish within the grace period', async () => {
    let signal: AbortSignal | undefined
    const server = await start({
      graceMs: 100,
      handler: (request) => {
        signal = request.signal
        return new Promise(() => undefined)
      },
    })
    const answer = send(server, '/')
    const failed = expect(answer).rejects.toThrow()
    await until(() => signal !== undefined)
    await server.close()
    await failed
    await until(() => signal?.aborted === true)
  })

  it('does not wait for idle connections, nor for clients that never begin their handshake', async () => {
    const server = await start({ graceMs: 100 })
    const idle = httpsRequest({
      host: '127.0.0.1',
      port: server.port,
      ca,
      headers: { connection: 'keep-alive' },
    }).end()
    const [response] = (await once(idle, 'response')) as [IncomingMessage]
    response.resume()
    const silent = connectTcp({ host: '127.0.0.1', port: server.port })
    silent.on('error', () => undefined)
    await once(silent, 'connect')
    const started = Date.now()
    await server.close()
    expect(Date.now() - started).toBeLessThan(4000)
  })

  it('may be called again', async () => {
    const server = await start()
    expect(server.close()).toBe(server.close())
    await server.close()
  })
})

describe('toNodeListener', () => {
  it('works under a server of one’s own, behind a proxy that ends TLS', async () => {
    const handler = (request: Request): Promise<Response> => Promise.resolve(new Response(request.url))
    const server = createServer(toNodeListener(handler, { origin: 'https://acme.example' }))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const response = await fetch(`http://127.0.0.1:${String(port)}/a`)
    expect(await response.text()).toBe('https://acme.example/a')
    server.closeAllConnections()
    server.close()
  })
})
