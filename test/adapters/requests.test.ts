import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { HttpsServer } from '../../src/adapters/node/index.ts'
import { dial, readAll, send, sendRaw, serve, until } from './client.ts'

const ORIGIN = 'https://agents.acme.example'
const LIMIT = 1000

interface Seen {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly body: string
  readonly source: string
}

let seen: Seen[] = []
let server: HttpsServer

beforeAll(async () => {
  server = await serve({
    origin: ORIGIN,
    maxBodyBytes: LIMIT,
    requestTimeoutMs: 1000,
    handler: async (request, { source }) => {
      const { url, method, headers } = request
      seen.push({ url, method, headers, body: await request.text(), source })
      return new Response('ok', { status: 201, headers: { 'x-answer': 'yes' } })
    },
  })
})
beforeEach(() => {
  seen = []
})
afterAll(async () => {
  await server.close()
})

describe('the URL of a request', () => {
  it('is the configured origin with the path and query', async () => {
    expect(await send(server, '/a/b?c=d%20e')).toMatchObject({ status: 201, body: 'ok' })
    expect(seen[0]).toMatchObject({ url: `${ORIGIN}/a/b?c=d%20e`, method: 'GET' })
  })

  it('owes nothing to Host or to forwarding headers', async () => {
    const headers = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      'x-forwarded-for': '203.0.113.9',
      forwarded: 'host=evil.example;for=203.0.113.9',
    }
    await send(server, '/path', { headers, servername: 'localhost' })
    expect(seen[0]?.url).toBe(`${ORIGIN}/path`)
    expect(seen[0]?.headers.has('host')).toBe(false)
    expect(seen[0]?.source).toBe('127.0.0.1')
  })

  it('keeps its host with a path that looks like an authority', async () => {
    await send(server, '//evil.example/path')
    expect(new URL(seen[0]?.url ?? '').origin).toBe(ORIGIN)
    expect(new URL(seen[0]?.url ?? '').pathname).toBe('//evil.example/path')
  })

  it('may be absolute-form of the same origin', async () => {
    await send(server, `${ORIGIN}/path?q`)
    expect(seen[0]?.url).toBe(`${ORIGIN}/path?q`)
  })

  it.each([
    ['absolute-form of another origin', 'https://evil.example/path', 421],
    ['absolute-form with another scheme', 'http://agents.acme.example/path', 421],
    ['absolute-form with credentials', 'https://user:secret@agents.acme.example/path', 421],
    ['asterisk-form', '*', 400],
    ['a fragment', '/path#fragment', 400],
  ])('is refused as %s', async (_, target, status) => {
    const method = target === '*' ? 'OPTIONS' : 'GET'
    const answer = await sendRaw(server, `${method} ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} `))
    expect(seen).toEqual([])
  })

  it('does not move the origin when the path starts with text that continues it', async () => {
    const answer = await sendRaw(server, 'GET .evil.example/path HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(seen).toEqual([])
  })
})

describe('the head of a request', () => {
  it('shows a header that was sent twice as both its values', async () => {
    await send(server, '/', { headers: { authorization: ['DPoP one', 'DPoP two'] as never } })
    await sendRaw(
      server,
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: DPoP one\r\nAuthorization: DPoP two\r\n\r\n',
    )
    expect(seen[1]?.headers.get('authorization')).toBe('DPoP one, DPoP two')
  })

  it('loses the headers of the connection', async () => {
    await send(server, '/', { headers: { te: 'trailers', 'keep-alive': '5', accept: 'text/plain' } })
    expect([...(seen[0]?.headers.keys() ?? [])]).toEqual(['accept'])
  })

  it.each(['TRACE', 'PROPFIND', 'M-SEARCH'])('with method %s gets 501', async (method) => {
    expect(await send(server, '/', { method })).toMatchObject({ status: 501, body: '{}' })
    expect(seen).toEqual([])
  })

  it('over 16 KiB gets 431', async () => {
    const answer = await sendRaw(server, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1.1 431 /)
    expect(seen).toEqual([])
  })

  it('that smuggles a second length gets 400', async () => {
    const answer = await sendRaw(
      server,
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    )
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(seen).toEqual([])
  })

  it('that never ends gets 408', async () => {
    const socket = await dial(server)
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ')
    expect(await readAll(socket)).toMatch(/^HTTP\/1.1 408 /)
    expect(seen).toEqual([])
  })
})

describe('the body of a request', () => {
  it('reaches the handler up to the limit', async () => {
    const body = 'ä'.repeat(LIMIT / 2)
    expect(await send(server, '/', { method: 'POST', body })).toMatchObject({ status: 201 })
    expect(seen[0]?.body).toBe(body)
  })

  it('over the limit by its declared length gets 413, unread', async () => {
    const answer = await sendRaw(server, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1.1 413 /)
    expect(answer).toMatch(/content-type: application\/problem\+json/)
    expect(answer).toMatch(/connection: close/)
    expect(answer).toMatch(/\r\n\r\n\{\}$/)
    expect(seen).toEqual([])
  })

  it('over the limit without a declared length gets 413', async () => {
    const headers = { 'transfer-encoding': 'chunked' }
    const answer = await send(server, '/', { method: 'POST', headers, body: 'x'.repeat(LIMIT + 1) })
    expect(answer).toMatchObject({ status: 413, body: '{}' })
    expect(seen).toEqual([])
  })

  it('of many megabytes still leaves a client that reads its 413', async () => {
    const answer = await send(server, '/', { method: 'POST', body: 'x'.repeat(20_000_000) })
    expect(answer).toMatchObject({ status: 413, body: '{}' })
  })

  it('that comes too slowly gets 408, and the handler never sees it', async () => {
    const socket = await dial(server)
    const answer = readAll(socket)
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n')
    const drip = setInterval(() => socket.write('x'), 100)
    expect(await answer).toMatch(/^HTTP\/1.1 408 /)
    clearInterval(drip)
    expect(seen).toEqual([])
  })

  it('that breaks off never reaches the handler', async () => {
    const socket = await dial(server)
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf of it')
    await new Promise((resolve) => setTimeout(resolve, 50))
    socket.destroy()
    await until(() => socket.closed)
    await send(server, '/after')
    expect(seen.map(({ url }) => url)).toEqual([`${ORIGIN}/after`])
  })

  it('is refused with GET', async () => {
    const answer = await send(server, '/', { method: 'GET', headers: { 'content-length': '1' }, body: 'x' })
    expect(answer).toMatchObject({ status: 400, body: '{}' })
    expect(seen).toEqual([])
  })

  it('may be empty', async () => {
    await send(server, '/', { method: 'POST', body: '' })
    expect(seen[0]).toMatchObject({ method: 'POST', body: '' })
  })
})
