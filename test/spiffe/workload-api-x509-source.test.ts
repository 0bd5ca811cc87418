import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { parseTrustDomain } from '../../src/spiffe/index.ts'
import { createX509Source, svidWithHint } from '../../src/spiffe/workload-api.ts'
import { createSpiffeAuthority, createTestClock, startFakeWorkloadApi } from '../../src/testing/index.ts'
import { iterate, next, SOON, startEndpoint } from './workload-api-support.ts'

const acme = parseTrustDomain('acme.example')
const unavailable = (reason: string) =>
  expect.objectContaining({ code: 'COMITY_SVID_UNAVAILABLE', details: { reason } })

describe('a source of X.509-SVIDs', () => {
  it('[G34] has the first SVID and the bundles, and renews itself', async () => {
    await using endpoint = await startEndpoint({ workloads: [{ path: '/first' }, { path: '/second' }] })
    await using source = await createX509Source({ client: endpoint.client })
    const first = source.getX509Svid()
    expect(first.id.path).toBe('/first')
    const updates = iterate(source.updates())
    expect(await next(updates)).toBe(first)
    const heard = vi.fn()
    const cancel = source.onUpdate(heard)
    await endpoint.authority.rotate()
    await endpoint.api.renew()
    const second = await next(updates)
    expect(source.getX509Svid()).toBe(second)
    expect(second).not.toBe(first)
    expect(source.getBundle(acme)!.x509Authorities).toHaveLength(2)
    expect(heard).toHaveBeenCalledTimes(1)
    cancel()
    await endpoint.api.renew()
    await next(updates)
    expect(heard).toHaveBeenCalledTimes(1)
    expect(endpoint.api.calls).toEqual(['FetchX509SVID'])
    source.close()
    await expect(updates.next()).resolves.toEqual({ done: true, value: undefined })
  })

  it('keeps the SVID while the endpoint is away, until it expires, and recovers by itself', async () => {
    const clock = createTestClock()
    const authority = await createSpiffeAuthority('acme.example', clock)
    const folder = mkdtempSync(join(tmpdir(), 'comity-'))
    const socketPath = join(folder, 'agent.sock')
    const workloads = [{ path: '/workload', lifetime: 60 }]
    const api = await startFakeWorkloadApi({ authority, workloads, socketPath, clock })
    await using source = await createX509Source({ address: api.address, backoff: SOON, clock })
    await api.close()
    clock.advance(60)
    expect(source.getX509Svid().id.path).toBe('/workload')
    clock.advance(1)
    expect(() => source.getX509Svid()).toThrow(unavailable('expired'))
    expect(source.getBundle(acme)).toBeDefined()
    await using again = await startFakeWorkloadApi({ authority, workloads, socketPath, clock })
    await vi.waitFor(() => expect(source.getX509Svid().id.path).toBe('/workload'))
    await again.close()
    source.close()
    rmSync(folder, { recursive: true })
  })

  it('[G21] [G22] has nothing any more when all is withdrawn, and again when it is given', async () => {
    await using endpoint = await startEndpoint({ workloads: [{ path: '/a' }] })
    await using source = await createX509Source({ client: endpoint.client })
    await endpoint.api.setWorkloads([])
    await vi.waitFor(() => expect(() => source.getX509Svid()).toThrow(unavailable('withdrawn')))
    expect([source.getBundle(acme), source.bundles()]).toEqual([undefined, []])
    await endpoint.api.setWorkloads([{ path: '/b' }])
    await vi.waitFor(() => expect(source.getX509Svid().id.path).toBe('/b'))
    expect(source.bundles()).toHaveLength(1)
  })

  it('[G22] does not use an SVID any more that is missing from the next answer', async () => {
    await using endpoint = await startEndpoint({ workloads: [{ path: '/a' }, { path: '/b' }] })
    await using source = await createX509Source({ client: endpoint.client })
    expect(source.getX509Svid().id.path).toBe('/a')
    await endpoint.api.setWorkloads([{ path: '/b' }])
    await vi.waitFor(() => expect(source.getX509Svid().id.path).toBe('/b'))
  })

  it('[G36] has the SVID of a hint; none when the hint is missing, with an error that says so', async () => {
    await using endpoint = await startEndpoint({
      workloads: [{ path: '/a' }, { path: '/b', hint: 'internal' }],
    })
    const onError = vi.fn()
    const pick = (svids: Parameters<typeof svidWithHint>[0]) => svidWithHint(svids, 'internal') as never
    await using source = await createX509Source({ client: endpoint.client, pick, onError })
    expect(source.getX509Svid().id.path).toBe('/b')
    await endpoint.api.setWorkloads([{ path: '/a' }])
    await vi.waitFor(() => expect(() => source.getX509Svid()).toThrow(unavailable('not picked')))
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ code: 'COMITY_SVID_HINT_UNKNOWN' }))
    await endpoint.api.setWorkloads([{ path: '/c', hint: 'internal' }])
    await vi.waitFor(() => expect(source.getX509Svid().id.path).toBe('/c'))
    await expect(
      createX509Source({ client: endpoint.client, pick: (svids) => svidWithHint(svids, 'external') }),
    ).rejects.toMatchObject({ code: 'COMITY_SVID_HINT_UNKNOWN' })
    expect(() => svidWithHint([], '')).toThrow(TypeError)
  })

  it('waits for an agent that has no identity for it yet, until it is told not to', async () => {
    await using endpoint = await startEndpoint({ workloads: [] })
    const waiting = createX509Source({ client: endpoint.client })
    await vi.waitFor(() => expect(endpoint.reports.length).toBeGreaterThan(2))
    await endpoint.api.setWorkloads([{ path: '/late' }])
    const source = await waiting
    expect(source.getX509Svid().id.path).toBe('/late')
    source.close()
    await endpoint.api.setWorkloads([])
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(createX509Source({ client: endpoint.client, signal })).rejects.toThrow('enough')
    const giveUp = new AbortController()
    const givenUp = createX509Source({ client: endpoint.client, signal: giveUp.signal })
    giveUp.abort(new Error('enough'))
    await expect(givenUp).rejects.toThrow('enough')
    await vi.waitFor(() => expect(endpoint.api.openStreams).toBe(0))
  })

  it('fails to start where the endpoint refuses, and keeps what it has where it does so later', async () => {
    await using endpoint = await startEndpoint()
    await using source = await createX509Source({ client: endpoint.client })
    endpoint.api.setFault({ status: 'UNIMPLEMENTED' })
    await expect(createX509Source({ client: endpoint.client })).rejects.toMatchObject({
      code: 'COMITY_WORKLOAD_API_UNSUPPORTED',
    })
    const updates = iterate(source.updates())
    await next(updates)
    await expect(updates.next()).rejects.toMatchObject({ code: 'COMITY_WORKLOAD_API_UNSUPPORTED' })
    expect(source.getX509Svid().id.path).toBe('/workload')
  })

  it('has nothing after it was closed, and closes the client that it made', async () => {
    await using endpoint = await startEndpoint()
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length
    const before = sockets()
    const source = await createX509Source({ address: endpoint.api.address })
    expect(sockets()).toBeGreaterThan(before)
    await source[Symbol.asyncDispose]()
    await vi.waitFor(() => expect(sockets()).toBe(before))
    expect(() => source.getX509Svid()).toThrow(unavailable('closed'))
    expect([source.getBundle(acme), source.bundles()]).toEqual([undefined, []])
    await vi.waitFor(() => expect(endpoint.api.openStreams).toBe(0))
    const other = await createX509Source({ client: endpoint.client })
    other.close()
    await expect(endpoint.client.fetchX509Context()).resolves.toBeDefined()
    await expect(createX509Source({ client: endpoint.client, address: 'unix:/a' })).rejects.toThrow(TypeError)
  })
})
