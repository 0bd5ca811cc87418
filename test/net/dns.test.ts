import { describe, expect, it, vi } from 'vitest'
import { createFetchBudget } from '../../src/net/index.ts'
import { createTransport } from '../../src/net/transport/node.ts'
import { createTransport as createUnpinnedTransport } from '../../src/net/transport/unpinned.ts'
import type { TransportRequest } from '../../src/net/transport/transport.ts'
import { codeOfPromise } from '../support/codes.ts'
import { authority, fetchFor, startServer } from './support.ts'

describe('the look-up', () => {
  it.each([
    [['127.0.0.1']],
    [['10.0.0.1']],
    [['169.254.169.254']],
    [['93.184.215.14', '192.168.0.1']],
    [['2606:4700:4700::1111', '::1']],
    [['::ffff:93.184.215.14']],
    [['93.184.215.14', 'not an address']],
  ])('of a name that leads to %j is refused before any connection', async (addresses) => {
    const server = await startServer((_request, response) => response.end('inside'))
    const fetch = fetchFor([server], { resolveHost: async () => addresses })
    const url = `https://acme.example:${String(server.port)}/`
    expect(await codeOfPromise(() => fetch(url))).toBe('COMITY_NET_ADDRESS_NOT_ALLOWED')
    expect(server.connections()).toBe(0)
  })

  it.each([[[]], [Array.from({ length: 33 }, () => '93.184.215.14')]])(
    'must bring 1 to 32 addresses',
    async (addresses) => {
      const fetch = fetchFor([], { resolveHost: async () => addresses })
      expect(await codeOfPromise(() => fetch('https://acme.example/'))).toBe('COMITY_NET_UNREACHABLE')
    },
  )

  it('that fails, fails the request', async () => {
    const fetch = fetchFor([], { resolveHost: async () => Promise.reject(new Error('SERVFAIL')) })
    expect(await codeOfPromise(() => fetch('https://acme.example/'))).toBe('COMITY_NET_UNREACHABLE')
  })

  it('counts towards the time', async () => {
    const fetch = fetchFor([], { resolveHost: () => new Promise(() => undefined) })
    expect(await codeOfPromise(() => fetch('https://acme.example/', { timeoutMs: 50 }))).toBe(
      'COMITY_NET_TIMEOUT',
    )
  })

  it('is done once, so that a second answer can lead nowhere', async () => {
    const inside = await startServer((_request, response) => response.end('inside'))
    // Public, and given back long ago: nobody is there.
    const answers = [['3ffe::1'], ['127.0.0.1']]
    // A name that is public when it is checked, and leads inside when it is connected to.
    const resolveHost = vi.fn(async () => answers[resolveHost.mock.calls.length - 1] ?? ['127.0.0.1'])
    const fetch = fetchFor([inside], { resolveHost })
    const url = `https://rebind.example:${String(inside.port)}/`
    const code = await codeOfPromise(() => fetch(url, { timeoutMs: 300 }))
    expect(['COMITY_NET_TIMEOUT', 'COMITY_NET_UNREACHABLE']).toContain(code)
    expect(resolveHost).toHaveBeenCalledTimes(1)
    expect(inside.connections()).toBe(0)
    expect(await codeOfPromise(() => fetch(url))).toBe('COMITY_NET_ADDRESS_NOT_ALLOWED')
  })

  it('is not done for an address or a name that is refused already, nor without a budget', async () => {
    const resolveHost = vi.fn(async () => ['127.0.0.1'])
    const fetch = fetchFor([], { resolveHost })
    const budget = createFetchBudget({ requests: 1, bytes: 1, timeoutMs: 0 })
    await codeOfPromise(() => fetch('https://127.0.0.1/'))
    await codeOfPromise(() => fetch('https://localhost/'))
    await codeOfPromise(() => fetch('http://acme.example/'))
    expect(resolveHost).not.toHaveBeenCalled()
    await expect(fetch('https://acme.example/', { budget })).rejects.toThrow()
  })
})

describe('Node’s transport', () => {
  const transport = createTransport({ ca: [authority.ca], maxHeaderBytes: 16_384 })

  function request(host: string, port: number, addresses: readonly string[]): TransportRequest {
    const url = new URL(`https://${host}:${String(port)}/`)
    return { url, hostname: host, addresses, method: 'GET', headers: {}, signal: AbortSignal.timeout(2000) }
  }

  it('connects to the pinned address, and verifies the name', async () => {
    const names = ['pinned.example']
    const server = await startServer((incoming, response) => response.end(incoming.headers.host), { names })
    const response = await transport.send(request('pinned.example', server.port, ['127.0.0.1']))
    const parts: Uint8Array[] = []
    for await (const part of response.body) parts.push(part)
    expect(Buffer.concat(parts).toString()).toBe(`pinned.example:${String(server.port)}`)
    const other = transport.send(request('other.example', server.port, ['127.0.0.1']))
    await expect(other).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  })

  it('falls back to the next of the pinned addresses', async () => {
    const server = await startServer((_incoming, response) => response.end('ok'), { names: ['two.example'] })
    const response = await transport.send(request('two.example', server.port, ['::1', '127.0.0.1']))
    expect(response.status).toBe(200)
    response.discard()
  })

  it('does not keep a connection for a name that is pinned elsewhere', async () => {
    const server = await startServer((_incoming, response) => response.end('ok'), {
      names: ['moved.example'],
    })
    for (const addresses of [['127.0.0.1'], ['127.0.0.1'], ['127.0.0.1', '::1']]) {
      const response = await transport.send(request('moved.example', server.port, addresses))
      for await (const part of response.body) expect(part.byteLength).toBeGreaterThan(0)
    }
    expect(server.connections()).toBe(2)
  })

  it('ends a connection, before TLS, that went around the pin', async () => {
    // Node does not look literals up, so this one goes to 127.0.0.1 whatever it is pinned to.
    const server = await startServer((_incoming, response) => response.end('ok'))
    const sent = transport.send(request('127.0.0.1', server.port, ['127.0.0.2']))
    expect(await codeOfPromise(() => sent)).toBe('COMITY_NET_ADDRESS_NOT_ALLOWED')
  })
})

describe('the transport of other runtimes', () => {
  it('refuses every stranger', async () => {
    const transport = createUnpinnedTransport()
    expect(await codeOfPromise(() => transport.resolveHost('acme.example'))).toBe('COMITY_NET_UNPINNED')
    expect(await codeOfPromise(() => transport.send({} as TransportRequest))).toBe('COMITY_NET_UNPINNED')
    expect(transport.explain(new Error('other'), 'acme.example').code).toBe('COMITY_NET_UNPINNED')
  })
})
