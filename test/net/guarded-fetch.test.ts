import { gzipSync, brotliCompressSync, deflateSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import { createFetchBudget, createGuardedFetch, insecureAllowLoopback } from '../../src/net/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { authority, fetchFor, startServer } from './support.ts'

const text = (body: Uint8Array): string => new TextDecoder().decode(body)

describe('a guarded fetch', () => {
  it('brings status, headers and body', async () => {
    const server = await startServer((request, response) => {
      response.writeHead(404, {
        'x-seen': `${request.method ?? ''} ${request.url ?? ''} ${request.headers.host ?? ''}`,
      })
      response.end('not here')
    })
    const answer = await fetchFor([server])(`${server.origin}/a?b=c#d`)
    expect(answer.status).toBe(404)
    expect(answer.url).toBe(`${server.origin}/a?b=c`)
    expect(answer.headers.get('x-seen')).toBe(`GET /a?b=c localhost:${String(server.port)}`)
    expect(text(answer.body)).toBe('not here')
  })

  it('sends headers and a body', async () => {
    const server = await startServer((request, response) => {
      void request.toArray().then((parts: Buffer[]) => {
        response.end(`${request.headers['content-type'] ?? ''} ${Buffer.concat(parts).toString()}`)
      })
    })
    const fetch = fetchFor([server])
    const headers = { 'Content-Type': 'application/comity+json' }
    const answer = await fetch(server.origin, { method: 'POST', headers, body: '{"ü":1}' })
    expect(text(answer.body)).toBe('application/comity+json {"ü":1}')
    const bytes = await fetch(server.origin, { method: 'POST', headers, body: Uint8Array.of(65) })
    expect(text(bytes.body)).toBe('application/comity+json A')
  })

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('decompresses %s', async (coding, compress) => {
    const server = await startServer((request, response) => {
      expect(request.headers['accept-encoding']).toBe('gzip, deflate, br')
      response.writeHead(200, { 'content-encoding': coding }).end(compress('packed '.repeat(1000)))
    })
    const answer = await fetchFor([server])(server.origin)
    expect(text(answer.body)).toBe('packed '.repeat(1000))
    expect(answer.headers.get('content-encoding')).toBeNull()
  })

  it('takes HEAD and 204 for answers without a body, whatever their headers say', async () => {
    const server = await startServer((request, response) => {
      response.writeHead(request.method === 'HEAD' ? 200 : 204, { 'content-encoding': 'gzip' }).end()
    })
    const fetch = fetchFor([server])
    await expect(fetch(server.origin, { method: 'HEAD' })).resolves.toMatchObject({ status: 200 })
    await expect(fetch(server.origin)).resolves.toMatchObject({ status: 204 })
  })

  it('keeps connections, apart by name', async () => {
    const names = ['a.localhost', 'b.localhost']
    const server = await startServer((_request, response) => response.end('ok'), { names }, 'a.localhost')
    const other = { ...server, origin: server.origin.replace('a.', 'b.') }
    const fetch = fetchFor([server, other])
    await fetch(`${server.origin}/1`)
    await fetch(`${server.origin}/2`)
    expect(server.connections()).toBe(1)
    await fetch(`${other.origin}/3`)
    expect(server.connections()).toBe(2)
    fetch.close()
    await fetch(`${server.origin}/4`)
    expect(server.connections()).toBe(3)
  })

  it('repeats a GET, and not a POST, when a kept connection turns out to be closed', async () => {
    const used = new WeakSet<object>()
    const seen: (string | undefined)[] = []
    const server = await startServer((request, response) => {
      seen.push(request.method)
      // Every connection is good for one answer, and does not say so.
      if (used.has(request.socket)) request.socket.destroy()
      else response.end('ok')
      used.add(request.socket)
    })
    const fetch = fetchFor([server])
    await fetch(server.origin)
    await expect(fetch(server.origin)).resolves.toMatchObject({ status: 200 })
    expect(seen.splice(0)).toEqual(['GET', 'GET', 'GET'])
    await fetch(server.origin)
    const post = fetch(server.origin, { method: 'POST', body: 'x' })
    expect(await codeOfPromise(() => post)).toBe('COMITY_NET_UNREACHABLE')
    expect(seen).toEqual(['GET', 'POST'])
  })

  it('asks for a localhost name that was opened without any look-up', async () => {
    const server = await startServer(
      (_request, response) => response.end('ok'),
      { names: ['x.localhost'] },
      'x.localhost',
    )
    const resolveHost = vi.fn(async () => ['10.0.0.1'])
    await expect(fetchFor([server], { resolveHost })(server.origin)).resolves.toMatchObject({ status: 200 })
    expect(resolveHost).not.toHaveBeenCalled()
  })

  it.each(['127.0.0.1', 'localhost'])('goes to %s only where that origin is opened', async (host) => {
    const server = await startServer((_request, response) => response.end('ok'), {}, host)
    await expect(fetchFor([server])(server.origin)).resolves.toMatchObject({ status: 200 })
    const closed = createGuardedFetch({ ca: authority.ca })
    expect(await codeOfPromise(() => closed(server.origin))).toBe('COMITY_NET_ADDRESS_NOT_ALLOWED')
    expect(server.connections()).toBe(1)
  })

  it('is not opened by an option with the name of the symbol', async () => {
    const server = await startServer((_request, response) => response.end('ok'))
    const options = JSON.parse(JSON.stringify({ insecureAllowLoopback: [server.origin] })) as object
    const fetch = createGuardedFetch({ ca: authority.ca, ...options })
    expect(await codeOfPromise(() => fetch(server.origin))).toBe('COMITY_NET_ADDRESS_NOT_ALLOWED')
  })
})

describe('what the caller must not do', () => {
  it.each([
    ['a host header', { headers: { Host: 'evil.example' } }],
    ['a length header', { headers: { 'content-length': '5' } }],
    ['a transfer coding', { headers: { 'Transfer-Encoding': 'chunked' } }],
    ['a line break in a value', { headers: { 'x-a': 'a\r\nhost: evil.example' } }],
    ['a line break in a name', { headers: { 'x-a\r\nhost': 'evil.example' } }],
    ['a header twice', { headers: { 'x-a': '1', 'X-A': '2' } }],
    ['a body with GET', { body: 'x' }],
    ['another method', { method: 'CONNECT' as never }],
    ['another redirect mode', { redirect: 'follow' as never }],
    ['no size', { maxBytes: 0 }],
    ['too large a size', { maxBytes: 2 ** 40 }],
    ['endless time', { timeoutMs: Infinity }],
    ['a longer first byte than the whole', { timeoutMs: 10, firstByteTimeoutMs: 11 }],
  ])('%s is a TypeError', async (_name, request) => {
    await expect(createGuardedFetch()('https://acme.example/', request)).rejects.toBeInstanceOf(TypeError)
  })

  it.each([
    ['no PEM', { ca: 'not a certificate' }],
    ['broken PEM', { ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' }],
    ['no concurrency', { maxConcurrentPerHost: 0 }],
    ['endless headers', { maxHeaderBytes: Infinity }],
    ['a public origin as loopback', { [insecureAllowLoopback]: ['https://acme.example'] }],
  ])('%s is a TypeError when the fetch is made', (_name, options) => {
    expect(() => createGuardedFetch(options)).toThrow(TypeError)
  })
})

describe('identical requests at once', () => {
  async function slowServer() {
    let requests = 0
    const waiting: (() => void)[] = []
    const server = await startServer((_request, response) => {
      requests += 1
      waiting.push(() => response.end('one answer'))
    })
    const answerAll = (): void => waiting.splice(0).forEach((answer) => answer())
    return { server, requests: () => requests, answerAll }
  }

  it('share one request, and cannot change each other’s answer', async () => {
    const { server, requests, answerAll } = await slowServer()
    const fetch = fetchFor([server])
    const answers = Promise.all([
      fetch(server.origin),
      fetch(`${server.origin}/`),
      fetch(`${server.origin}/#x`),
    ])
    await vi.waitFor(() => expect(requests()).toBe(1))
    answerAll()
    const [first, second, third] = await answers
    first.body.fill(0)
    first.headers.set('x-changed', 'yes')
    expect(text(second.body)).toBe('one answer')
    expect(third.headers.get('x-changed')).toBeNull()
    expect(requests()).toBe(1)
  })

  it('are not shared when a header, a limit or the method differs, or the caller does not want to', async () => {
    const { server, requests, answerAll } = await slowServer()
    const fetch = fetchFor([server], { maxConcurrentPerHost: 8 })
    const answers = Promise.all([
      fetch(server.origin),
      fetch(server.origin, { headers: { authorization: 'DPoP one' } }),
      fetch(server.origin, { headers: { authorization: 'DPoP two' } }),
      fetch(server.origin, { maxBytes: 10 }),
      fetch(server.origin, { share: false }),
      fetch(server.origin, { share: false }),
      fetch(server.origin, { method: 'POST' }),
      fetch(server.origin, { method: 'POST' }),
    ])
    await vi.waitFor(() => expect(requests()).toBe(8))
    answerAll()
    await answers
  })

  it('one caller who gives up does not end it for the others', async () => {
    const { server, requests, answerAll } = await slowServer()
    const fetch = fetchFor([server])
    const first = new AbortController()
    const gaveUp = codeOfPromise(() => fetch(server.origin, { signal: first.signal }))
    const other = fetch(server.origin)
    await vi.waitFor(() => expect(requests()).toBe(1))
    first.abort()
    expect(await gaveUp).toBe('COMITY_NET_ABORTED')
    answerAll()
    await expect(other).resolves.toMatchObject({ status: 200 })
    expect(requests()).toBe(1)
  })

  it('who comes after the last has given up starts anew', async () => {
    const { server, requests, answerAll } = await slowServer()
    const fetch = fetchFor([server])
    const first = new AbortController()
    const gaveUp = codeOfPromise(() => fetch(server.origin, { signal: first.signal }))
    await vi.waitFor(() => expect(requests()).toBe(1))
    first.abort()
    const next = fetch(server.origin)
    expect(await gaveUp).toBe('COMITY_NET_ABORTED')
    await vi.waitFor(() => expect(requests()).toBe(2))
    answerAll()
    await expect(next).resolves.toMatchObject({ status: 200 })
  })

  it('each pays from a budget of its own', async () => {
    const { server, requests, answerAll } = await slowServer()
    const fetch = fetchFor([server])
    const rich = createFetchBudget({ requests: 5, bytes: 100, timeoutMs: 5000 })
    const poor = createFetchBudget({ requests: 5, bytes: 5, timeoutMs: 5000 })
    const spent = createFetchBudget({ requests: 0, bytes: 100, timeoutMs: 5000 })
    const good = fetch(server.origin, { budget: rich })
    const bad = codeOfPromise(() => fetch(server.origin, { budget: poor }))
    await vi.waitFor(() => expect(requests()).toBe(1))
    expect(await codeOfPromise(() => fetch(server.origin, { budget: spent }))).toBe('COMITY_NET_BUDGET')
    answerAll()
    await good
    expect(await bad).toBe('COMITY_NET_BUDGET')
    expect([rich.requests, rich.bytes]).toEqual([4, 90])
    expect([poor.requests, poor.bytes]).toEqual([4, 0])
  })
})

describe('concurrency', () => {
  it('is bounded for each host', async () => {
    let running = 0
    let most = 0
    const server = await startServer((_request, response) => {
      running += 1
      most = Math.max(most, running)
      setTimeout(() => {
        running -= 1
        response.end('ok')
      }, 20)
    })
    const fetch = fetchFor([server], { maxConcurrentPerHost: 2 })
    await Promise.all(Array.from({ length: 10 }, (_, index) => fetch(`${server.origin}/${String(index)}`)))
    expect(most).toBe(2)
  })

  it('refuses when too many wait', async () => {
    const server = await startServer((_request, response) => setTimeout(() => response.end('ok'), 50))
    const fetch = fetchFor([server], { maxConcurrentPerHost: 1, maxWaitingPerHost: 1 })
    const codes = await Promise.all(
      ['/1', '/2', '/3'].map((path) => codeOfPromise(() => fetch(server.origin + path))),
    )
    expect(codes).toEqual([undefined, undefined, 'COMITY_NET_BUDGET'])
  })

  it('counts waiting towards the time limit, and passes the slot on', async () => {
    const server = await startServer((_request, response) => setTimeout(() => response.end('ok'), 200))
    const fetch = fetchFor([server], { maxConcurrentPerHost: 1 })
    const first = fetch(`${server.origin}/1`)
    expect(await codeOfPromise(() => fetch(`${server.origin}/2`, { timeoutMs: 50 }))).toBe(
      'COMITY_NET_TIMEOUT',
    )
    await expect(fetch(`${server.origin}/3`)).resolves.toMatchObject({ status: 200 })
    await first
  })
})
