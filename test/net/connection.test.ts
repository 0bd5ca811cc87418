import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createTransport } from '../../src/net/transport/unpinned.ts'
import type { GuardedConnection, GuardedConnectionOptions } from '../../src/net/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { authority, fetchFor, startServer, type TestServer } from './support.ts'

const asTls = (socket: Duplex): TLSSocket => {
  if (!(socket instanceof TLSSocket)) throw new TypeError('the server speaks TLS')
  return socket
}

type Handle = Parameters<typeof startServer>[0]

async function start(handle: Handle = (_request, response) => response.end('hello')): Promise<{
  server: TestServer
  sockets: TLSSocket[]
  connect: (options?: GuardedConnectionOptions) => GuardedConnection
  fetch: ReturnType<typeof fetchFor>
}> {
  const sockets: TLSSocket[] = []
  const server = await startServer((request, response) => {
    sockets.push(asTls(request.socket))
    handle(request, response)
  })
  const fetch = fetchFor([server])
  const connect = (options?: GuardedConnectionOptions): GuardedConnection => {
    const connection = fetch.connect?.(server.origin, options)
    if (connection === undefined) throw new TypeError('there is no connect')
    onTestFinished(() => connection.close())
    return connection
  }
  return { server, sockets, connect, fetch }
}

const context = new Uint8Array([1, 2, 3])

describe("a connection of one's own", () => {
  it('carries all requests, one at a time, and no one else uses it', async () => {
    const { server, sockets, connect, fetch } = await start()
    const connection = connect()
    expect(server.connections()).toBe(0)
    await Promise.all([1, 2, 3].map(() => connection.fetch(server.origin)))
    expect([server.connections(), new Set(sockets).size]).toEqual([1, 1])
    await fetch(server.origin)
    expect(server.connections()).toBe(2)
    await connect().fetch(server.origin)
    expect(server.connections()).toBe(3)
  })

  it('exports what the other end exports', async () => {
    const { server, sockets, connect } = await start()
    const [connection, other] = [connect(), connect()]
    expect(connection.exportKeyingMaterial).toBeUndefined()
    await connection.fetch(server.origin)
    await other.fetch(server.origin)
    const [own] = sockets
    const exported = connection.exportKeyingMaterial?.(32, 'EXPORTER-test', context)
    expect(exported).toEqual(
      new Uint8Array(own!.exportKeyingMaterial(32, 'EXPORTER-test', Buffer.from(context))),
    )
    expect(other.exportKeyingMaterial?.(32, 'EXPORTER-test', context)).not.toEqual(exported)
  })

  it('is not replaced when the server has ended it', async () => {
    const { server, sockets, connect } = await start()
    const connection = connect()
    await connection.fetch(server.origin)
    const [own] = sockets
    await new Promise((resolve) => {
      own?.once('close', resolve)
      own?.destroy()
    })
    for (const method of ['GET', 'POST'] as const) {
      expect(await codeOfPromise(() => connection.fetch(server.origin, { method }))).toBe(
        'COMITY_NET_UNREACHABLE',
      )
    }
    expect(server.connections()).toBe(1)
  })

  it('is not replaced when the server ends it while a request is on its way', async () => {
    const { server, connect } = await start((request, response) => {
      if (request.url === '/cut') request.socket.destroy()
      else response.end()
    })
    const connection = connect()
    await connection.fetch(server.origin)
    expect(await codeOfPromise(() => connection.fetch(`${server.origin}/cut`))).toBe('COMITY_NET_UNREACHABLE')
    expect(server.connections()).toBe(1)
  })

  it('is over when it is closed', async () => {
    const { server, connect } = await start()
    const connection = connect()
    await connection.fetch(server.origin)
    connection.close()
    expect(await codeOfPromise(() => connection.fetch(server.origin))).toBe('COMITY_NET_UNREACHABLE')
    const use = async (): Promise<unknown> => connection.exportKeyingMaterial?.(32, 'EXPORTER-test', context)
    expect(await codeOfPromise(use)).toBe('COMITY_NET_UNREACHABLE')
  })

  it('is for one origin', async () => {
    const { server, connect } = await start()
    const connection = connect()
    for (const url of ['https://acme.example/', `${server.origin}0/`, 'no URL']) {
      await expect(connection.fetch(url)).rejects.toThrow(TypeError)
    }
    expect(server.connections()).toBe(0)
  })

  it('is bound by all guards and limits', async () => {
    const { server, connect, fetch } = await start((request, response) => {
      if (request.url === '/moved') response.writeHead(302, { location: '/here' })
      if (request.url !== '/silent') response.end('hello')
    })
    const attempt = (path: string, limits = {}): Promise<unknown> =>
      codeOfPromise(() => connect().fetch(server.origin + path, limits))
    expect(await attempt('/', { maxBytes: 1 })).toBe('COMITY_NET_TOO_LARGE')
    expect(await attempt('/moved')).toBe('COMITY_NET_REDIRECT')
    expect(await attempt('/silent', { timeoutMs: 50 })).toBe('COMITY_NET_TIMEOUT')
    const open = (url: string) => codeOfPromise(async () => fetch.connect?.(url))
    expect(await open('https://10.0.0.1/')).toBe('COMITY_NET_ADDRESS_NOT_ALLOWED')
    expect(await open('http://acme.example/')).toBe('COMITY_NET_URL_NOT_ALLOWED')
    const strict = fetchFor([server], { ca: [] }).connect?.(server.origin)
    expect(await codeOfPromise(async () => strict?.fetch(server.origin))).toBe('COMITY_NET_TLS')
    const rebound = fetchFor([], { resolveHost: () => Promise.resolve(['127.0.0.1']) })
    const inside = rebound.connect?.('https://acme.example/')
    expect(await codeOfPromise(async () => inside?.fetch('https://acme.example/'))).toBe(
      'COMITY_NET_ADDRESS_NOT_ALLOWED',
    )
  })

  it('still verifies the server when it shows a certificate', async () => {
    const { server, connect } = await start()
    const certificate = await authority.issue({ names: ['client.example'] })
    expect((await connect({ certificate }).fetch(server.origin)).status).toBe(200)
    const strict = fetchFor([server], { ca: [] }).connect?.(server.origin, { certificate })
    expect(await codeOfPromise(async () => strict?.fetch(server.origin))).toBe('COMITY_NET_TLS')
  })

  it('cannot be had where connections cannot be pinned', async () => {
    expect(await codeOfPromise(async () => createTransport().connect(undefined))).toBe('COMITY_NET_UNPINNED')
  })
})
