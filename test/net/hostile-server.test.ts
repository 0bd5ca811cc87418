import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import { createFetchBudget } from '../../src/net/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { fetchFor, startRawServer, startServer, startSilentServer } from './support.ts'

const MIB = 1 << 20

async function timed<Value>(run: () => Promise<Value>): Promise<{ value: Value; ms: number }> {
  const start = performance.now()
  return { value: await run(), ms: performance.now() - start }
}

describe('a server that is slow', () => {
  it('with its headers runs into the limit on the first byte', async () => {
    const server = await startRawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const timer = setInterval(() => socket.write('x-more: a\r\n'), 20)
      socket.once('close', () => clearInterval(timer))
    })
    const request = { timeoutMs: 5000, firstByteTimeoutMs: 150 }
    const { value, ms } = await timed(() => codeOfPromise(() => fetchFor([server])(server.origin, request)))
    expect(value).toBe('COMITY_NET_TIMEOUT')
    expect(ms).toBeLessThan(2000)
  })

  it('with its body runs into the limit on everything', async () => {
    const server = await startServer((_request, response) => {
      const timer = setInterval(() => response.write('a'), 20)
      response.once('close', () => clearInterval(timer))
    })
    const { value, ms } = await timed(() =>
      codeOfPromise(() => fetchFor([server])(server.origin, { timeoutMs: 200 })),
    )
    expect(value).toBe('COMITY_NET_TIMEOUT')
    expect(ms).toBeLessThan(2000)
  })

  it('with its body only does not run into the limit on the first byte', async () => {
    const server = await startServer((_request, response) => {
      response.write('a')
      setTimeout(() => response.end('b'), 600)
    })
    const request = { timeoutMs: 10_000, firstByteTimeoutMs: 500 }
    await expect(fetchFor([server])(server.origin, request)).resolves.toMatchObject({ status: 200 })
  })

  it('to accept TLS runs into the limit too', async () => {
    const silent = await startSilentServer()
    expect(await codeOfPromise(() => fetchFor([silent])(silent.origin, { timeoutMs: 100 }))).toBe(
      'COMITY_NET_TIMEOUT',
    )
  })

  it('does not outlive the budget', async () => {
    const server = await startRawServer(() => undefined)
    const budget = createFetchBudget({ requests: 10, bytes: 1000, timeoutMs: 100 })
    const { value, ms } = await timed(() =>
      codeOfPromise(() => fetchFor([server])(server.origin, { budget })),
    )
    expect(value).toBe('COMITY_NET_BUDGET')
    expect(ms).toBeLessThan(2000)
  })

  it('loses its connection when the caller gives up', async () => {
    const giveUp = new AbortController()
    const closed = vi.fn()
    const server = await startRawServer((socket) => {
      socket.once('data', () => giveUp.abort())
      socket.once('close', closed)
    })
    const request = { signal: giveUp.signal }
    expect(await codeOfPromise(() => fetchFor([server])(server.origin, request))).toBe('COMITY_NET_ABORTED')
    await vi.waitFor(() => expect(closed).toHaveBeenCalled())
  })

  it('is not even asked when the caller gave up before', async () => {
    const server = await startServer((_request, response) => response.end())
    const request = { signal: AbortSignal.abort() }
    expect(await codeOfPromise(() => fetchFor([server])(server.origin, request))).toBe('COMITY_NET_ABORTED')
    expect(server.connections()).toBe(0)
  })
})

describe('a request that is ended at any moment', () => {
  it('fails cleanly: nothing is thrown that nobody can catch', async () => {
    const bodies: Record<string, Buffer> = {
      '/identity': Buffer.alloc(100_000, 'a'),
      '/gzip': gzipSync(Buffer.alloc(100_000, 'a')),
      '/br': brotliCompressSync(Buffer.alloc(100_000, 'a')),
    }
    const server = await startServer((request, response) => {
      const path = (request.url ?? '').split('?')[0] ?? ''
      const body = bodies[path] ?? Buffer.alloc(0)
      response.writeHead(200, path === '/identity' ? {} : { 'content-encoding': path.slice(1) })
      response.write(body.subarray(0, body.length / 2))
      setTimeout(() => response.end(body.subarray(body.length / 2)), Number(request.url?.length) % 3)
    })
    const fetch = fetchFor([server], { maxConcurrentPerHost: 16 })
    async function one(index: number): Promise<void> {
      const path = ['/identity', '/gzip', '/br'][index % 3] ?? ''
      const url = `${server.origin}${path}?${'x'.repeat(index % 7)}`
      const giveUp = new AbortController()
      if (index % 4 === 1) setTimeout(() => giveUp.abort(), index)
      const bytes = index % 4 === 2 ? 90_000 + index * 50 : 1e6
      const limits = {
        signal: giveUp.signal,
        budget: createFetchBudget({ requests: 1, bytes, timeoutMs: 20_000 }),
      }
      if (index % 8 < 4) {
        await fetch(url, { ...limits, maxBytes: 200_000, timeoutMs: 20_000, method: 'POST', body: 'x' })
        return
      }
      const stream = await fetch.stream(url, { ...limits, timeoutMs: 20_000 })
      for await (const piece of stream.body) if (piece.length % 2 === 1) stream.close()
    }
    const codes = await Promise.all(
      Array.from({ length: 160 }, (_, index) => codeOfPromise(() => one(index))),
    )
    expect(codes).toContain('COMITY_NET_ABORTED')
    expect(codes).toContain('COMITY_NET_BUDGET')
    expect(codes).toContain(undefined)
    await expect(fetch(`${server.origin}/gzip`, { maxBytes: 100_000 })).resolves.toMatchObject({
      status: 200,
    })
  })
})

describe('a server that sends too much', () => {
  it('in an endless body is cut off at the limit', async () => {
    let sent = 0
    const server = await startServer((_request, response) => {
      const chunk = Buffer.alloc(16_384, 'a')
      const pump = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length
        sent += chunk.length
      }
      response.on('drain', pump)
      pump()
    })
    expect(await codeOfPromise(() => fetchFor([server])(server.origin))).toBe('COMITY_NET_TOO_LARGE')
    expect(sent).toBeLessThan(16 * MIB)
  })

  it('by its own word is not read at all', async () => {
    const server = await startServer((_request, response) => {
      response.writeHead(200, { 'content-length': String(10 * MIB) }).write('a')
    })
    expect(await codeOfPromise(() => fetchFor([server])(server.origin))).toBe('COMITY_NET_TOO_LARGE')
  })

  it('is accepted up to the limit, and not a byte more', async () => {
    const server = await startServer((_request, response) => response.end('a'.repeat(100)))
    const fetch = fetchFor([server])
    await expect(fetch(server.origin, { maxBytes: 100 })).resolves.toMatchObject({ status: 200 })
    expect(await codeOfPromise(() => fetch(server.origin, { maxBytes: 99 }))).toBe('COMITY_NET_TOO_LARGE')
    const budget = createFetchBudget({ requests: 10, bytes: 99, timeoutMs: 5000 })
    expect(await codeOfPromise(() => fetch(server.origin, { budget }))).toBe('COMITY_NET_BUDGET')
    expect(budget.bytes).toBe(0)
  })

  const zeros = Buffer.alloc(64 * MIB)
  it.each([
    ['gzip', gzipSync(zeros)],
    ['deflate', deflateSync(zeros)],
    ['br', brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })],
  ])('in a %s bomb is not unpacked further than the limit', async (coding, bomb) => {
    const server = await startServer((_request, response) => {
      response.writeHead(200, { 'content-encoding': coding }).end(bomb)
    })
    const fetch = fetchFor([server])
    const before = process.memoryUsage().arrayBuffers
    const { value, ms } = await timed(() => codeOfPromise(() => fetch(server.origin)))
    expect(value).toBe('COMITY_NET_TOO_LARGE')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * MIB)
    expect(ms).toBeLessThan(1000)
  })

  it('in compressed nothing is cut off as well', async () => {
    // An endless row of empty deflate blocks: no output, ever.
    const empty = Buffer.concat(Array.from({ length: 4096 }, () => Buffer.from([0, 0, 0, 0xff, 0xff])))
    const server = await startServer((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'deflate' })
      response.write(Buffer.from([0x78, 0x9c]))
      const pump = (): void => {
        while (!response.destroyed && response.write(empty));
      }
      response.on('drain', pump)
      pump()
    })
    expect(await codeOfPromise(() => fetchFor([server])(server.origin))).toBe('COMITY_NET_TOO_LARGE')
  })

  it('in its headers is cut off', async () => {
    const server = await startServer((_request, response) => {
      response.writeHead(200, { 'x-large': 'a'.repeat(20_000) }).end()
    })
    expect(await codeOfPromise(() => fetchFor([server])(server.origin))).toBe('COMITY_NET_TOO_LARGE')
    const generous = fetchFor([server], { maxHeaderBytes: 65_536 })
    await expect(generous(server.origin)).resolves.toMatchObject({ status: 200 })
  })
})

describe('a server that breaks off or talks nonsense', () => {
  it.each([
    ['before its headers', ''],
    ['within its headers', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['within its body', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'],
    ['within a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab'],
  ])('breaks off %s', async (_name, bytes) => {
    const server = await startRawServer((socket) => socket.once('data', () => socket.end(bytes)))
    expect(await codeOfPromise(() => fetchFor([server])(server.origin))).toBe('COMITY_NET_UNREACHABLE')
  })

  it('resets the connection', async () => {
    const server = await startRawServer((socket) => {
      socket.once('data', () => socket.destroy())
    })
    expect(await codeOfPromise(() => fetchFor([server])(server.origin))).toBe('COMITY_NET_UNREACHABLE')
  })

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['an unknown coding', 'HTTP/1.1 200 OK\r\ncontent-encoding: zstd\r\ncontent-length: 1\r\n\r\na'],
    ['two codings', 'HTTP/1.1 200 OK\r\ncontent-encoding: gzip, gzip\r\ncontent-length: 1\r\n\r\na'],
    ['no gzip', 'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc'],
    ['half a gzip', 'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x8b\x08\x00'],
    ['no br', 'HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 3\r\n\r\nabc'],
  ])('sends %s', async (_name, bytes) => {
    const server = await startRawServer((socket) => socket.once('data', () => socket.end(bytes, 'latin1')))
    expect(await codeOfPromise(() => fetchFor([server])(server.origin))).toBe('COMITY_NET_RESPONSE_INVALID')
  })

  it('is not there at all', async () => {
    const gone = { origin: 'https://localhost:9', port: 9, connections: () => 0 }
    expect(await codeOfPromise(() => fetchFor([gone])(gone.origin))).toBe('COMITY_NET_UNREACHABLE')
  })
})
