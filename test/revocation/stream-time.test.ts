import { describe, expect, it, vi } from 'vitest'
import { createStreamTime, timeComment } from '../../src/revocation/stream-time.ts'
import { createPair } from './support.ts'

/** A clock that is moved by hand. */
function movable(time: number): { time: number; now(): number } {
  return {
    time,
    now() {
      return this.time
    },
  }
}

describe('the time of a stream', () => {
  it('is counted from when it was asked for, whatever the clock of the other side says', () => {
    const clock = movable(1000)
    const time = createStreamTime(clock, 25)
    clock.time = 1002
    expect(time.read('open 77.000')).toBeUndefined()
    expect(time.read('heartbeat 77.500')).toBe(1000.5)
    clock.time = 1013
    expect(time.read('heartbeat 87.500')).toBe(1010.5)
  })

  it('is never a time to come', () => {
    const clock = movable(1000)
    const time = createStreamTime(clock, 25)
    time.read('open 77')
    expect(time.read('heartbeat 99999')).toBe(1000)
  })

  it('falls behind when the stream is held back, until it is given up', () => {
    const clock = movable(1000)
    const time = createStreamTime(clock, 25)
    time.read('open 77')
    clock.time = 1020
    expect(time.read('heartbeat 78')).toBe(1001)
    clock.time = 1030
    expect(() => time.read('heartbeat 79')).toThrow(expect.objectContaining({ code: 'COMITY_PEER_PROTOCOL' }))
  })

  it('does not go on by comments of others: a proxy keeps alive what is dead behind it', () => {
    const clock = movable(1000)
    const time = createStreamTime(clock, 25)
    time.read('open 77')
    clock.time = 1020
    for (const comment of ['keep-alive', 'heartbeat', 'heartbeat 1e9', 'heartbeat -1']) {
      expect(time.read(comment)).toBeUndefined()
    }
    clock.time = 1026
    expect(() => time.read('keep-alive')).toThrow(expect.objectContaining({ code: 'COMITY_PEER_PROTOCOL' }))
  })

  it('has no meaning before an opening', () => {
    expect(() => createStreamTime(movable(1000), 25).read('heartbeat 77')).toThrow(
      expect.objectContaining({ code: 'COMITY_PEER_PROTOCOL' }),
    )
  })

  it('is written as it is read', () => {
    const time = createStreamTime(movable(1000), 25)
    time.read(timeComment('open', 1_795_500_000.25).slice(2))
    expect(time.read(timeComment('heartbeat', 1_795_500_000).slice(2))).toBe(999.75)
  })
})

describe('a stream that is held back on its way', () => {
  it('is not heard, although it arrives', async () => {
    const clock = { offset: 0, now: () => Date.now() / 1000 + clock.offset }
    const pair = await createPair()
    const listener = pair.listener({ clock, idleTimeoutMs: 25_000 })
    await listener.listen(pair.acme.did)
    const heard = listener.lastHeard(pair.acme.did) ?? 0
    // As if what arrives from now on had been under way for 28 seconds.
    clock.offset = 28
    await vi.waitFor(() => {
      expect(pair.errors).toMatchObject([{ code: 'COMITY_PEER_PROTOCOL' }])
    })
    // A new connection is fresh.
    await vi.waitFor(() => {
      expect(listener.lastHeard(pair.acme.did)).toBeGreaterThan(heard + 28)
    })
  })
})
