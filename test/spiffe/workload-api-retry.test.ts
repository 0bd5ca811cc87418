import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Timers } from '../../src/runtime/index.ts'
import { createWorkloadApiClient, type X509Context } from '../../src/spiffe/workload-api.ts'
import { createSpiffeAuthority, startFakeWorkloadApi } from '../../src/testing/index.ts'
import { iterate, next, startEndpoint } from './workload-api-support.ts'

const names = ({ svids }: X509Context) => svids.map(({ id }) => id.path)

/** Timers whose waits are over at once, except those of ten seconds and more, which never are. */
function eagerTimers(): Timers & { readonly waits: number[] } {
  const waits: number[] = []
  return {
    waits,
    after(ms, run) {
      if (ms >= 10_000) return () => {}
      waits.push(ms)
      const timer = setTimeout(run, 0)
      return () => clearTimeout(timer)
    },
    every: () => () => {},
  }
}

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('a watch of the Workload API', () => {
  it('[F16] waits for an agent that starts after the client, with growing waits and at random shortened', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'comity-'))
    const socketPath = join(folder, 'agent.sock')
    const timers = eagerTimers()
    const codes: string[] = []
    await using client = createWorkloadApiClient({
      address: `unix:${socketPath}`,
      timers,
      backoff: { initialMs: 100, maxMs: 800 },
      onError: ({ code }) => codes.push(code),
    })
    const first = iterate(client.watchX509Context()).next()
    await vi.waitFor(() => expect(timers.waits.length).toBeGreaterThan(6))
    await using api = await startFakeWorkloadApi({
      authority: await createSpiffeAuthority('acme.example'),
      socketPath,
    })
    expect(names((await first).value as X509Context)).toEqual(['/workload'])
    expect(new Set(codes)).toEqual(new Set(['COMITY_WORKLOAD_API_UNAVAILABLE']))
    // One try at once, and then these: each half to all of the doubled wait.
    for (const [index, wait] of timers.waits.slice(0, 6).entries()) {
      const most = Math.min(100 * 2 ** index, 800)
      expect(wait).toBeGreaterThanOrEqual(most / 2)
      expect(wait).toBeLessThanOrEqual(most)
    }
    client.close()
    await api.close()
    rmSync(folder, { recursive: true })
  })

  it('[G4] keeps one stream open, and hears of changes by it', async () => {
    await using endpoint = await startEndpoint()
    const watch = iterate(endpoint.client.watchX509Context())
    expect(names(await next(watch))).toEqual(['/workload'])
    await endpoint.api.setWorkloads([{ path: '/other' }])
    expect(names(await next(watch))).toEqual(['/other'])
    expect([endpoint.api.calls.length, endpoint.api.openStreams]).toEqual([1, 1])
    await watch.return?.()
    await vi.waitFor(() => expect(endpoint.api.openStreams).toBe(0))
  })

  it('[G5] connects again at once after the stream ended, and waits when it ends again', async () => {
    const timers = eagerTimers()
    await using endpoint = await startEndpoint({}, timers)
    const watch = iterate(endpoint.client.watchX509Context())
    await next(watch)
    endpoint.api.endStreams()
    await next(watch)
    expect(timers.waits).toEqual([])
    endpoint.api.endStreams()
    await next(watch)
    expect(timers.waits).toHaveLength(1)
    expect(endpoint.api.calls).toHaveLength(3)
  })

  it('[F18] [G22] goes on asking after PermissionDenied, with a wait before each try, and gives nothing meanwhile', async () => {
    const timers = eagerTimers()
    await using endpoint = await startEndpoint({}, timers)
    const watch = iterate(endpoint.client.watchX509Context())
    await next(watch)
    await endpoint.api.setWorkloads([])
    expect(await next(watch)).toEqual({ svids: [], bundles: [], crls: [] })
    await vi.waitFor(() => expect(endpoint.reports.length).toBeGreaterThan(2))
    expect(timers.waits.length).toBeGreaterThanOrEqual(endpoint.reports.length - 1)
    await endpoint.api.setWorkloads([{ path: '/again' }])
    expect(names(await next(watch))).toEqual(['/again'])
  })

  it.each(['UNAVAILABLE', 'INTERNAL', 'RESOURCE_EXHAUSTED', 'OK'] as const)(
    'keeps what it has when the stream ends with %s, and says nothing to the reader',
    async (status) => {
      await using endpoint = await startEndpoint()
      const watch = iterate(endpoint.client.watchX509Context())
      await next(watch)
      endpoint.api.setFault({ status })
      await vi.waitFor(() => expect(endpoint.api.calls.length).toBeGreaterThan(3))
      endpoint.api.setFault(undefined)
      expect(names(await next(watch))).toEqual(['/workload'])
    },
  )
})
