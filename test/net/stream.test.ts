import { describe, expect, it, vi } from 'vitest'
import { createFetchBudget, type GuardedStream } from '../../src/net/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { fetchFor, startServer } from './support.ts'

async function readAll(stream: GuardedStream): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of stream.body) parts.push(part)
  return Buffer.concat(parts).toString()
}

describe('a stream', () => {
  it('brings the pieces as they come', async () => {
    let send: ((text: string) => void) | undefined
    const server = await startServer((request, response) => {
      expect(request.headers['accept-encoding']).toBe('identity')
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      send = (text) => void response.write(text)
    })
    const stream = await fetchFor([server]).stream(server.origin, {
      headers: { accept: 'text/event-stream' },
    })
    expect(stream.headers.get('content-type')).toBe('text/event-stream')
    const pieces = stream.body[Symbol.asyncIterator]()
    for (const text of ['data: 1\n\n', 'data: 2\n\n']) {
      send?.(text)
      const { value } = (await pieces.next()) as { value: Uint8Array }
      expect(new TextDecoder().decode(value)).toBe(text)
    }
    stream.close()
    expect(await pieces.next()).toEqual({ done: true, value: undefined })
  })

  it('ends with the peer', async () => {
    const server = await startServer((_request, response) => response.end('all of it'))
    expect(await readAll(await fetchFor([server]).stream(server.origin))).toBe('all of it')
  })

  it('closes the connection when it is closed, unread or half read', async () => {
    const closed = vi.fn()
    const server = await startServer((_request, response) => {
      response.once('close', closed)
      response.write('begin')
    })
    const fetch = fetchFor([server])
    const unread = await fetch.stream(server.origin)
    unread.close()
    await vi.waitFor(() => expect(closed).toHaveBeenCalledTimes(1))
    const half = await fetch.stream(server.origin)
    for await (const piece of half.body) {
      expect(piece.byteLength).toBe(5)
      break
    }
    await vi.waitFor(() => expect(closed).toHaveBeenCalledTimes(2))
  })

  it('ends when the caller aborts', async () => {
    const server = await startServer((_request, response) => response.write('begin'))
    const giveUp = new AbortController()
    const stream = await fetchFor([server]).stream(server.origin, { signal: giveUp.signal })
    setTimeout(() => giveUp.abort(), 20)
    expect(await codeOfPromise(() => readAll(stream))).toBe('COMITY_NET_ABORTED')
    const late = fetchFor([server]).stream(server.origin, { signal: giveUp.signal })
    expect(await codeOfPromise(() => late)).toBe('COMITY_NET_ABORTED')
  })

  it('gives up on a silent peer, and lasts with one that speaks', async () => {
    const server = await startServer((request, response) => {
      response.write('begin')
      if (request.url === '/silent') return
      const timer = setInterval(() => response.write(':'), 20)
      setTimeout(() => {
        clearInterval(timer) // on a busy machine `close` comes later than the next tick
        response.end()
      }, 300)
      response.once('close', () => clearInterval(timer))
    })
    const fetch = fetchFor([server])
    const silent = await fetch.stream(`${server.origin}/silent`, { idleTimeoutMs: 50 })
    expect(await codeOfPromise(() => readAll(silent))).toBe('COMITY_NET_TIMEOUT')
    const lively = await fetch.stream(`${server.origin}/lively`, { idleTimeoutMs: 150, timeoutMs: 200 })
    expect(await readAll(lively)).toMatch(/^begin:{5,}$/)
  })

  it('gives up on a peer that does not answer, redirects, or breaks off', async () => {
    const server = await startServer((request, response) => {
      if (request.url === '/redirect') response.writeHead(302, { location: '/' }).end()
      if (request.url !== '/break') return
      response.write('begin')
      setTimeout(() => request.socket.destroy(), 20)
    })
    const fetch = fetchFor([server])
    const mute = () => fetch.stream(`${server.origin}/mute`, { timeoutMs: 50 })
    expect(await codeOfPromise(mute)).toBe('COMITY_NET_TIMEOUT')
    expect(await codeOfPromise(() => fetch.stream(`${server.origin}/redirect`))).toBe('COMITY_NET_REDIRECT')
    const broken = await fetch.stream(`${server.origin}/break`)
    expect(await codeOfPromise(() => readAll(broken))).toBe('COMITY_NET_UNREACHABLE')
  })

  it('takes its bytes from the budget', async () => {
    const server = await startServer((_request, response) => response.end('a'.repeat(100)))
    const budget = createFetchBudget({ requests: 1, bytes: 50, timeoutMs: 5000 })
    const stream = await fetchFor([server]).stream(server.origin, { budget })
    expect(await codeOfPromise(() => readAll(stream))).toBe('COMITY_NET_BUDGET')
    expect(await codeOfPromise(() => fetchFor([server]).stream(server.origin, { budget }))).toBe(
      'COMITY_NET_BUDGET',
    )
  })

  it('checks URLs as any other request', async () => {
    const fetch = fetchFor([], { resolveHost: async () => ['10.0.0.1'] })
    expect(await codeOfPromise(() => fetch.stream('http://acme.example/'))).toBe('COMITY_NET_URL_NOT_ALLOWED')
    expect(await codeOfPromise(() => fetch.stream('https://127.0.0.1/'))).toBe(
      'COMITY_NET_ADDRESS_NOT_ALLOWED',
    )
    expect(await codeOfPromise(() => fetch.stream('https://acme.example/'))).toBe(
      'COMITY_NET_ADDRESS_NOT_ALLOWED',
    )
    await expect(fetch.stream('https://acme.example/', { idleTimeoutMs: 0 })).rejects.toBeInstanceOf(
      TypeError,
    )
  })

  it('holds no slot while it is open', async () => {
    const server = await startServer((request, response) => {
      response.write('x')
      if (request.url === '/whole') response.end()
    })
    const fetch = fetchFor([server], { maxConcurrentPerHost: 1 })
    const stream = await fetch.stream(`${server.origin}/open`)
    await expect(fetch(`${server.origin}/whole`)).resolves.toMatchObject({ status: 200 })
    stream.close()
  })
})
