import { describe, expect, it, vi } from 'vitest'
import { createSlots } from '../../src/net/host-slots.ts'
import { codeOfPromise } from '../support/codes.ts'
import { fetchFor, startServer, type TestServer } from './support.ts'

/** Servers that count together how many requests they have at once, and answer when they are let. */
async function startGate(count: number): Promise<{
  servers: TestServer[]
  open: () => void
  running: () => number
  most: () => number
}> {
  let [running, most] = [0, 0]
  let isOpen = false
  const waiting: (() => void)[] = []
  const servers = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      startServer(
        (_request, response) => {
          running += 1
          most = Math.max(most, running)
          const answer = (): void => {
            running -= 1
            response.end('ok')
          }
          if (isOpen) answer()
          else waiting.push(answer)
        },
        { names: [`h${String(index)}.localhost`] },
        `h${String(index)}.localhost`,
      ),
    ),
  )
  const open = (): void => {
    isOpen = true
    for (const answer of waiting.splice(0)) answer()
  }
  return { servers, open, running: () => running, most: () => most }
}

describe('the bound on all hosts together', () => {
  it('holds for requests to different hosts, and passes slots on', async () => {
    const { servers, open, running, most } = await startGate(5)
    const fetch = fetchFor(servers, { maxConcurrent: 3 })
    const answers = servers.map(({ origin }) => fetch(origin))
    await vi.waitFor(() => expect(running()).toBe(3))
    open()
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(most()).toBe(3)
  })

  it('refuses when too many wait, and nothing is kept of who was refused', async () => {
    const { servers, open, running } = await startGate(3)
    const fetch = fetchFor(servers, { maxConcurrent: 1, maxWaiting: 1 })
    const [first = '', second = '', third = ''] = servers.map(({ origin }) => origin)
    const answers = [fetch(first)]
    await vi.waitFor(() => expect(running()).toBe(1))
    answers.push(fetch(second))
    expect(await codeOfPromise(() => fetch(third))).toBe('COMITY_NET_BUDGET')
    open()
    await Promise.all(answers)
    await expect(fetch(third)).resolves.toMatchObject({ status: 200 })
  })

  it('counts waiting towards the time limit, and gives the slots back', async () => {
    const { servers, open, running } = await startGate(2)
    const fetch = fetchFor(servers, { maxConcurrent: 1 })
    const [first = '', second = ''] = servers.map(({ origin }) => origin)
    const answer = fetch(first)
    await vi.waitFor(() => expect(running()).toBe(1))
    expect(await codeOfPromise(() => fetch(second, { timeoutMs: 50 }))).toBe('COMITY_NET_TIMEOUT')
    open()
    await answer
    await expect(fetch(second)).resolves.toMatchObject({ status: 200 })
  })

  it('counts a stream until its answer begins, and no longer', async () => {
    const { servers, open, running } = await startGate(2)
    open()
    const fetch = fetchFor(servers, { maxConcurrent: 1 })
    const [first = '', second = ''] = servers.map(({ origin }) => origin)
    const stream = await fetch.stream(first)
    await expect(fetch(second)).resolves.toMatchObject({ status: 200 })
    stream.close()
    expect(running()).toBe(0)
  })

  it.each([{ maxConcurrent: 0 }, { maxConcurrent: 4097 }, { maxWaiting: 0 }, { maxWaiting: 1.5 }])(
    'cannot be %j',
    (options) => {
      expect(() => fetchFor([], options)).toThrow(TypeError)
    },
  )
})

describe('slots', () => {
  const signal = new AbortController().signal
  const bounds = { concurrent: 2, waiting: 10 }

  it('are not used up by one host', async () => {
    const slots = createSlots(bounds, { concurrent: 3, waiting: 10 })
    const got: string[] = []
    for (const host of ['slow', 'slow', 'slow', 'quick']) {
      void slots.acquire(host, signal).then(() => got.push(host))
    }
    await vi.waitFor(() => expect(got).toEqual(['slow', 'slow', 'quick']))
  })

  it('are given back once, however often they are released', async () => {
    const slots = createSlots(bounds, { concurrent: 1, waiting: 10 })
    const release = await slots.acquire('a', signal)
    release()
    release()
    const [second, third] = [slots.acquire('a', signal), slots.acquire('b', signal)]
    await second
    const state = await Promise.race([third.then(() => 'had'), Promise.resolve('waits')])
    expect(state).toBe('waits')
  })

  it('of a host are given back when waiting for the common ones is given up', async () => {
    const slots = createSlots({ concurrent: 1, waiting: 1 }, { concurrent: 1, waiting: 10 })
    const release = await slots.acquire('a', signal)
    const giveUp = new AbortController()
    const waiting = slots.acquire('b', giveUp.signal)
    giveUp.abort(new Error('given up'))
    await expect(waiting).rejects.toThrow('given up')
    release()
    await expect(slots.acquire('b', signal)).resolves.toBeTypeOf('function')
  })
})
