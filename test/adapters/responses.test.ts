import { once } from 'node:events'
import { request as httpsRequest } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import type { HttpsServer, ServeHttpsOptions, WebHandler } from '../../src/adapters/node/index.ts'
import { ca, dial, readAll, send, sendRaw, serve, until } from './client.ts'

const servers: HttpsServer[] = []

async function start(handler: WebHandler, options: Partial<ServeHttpsOptions> = {}): Promise<HttpsServer> {
  const server = await serve({ handler, ...options })
  servers.push(server)
  return server
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

/** A stream of chunks that never ends, and what happened to it. */
function endless(chunkBytes: number): {
  stream: ReadableStream<Uint8Array>
  state: { pulls: number; canceled: boolean }
} {
  const state = { pulls: 0, canceled: false }
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        state.pulls++
        controller.enqueue(new Uint8Array(chunkBytes).fill(120))
      },
      cancel() {
        state.canceled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { stream, state }
}

async function open(server: HttpsServer): Promise<IncomingMessage> {
  const request = httpsRequest({ host: '127.0.0.1', port: server.port, path: '/', ca, agent: false })
  request.on('error', () => undefined)
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.on('error', () => undefined)
  return response
}

describe('a response', () => {
  it('arrives with status, headers and each cookie', async () => {
    const headers = new Headers({
      'content-type': 'text/plain',
      connection: 'upgrade',
      'transfer-encoding': 'gzip',
    })
    headers.append('set-cookie', 'a=1')
    headers.append('set-cookie', 'b=2')
    const server = await start(() => Promise.resolve(new Response('körper', { status: 418, headers })))
    const answer = await send(server, '/')
    expect(answer).toMatchObject({ status: 418, body: 'körper' })
    expect(answer.headers).toMatchObject({ 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] })
    expect(answer.headers['transfer-encoding']).toBe('chunked')
    expect(answer.headers.connection).not.toBe('upgrade')
  })

  it('to HEAD is its head alone, and the body is cancelled', async () => {
    const { stream, state } = endless(10)
    const server = await start(() => Promise.resolve(new Response(stream)))
    expect(await send(server, '/', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' })
    expect(state.canceled).toBe(true)
  })

  it('may have no body', async () => {
    const server = await start(() => Promise.resolve(new Response(null, { status: 204 })))
    expect(await send(server, '/')).toMatchObject({ status: 204, body: '' })
  })
})

describe('an error', () => {
  const SECRET = 'secret-in-the-message'
  const TEXT = SECRET as unknown as Error
  const NOTHING = undefined as unknown as Error

  it.each<[string, WebHandler]>([
    ['rejects with an error', () => Promise.reject(new Error(SECRET))],
    ['rejects with a text', () => Promise.reject(TEXT)],
    ['rejects with undefined', () => Promise.reject(NOTHING)],
    [
      'throws',
      () => {
        throw new Error(SECRET)
      },
    ],
    ['answers nothing', () => Promise.resolve(undefined as unknown as Response)],
    ['answers with an error response', () => Promise.resolve(Response.error())],
    [
      'answers with a response already read',
      async () => {
        const response = new Response(SECRET)
        await response.text()
        return response
      },
    ],
  ])('of a handler that %s is an empty 500', async (_, handler) => {
    const reported: unknown[] = []
    const server = await start(handler, { onError: (error) => reported.push(error) })
    const answer = await send(server, '/')
    expect(answer).toMatchObject({ status: 500, body: '{}' })
    expect(answer.headers['content-type']).toBe('application/problem+json')
    expect(JSON.stringify(answer)).not.toContain(SECRET)
    expect(reported).toHaveLength(1)
    expect((await send(server, '/')).status).toBe(500)
  })

  it('of the reporter itself changes nothing', async () => {
    const server = await start(() => Promise.reject(new Error(SECRET)), {
      onError: () => {
        throw new Error('the log is full')
      },
    })
    expect(await send(server, '/')).toMatchObject({ status: 500, body: '{}' })
  })

  it('of a body after its head cuts the connection, so that nobody takes the half for the whole', async () => {
    const reported: unknown[] = []
    let pulls = 0
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (pulls++ === 0) controller.enqueue(new TextEncoder().encode('half'))
        else controller.error(new Error(SECRET))
      },
    })
    const server = await start(() => Promise.resolve(new Response(stream)), {
      onError: (error) => reported.push(error),
    })
    const answer = await sendRaw(server, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(answer).not.toMatch(/0\r\n\r\n$/)
    expect(answer).not.toContain(SECRET)
    expect(reported).toHaveLength(1)
  })
})

describe('a stream', () => {
  it('delivers each event when it is made', async () => {
    let push: (text: string) => void = () => undefined
    let end: () => void = () => undefined
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        push = (text) => {
          controller.enqueue(new TextEncoder().encode(text))
        }
        end = () => {
          controller.close()
        }
      },
    })
    const server = await start(() =>
      Promise.resolve(new Response(stream, { headers: { 'content-type': 'text/event-stream' } })),
    )
    const response = await open(server) // the head arrives before any event
    const received: string[] = []
    response.setEncoding('utf8').on('data', (chunk: string) => received.push(chunk))
    for (const text of ['data: one\n\n', ': heartbeat\n\n', 'data: two\n\n']) {
      push(text)
      await until(() => received.at(-1) === text)
    }
    end()
    await once(response, 'end')
    expect(received).toHaveLength(3)
  })

  it('is cancelled, and the signal aborted, when the client goes away', async () => {
    const canceled: unknown[] = []
    let signal: AbortSignal | undefined
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(': open\n\n'))
      },
      cancel() {
        canceled.push(true)
      },
    })
    const reported: unknown[] = []
    const server = await start(
      (request) => {
        signal = request.signal
        return Promise.resolve(new Response(stream, { headers: { 'content-type': 'text/event-stream' } }))
      },
      { onError: (error) => reported.push(error) },
    )
    const response = await open(server)
    expect(signal?.aborted).toBe(false)
    response.destroy()
    await until(() => canceled.length === 1)
    expect(signal?.aborted).toBe(true)
    expect(reported).toEqual([])
  })

  it('is cancelled when the client went away before it began', async () => {
    const { stream, state } = endless(10)
    let respond: (response: Response) => void = () => undefined
    let signal: AbortSignal | undefined
    const server = await start((request) => {
      signal = request.signal
      return new Promise((resolve) => {
        respond = resolve
      })
    })
    const socket = await dial(server)
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await until(() => signal !== undefined)
    socket.destroy()
    await until(() => signal?.aborted === true)
    respond(new Response(stream))
    await until(() => state.canceled)
    expect(state.pulls).toBe(0)
  })

  it('is read no faster than the client takes it, and cut when the client takes nothing', async () => {
    const { stream, state } = endless(65_536)
    const server = await start(() => Promise.resolve(new Response(stream)), { stallMs: 3000 })
    const response = await open(server)
    response.pause()
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const { pulls } = state
    expect(pulls).toBeLessThan(200) // what kernel buffers hold, not what a loop can make
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(state.pulls).toBe(pulls)
    expect(state.canceled).toBe(false)
    await until(() => state.canceled)
  })

  it('that the client takes in time goes on', async () => {
    const { stream, state } = endless(65_536)
    const server = await start(() => Promise.resolve(new Response(stream)), { stallMs: 500 })
    const response = await open(server)
    let size = 0
    response.on('data', (chunk: Buffer) => (size += chunk.length))
    await new Promise((resolve) => setTimeout(resolve, 1000))
    expect(size).toBeGreaterThan(1_000_000)
    expect(state.canceled).toBe(false)
    response.destroy()
    await until(() => state.canceled)
  })

  it('leaves the connection usable when it ends', async () => {
    const server = await start(() => Promise.resolve(new Response('x')))
    const socket = await dial(server)
    const all = readAll(socket)
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect((await all).match(/HTTP\/1.1 200/g)).toHaveLength(2)
  })
})
