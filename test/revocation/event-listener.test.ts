import { describe, expect, it, vi } from 'vitest'
import { createPair, eventClaims, signedEvent, type Pair } from './support.ts'

const OPEN = ': open 100.000\nretry: 500\n\n'
const HEARTBEAT = ': heartbeat 100.500\n\n'

describe('a listener and a stream that is not what it should be', () => {
  /** Acme's stream says what the test has it say. */
  async function createFake(
    answer: () => Promise<Response> | Response,
  ): Promise<Pair & { asked: () => number }> {
    const pair = await createPair()
    let asked = 0
    pair.world.serve('/acme/events', async (request) => {
      if (request.method === 'POST') return new Response(null, { status: 204 })
      asked++
      return await answer()
    })
    return { ...pair, asked: () => asked }
  }
  const streamOf = (text: string): Response =>
    new Response(text, { headers: { 'content-type': 'text/event-stream' } })

  it.each([
    ['a refusal', () => new Response(null, { status: 403 }), 'COMITY_PEER_REFUSED'],
    [
      'another type',
      () => new Response('{}', { headers: { 'content-type': 'application/json' } }),
      'COMITY_PEER_PROTOCOL',
    ],
    ['nothing', () => streamOf(''), 'COMITY_PEER_PROTOCOL'],
    ['the opening alone', () => streamOf(OPEN), 'COMITY_PEER_PROTOCOL'],
    ['an endless line', () => streamOf('x'.repeat(100_000)), 'COMITY_PEER_PROTOCOL'],
    ['an event without an id', () => streamOf('event: set\ndata: a.b.c\n\n'), 'COMITY_PEER_PROTOCOL'],
    ['an event that is none', () => streamOf('id: e.1\nevent: set\ndata: abc\n\n'), 'COMITY_JWS_MALFORMED'],
    [
      'an event that is too large',
      () => streamOf(`${OPEN}id: e.1\nevent: set\ndata: ${'a'.repeat(20_000)}\n\n`),
      'COMITY_JWS_TOO_LARGE',
    ],
    [
      'a redirect',
      () => new Response(null, { status: 302, headers: { location: '/' } }),
      'COMITY_NET_REDIRECT',
    ],
  ])('gives up at first on %s', async (_name, answer, code) => {
    const pair = await createFake(answer)
    const listener = pair.listener()
    await expect(listener.listen(pair.acme.did)).rejects.toHaveProperty('code', code)
    expect(listener.lastHeard(pair.acme.did)).toBeUndefined()
    expect(pair.asked()).toBe(1)
    expect(pair.events).toEqual([])
  })

  it('does not take a stream for open that says nothing', async () => {
    const pair = await createFake(
      () => new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } }),
    )
    await expect(pair.listener().listen(pair.acme.did)).rejects.toHaveProperty('code', 'COMITY_PEER_PROTOCOL')
  })

  it('comes back, with longer and longer waits', async () => {
    let isUp = true
    const pair = await createFake(() =>
      isUp ? streamOf(`${OPEN}${HEARTBEAT}`) : new Response(null, { status: 503 }),
    )
    const waits: number[] = []
    const timers = {
      after: (ms: number, run: () => void) => {
        if (ms < 1000) waits.push(ms)
        const timer = setTimeout(run, Math.min(ms, 1))
        return () => {
          clearTimeout(timer)
        }
      },
      every: () => () => undefined,
    }
    const listener = pair.listener({
      minDelayMs: 10,
      maxDelayMs: 100,
      random: () => 0.5,
      timers: { ...timers, after: (ms, run) => (ms >= 1000 ? () => undefined : timers.after(ms, run)) },
    })
    await listener.listen(pair.acme.did)
    isUp = false
    await vi.waitFor(() => {
      expect(pair.errors.length).toBeGreaterThan(5)
    })
    expect(waits.slice(0, 6)).toEqual([7.5, 15, 30, 60, 75, 75])
  })

  it('gives up a stream that falls silent, and opens another', async () => {
    const text = new TextEncoder().encode(`${OPEN}${HEARTBEAT}`)
    const pair = await createFake(() => {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          controller.enqueue(text)
        },
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    })
    const listener = pair.listener({ idleTimeoutMs: 1000 })
    await listener.listen(pair.acme.did)
    const heard = listener.lastHeard(pair.acme.did)
    await vi.waitFor(
      () => {
        expect(pair.asked()).toBeGreaterThan(1)
      },
      { timeout: 5000 },
    )
    expect(pair.errors).toMatchObject([{ code: 'COMITY_NET_TIMEOUT' }])
    expect(heard).toBeDefined()
  })

  it('says by itself where it was, whatever the other side remembers', async () => {
    const pair = await createPair()
    const { acme, globex } = pair
    const set = await signedEvent(acme.signer, eventClaims(acme.did, globex.did))
    const positions: (string | null)[] = []
    pair.world.serve('/acme/events', (request) => {
      if (request.method === 'POST') return Promise.resolve(new Response(null, { status: 503 }))
      positions.push(request.headers.get('last-event-id'))
      return Promise.resolve(streamOf(`${OPEN}id: e.7\nevent: set\ndata: ${set}\n\n${HEARTBEAT}`))
    })
    await pair.listener().listen(acme.did)
    await vi.waitFor(() => {
      expect(positions.length).toBeGreaterThan(1)
    })
    expect(positions.slice(0, 2)).toEqual([null, 'e.7'])
  })

  it('leaves messages of other names alone', async () => {
    const pair = await createFake(() =>
      streamOf(`${OPEN}event: hello\ndata: x\n\nid: e.9\ndata: y\n\n${HEARTBEAT}`),
    )
    await pair.listener().listen(pair.acme.did)
    expect(pair.events).toEqual([])
  })

  it('does not apply an event a second time, and does confirm it', async () => {
    let set = ''
    const pair = await createFake(() =>
      streamOf(
        `${OPEN}id: e.1\nevent: set\ndata: ${set}\n\nid: e.2\nevent: set\ndata: ${set}\n\n${HEARTBEAT}`,
      ),
    )
    set = await signedEvent(pair.acme.signer, eventClaims(pair.acme.did, pair.globex.did))
    const listener = pair.listener()
    await listener.listen(pair.acme.did)
    await vi.waitFor(() => {
      expect(pair.asked()).toBeGreaterThan(1)
    })
    await listener.close()
    expect(pair.events).toHaveLength(1)
  })

  it.each([
    ['for somebody else', { aud: 'did:web:other.example' }, 'COMITY_AUDIENCE_MISMATCH'],
    ['by somebody else', { iss: 'did:web:other.example' }, 'COMITY_EVENT_INVALID'],
    ['of last week', { iat: 1_700_000_000 }, 'COMITY_TOKEN_EXPIRED'],
  ])('applies no event %s, and none behind it', async (_name, change, code) => {
    let text = ''
    const pair = await createFake(() => streamOf(text))
    const { acme, globex } = pair
    const bad = await signedEvent(acme.signer, eventClaims(acme.did, globex.did, change))
    const good = await signedEvent(acme.signer, eventClaims(acme.did, globex.did, { jti: 'event-2' }))
    text = `${OPEN}id: e.1\nevent: set\ndata: ${bad}\n\nid: e.2\nevent: set\ndata: ${good}\n\n${HEARTBEAT}`
    await expect(pair.listener().listen(acme.did)).rejects.toHaveProperty('code', code)
    expect(pair.events).toEqual([])
  })
})

describe('a listener', () => {
  it('needs an organization with a stream, within its limit, and to be open', async () => {
    const pair = await createPair()
    const listener = pair.listener({ maxOrganizations: 1 })
    await expect(listener.listen('acme')).rejects.toBeInstanceOf(TypeError)
    const nobody = `${pair.acme.did}:nobody`
    await expect(listener.listen(nobody)).rejects.toHaveProperty('code', 'COMITY_DID_NOT_FOUND')
    await listener.listen(pair.acme.did)
    await expect(listener.listen(nobody)).rejects.toHaveProperty('code', 'COMITY_EVENT_LIMIT')
    await listener.stop(pair.acme.did)
    await listener.listen(pair.acme.did)
    await listener.close()
    await expect(listener.listen(pair.acme.did)).rejects.toBeInstanceOf(TypeError)
  })

  it('can be stopped before it has begun', async () => {
    const pair = await createPair()
    const listener = pair.listener()
    const listening = listener.listen(pair.acme.did)
    await listener.close()
    await expect(listening).rejects.toHaveProperty('code', 'COMITY_NET_ABORTED')
  })

  it('refuses options out of range', async () => {
    const pair = await createPair()
    for (const change of [
      { did: 'globex' },
      { idleTimeoutMs: 10 },
      { minDelayMs: 1 },
      { maxDelayMs: 1 },
      { maxDelayMs: 700_000 },
    ]) {
      expect(() => pair.listener(change)).toThrow(TypeError)
    }
  })
})
