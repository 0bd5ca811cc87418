import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { createAllowances } from '../../src/revocation/allowance.ts'
import { createPair, eventClaims, signedEvent } from './support.ts'

const ACME = 'did:web:acme.example'
const BURST = 262_144
const PER_SECOND = 4096

const code = (work: () => void): string | undefined => {
  try {
    work()
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('an allowance', () => {
  it('takes a burst of bytes and then so many a second, however they are cut into pieces', () => {
    const piece = fc.record({ seconds: fc.nat(20), bytes: fc.nat(70_000) })
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const clock = { time: 0, now: () => clock.time }
        const allowance = createAllowances(clock, 10)(ACME)
        let taken = 0
        for (const { seconds, bytes } of pieces) {
          clock.time += seconds
          if (code(() => allowance.assertLeft()) !== undefined) continue
          taken += bytes
          // One piece at most is more than there was.
          expect(taken).toBeLessThanOrEqual(BURST + clock.time * PER_SECOND + 70_000)
          const isRefused = code(() => allowance.takeBytes(bytes)) === 'COMITY_EVENT_LIMIT'
          expect(code(() => allowance.assertLeft()) !== undefined).toBe(isRefused)
        }
      }),
    )
  })

  it('is the same one whenever it is asked for, and another for others', () => {
    const clock = { now: () => 0 }
    const allowances = createAllowances(clock, 2)
    expect(code(() => allowances(ACME).takeBytes(BURST + 1))).toBe('COMITY_EVENT_LIMIT')
    expect(code(() => allowances(ACME).assertLeft())).toBe('COMITY_EVENT_LIMIT')
    expect(code(() => allowances('did:web:a.example').assertLeft())).toBeUndefined()
    expect(code(() => allowances(ACME).assertLeft())).toBe('COMITY_EVENT_LIMIT')
    // Only so many are remembered, those that were asked for last.
    allowances('did:web:b.example')
    expect(code(() => allowances(ACME).assertLeft())).toBe('COMITY_EVENT_LIMIT')
  })

  it('does not count what is given back', () => {
    const allowance = createAllowances({ now: () => 0 }, 10)(ACME)
    for (let count = 0; count < 100; count++) {
      allowance.takeBytes(BURST)
      allowance.giveBack(BURST)
    }
    expect(allowance.event()).toBe(0)
  })
})

describe('a listener to a stream that says too much beside its events', () => {
  const OPEN = ': open 100.000\n\n'
  const HEARTBEAT = ': heartbeat 100.500\n\n'

  it.each([
    ['comments', `: ${'x'.repeat(1000)}\n`],
    ['messages of another name', `event: news\ndata: ${'x'.repeat(1000)}\n\n`],
    ['fields that nobody knows', `y: ${'x'.repeat(1000)}\n`],
    ['line ends', '\n'.repeat(1000)],
  ])('closes it for %s, and does not begin at once with another', async (_name, noise) => {
    const pair = await createPair()
    let sent = 0
    let asked = 0
    pair.world.serve('/acme/events', () => {
      asked++
      const piece = new TextEncoder().encode(noise.repeat(32))
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          controller.enqueue(new TextEncoder().encode(`${OPEN}${HEARTBEAT}`))
        },
        pull: (controller) => {
          sent += piece.byteLength
          controller.enqueue(piece)
        },
      })
      return Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }))
    })
    const listener = pair.listener({ minDelayMs: 10, maxDelayMs: 20 })
    await listener.listen(pair.acme.did)
    const limits = (): number =>
      pair.errors.filter((error) => (error as { code?: string }).code === 'COMITY_EVENT_LIMIT').length
    await vi.waitFor(() => {
      expect(limits()).toBeGreaterThan(5)
    })
    // Some of what was sent is on its way, in buffers: the bound is for what was read.
    expect(sent).toBeGreaterThan(BURST)
    expect(asked).toBeLessThan(5)
    // Nor for one who stops to listen and begins anew.
    await listener.stop(pair.acme.did)
    await expect(listener.listen(pair.acme.did)).rejects.toHaveProperty('code', 'COMITY_EVENT_LIMIT')
  })

  it('takes more than that of events', async () => {
    const pair = await createPair()
    const { acme, globex } = pair
    const sets = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        signedEvent(
          acme.signer,
          eventClaims(acme.did, globex.did, { jti: `event-${String(index)}`, padding: 'x'.repeat(9000) }),
        ),
      ),
    )
    const messages = sets
      .map((set, index) => `id: e.${String(index + 1)}\nevent: set\ndata: ${set}\n\n`)
      .join('')
    expect(messages.length).toBeGreaterThan(BURST)
    pair.world.serve('/acme/events', (request) =>
      Promise.resolve(
        request.method === 'POST'
          ? new Response(null, { status: 204 })
          : new Response(`${OPEN}${messages}${HEARTBEAT}`, {
              headers: { 'content-type': 'text/event-stream' },
            }),
      ),
    )
    await pair.listener().listen(acme.did)
    expect(pair.events).toHaveLength(sets.length)
  })
})
