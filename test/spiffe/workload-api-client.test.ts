import { createServer, type IncomingHttpHeaders } from 'node:http2'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Timers } from '../../src/runtime/index.ts'
import { parseSpiffeId } from '../../src/spiffe/index.ts'
import { createWorkloadApiClient, type X509Context } from '../../src/spiffe/workload-api.ts'
import { iterate, next, startEndpoint } from './workload-api-support.ts'

const names = ({ svids }: X509Context) => svids.map(({ id }) => id.path)

/** Timers whose waits are over at once, except those of ten seconds and more, which never are. */

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('the client of the Workload API', () => {
  it('[F2] [F7] gets X.509-SVIDs and bundles over plain HTTP/2 at a unix socket', async () => {
    await using endpoint = await startEndpoint()
    const context = await endpoint.client.fetchX509Context()
    expect(context.svids.map(({ id }) => id.uri)).toEqual(['spiffe://acme.example/workload'])
    expect(context.bundles).toEqual([
      expect.objectContaining({ trustDomain: endpoint.authority.trustDomain }),
    ])
    expect(endpoint.reports).toEqual([])
  })

  it('[F5] [G3] calls `/SpiffeWorkloadAPI/…` with the security header, streams and unary calls alike', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'comity-'))
    const seen: IncomingHttpHeaders[] = []
    const server = createServer().on('stream', (stream, headers) => {
      seen.push(headers)
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' },
        { endStream: true },
      )
    })
    await new Promise<void>((resolve) => server.listen(join(folder, 's'), resolve))
    const client = createWorkloadApiClient({ address: `unix:${folder}/s` })
    const calls = [
      client.fetchX509Context(),
      client.fetchX509Bundles(),
      client.fetchJwtBundles(),
      client.fetchJwtSvids({ audience: 'a' }),
      client.validateJwtSvid({ token: 'a', audience: 'a' }),
    ]
    const outcomes = await Promise.allSettled(calls)
    client.close()
    server.close()
    rmSync(folder, { recursive: true })
    expect(outcomes.map((each) => each.status === 'rejected' && each.reason.code)).toEqual(
      calls.map(() => 'COMITY_WORKLOAD_API_UNSUPPORTED'),
    )
    expect(seen.map((headers) => headers[':path']).sort()).toEqual([
      '/SpiffeWorkloadAPI/FetchJWTBundles',
      '/SpiffeWorkloadAPI/FetchJWTSVID',
      '/SpiffeWorkloadAPI/FetchX509Bundles',
      '/SpiffeWorkloadAPI/FetchX509SVID',
      '/SpiffeWorkloadAPI/ValidateJWTSVID',
    ])
    for (const headers of seen) expect(headers['workload.spiffe.io']).toBe('true')
  })

  it('[F8] takes the address from the environment where none is given, and says so where there is none', async () => {
    await using endpoint = await startEndpoint()
    vi.stubEnv('SPIFFE_ENDPOINT_SOCKET', endpoint.api.address)
    await using client = createWorkloadApiClient()
    expect(names(await client.fetchX509Context())).toEqual(['/workload'])
    vi.stubEnv('SPIFFE_ENDPOINT_SOCKET', 'unix:///nowhere/agent.sock')
    await using explicit = createWorkloadApiClient({ address: endpoint.api.address })
    expect(names(await explicit.fetchX509Context())).toEqual(['/workload'])
    vi.stubEnv('SPIFFE_ENDPOINT_SOCKET', '')
    expect(() => createWorkloadApiClient()).toThrow(/SPIFFE_ENDPOINT_SOCKET/)
    expect(() => createWorkloadApiClient()).toThrow(
      expect.objectContaining({ code: 'COMITY_ENDPOINT_ADDRESS_INVALID' }),
    )
  })

  it.each([
    'https://127.0.0.1:1',
    'tcp://localhost:8000',
    'unix://host/p',
    'unix:p',
    '/run/agent.sock',
    'unix:///a\nb',
  ])('[F9] [F10] [F11] refuses the address %j before it opens anything', (address) => {
    expect(() => createWorkloadApiClient({ address })).toThrow(
      expect.objectContaining({ code: 'COMITY_ENDPOINT_ADDRESS_INVALID' }),
    )
  })

  it('[F11] goes to TCP at an IP address, and by no proxy', async () => {
    const seen: unknown[] = []
    const server = createServer().on('stream', (stream, headers) => {
      seen.push(headers[':path'])
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '7' },
        { endStream: true },
      )
    })
    vi.stubEnv('http_proxy', 'http://127.0.0.1:1')
    vi.stubEnv('grpc_proxy', 'http://127.0.0.1:1')
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    await using client = createWorkloadApiClient({ address: `tcp://127.0.0.1:${String(port)}` })
    await expect(client.fetchX509Context()).rejects.toMatchObject({ code: 'COMITY_WORKLOAD_API_DENIED' })
    client.close()
    server.close()
    expect(seen).toEqual(['/SpiffeWorkloadAPI/FetchX509SVID'])
  })

  it('[F15] [F18] [G1] surfaces InvalidArgument and Unimplemented, and does not ask again', async () => {
    await using endpoint = await startEndpoint()
    for (const [status, code] of [
      ['INVALID_ARGUMENT', 'COMITY_WORKLOAD_API_REFUSED'],
      ['UNIMPLEMENTED', 'COMITY_WORKLOAD_API_UNSUPPORTED'],
    ] as const) {
      endpoint.api.setFault({ status })
      for (const watch of [
        endpoint.client.watchX509Context(),
        endpoint.client.watchX509Bundles(),
        endpoint.client.watchJwtBundles(),
      ]) {
        await expect(iterate<unknown>(watch).next()).rejects.toMatchObject({ code })
      }
    }
    expect(endpoint.api.calls).toHaveLength(6)
  })

  it('[G1] uses one profile where the other is switched off', async () => {
    await using endpoint = await startEndpoint()
    endpoint.api.setFault({ status: 'UNIMPLEMENTED' }, 'FetchX509SVID')
    await expect(endpoint.client.fetchX509Context()).rejects.toMatchObject({
      code: 'COMITY_WORKLOAD_API_UNSUPPORTED',
    })
    expect(await endpoint.client.fetchJwtSvids({ audience: 'globex' })).toHaveLength(1)
  })

  it('gives a slow reader the newest and not every one', async () => {
    await using endpoint = await startEndpoint()
    const watch = iterate(endpoint.client.watchX509Context())
    await next(watch)
    for (const path of ['/1', '/2', '/3']) await endpoint.api.setWorkloads([{ path }])
    await endpoint.client.fetchX509Context()
    await vi.waitFor(async () => expect(names(await next(watch))).toEqual(['/3']))
  })

  it('ends calls when it is closed: fetches fail, watches end', async () => {
    await using endpoint = await startEndpoint()
    endpoint.api.setFault({ isSilent: true })
    const calls = [
      endpoint.client.fetchX509Context(),
      endpoint.client.fetchJwtSvids({ audience: 'globex' }),
    ] as Promise<unknown>[]
    const watch = iterate(endpoint.client.watchJwtBundles()).next()
    await vi.waitFor(() => expect(endpoint.api.calls).toHaveLength(3))
    endpoint.client.close()
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'COMITY_WORKLOAD_API_CLOSED' })
    await expect(watch).resolves.toEqual({ done: true, value: undefined })
    await expect(endpoint.client.fetchX509Context()).rejects.toMatchObject({
      code: 'COMITY_WORKLOAD_API_CLOSED',
    })
    await expect(iterate(endpoint.client.watchX509Context()).next()).resolves.toMatchObject({ done: true })
    await vi.waitFor(() => expect(endpoint.api.openStreams).toBe(0))
  })

  it('ends a watch in the middle of a wait when it is closed', async () => {
    const timers: Timers = { after: () => () => {}, every: () => () => {} }
    await using endpoint = await startEndpoint({}, timers)
    endpoint.api.setFault({ status: 'UNAVAILABLE' })
    const watch = iterate(endpoint.client.watchX509Context()).next()
    await vi.waitFor(() => expect(endpoint.reports).toHaveLength(2))
    endpoint.client.close()
    await expect(watch).resolves.toEqual({ done: true, value: undefined })
  })

  it('ends calls when the signal says so, with its reason', async () => {
    await using endpoint = await startEndpoint()
    endpoint.api.setFault({ isSilent: true })
    const giveUp = new AbortController()
    const { signal } = giveUp
    const calls = [
      endpoint.client.fetchX509Bundles({ signal }),
      endpoint.client.fetchJwtSvids({ audience: 'globex', signal }),
      iterate(endpoint.client.watchX509Context({ signal })).next(),
    ] as Promise<unknown>[]
    await vi.waitFor(() => expect(endpoint.api.calls).toHaveLength(3))
    giveUp.abort(new Error('enough'))
    for (const call of calls) await expect(call).rejects.toThrow('enough')
    await vi.waitFor(() => expect(endpoint.api.openStreams).toBe(0))
  })

  it('does not wait for an answer longer than it was told to', async () => {
    await using endpoint = await startEndpoint()
    endpoint.api.setFault({ isSilent: true })
    await using client = createWorkloadApiClient({ address: endpoint.api.address, timeoutMs: 20 })
    const failure = { code: 'COMITY_WORKLOAD_API_UNAVAILABLE', details: { status: 'DEADLINE_EXCEEDED' } }
    await expect(client.fetchX509Context()).rejects.toMatchObject(failure)
    await expect(client.fetchJwtSvids({ audience: 'globex' })).rejects.toMatchObject(failure)
    endpoint.api.setFault({ status: 'OK' })
    await expect(client.fetchX509Context()).rejects.toMatchObject({ details: { status: 'OK' } })
  })

  it('takes no more than 4 MiB', async () => {
    await using endpoint = await startEndpoint()
    endpoint.api.setFault({ bytes: new Uint8Array(4 * 1024 * 1024 + 1) })
    await expect(endpoint.client.fetchX509Context()).rejects.toMatchObject({
      code: 'COMITY_WORKLOAD_API_UNAVAILABLE',
      details: { status: 'RESOURCE_EXHAUSTED' },
    })
  })

  it('[G24] refuses an empty audience before it sends anything', async () => {
    await using endpoint = await startEndpoint()
    for (const audience of ['', [], ['globex', ''], Array.from({ length: 65 }, String)])
      await expect(endpoint.client.fetchJwtSvids({ audience })).rejects.toThrow(TypeError)
    for (const each of [
      { token: '', audience: 'globex' },
      { token: 'a.b.c', audience: '' },
    ])
      await expect(endpoint.client.validateJwtSvid(each)).rejects.toThrow(TypeError)
    expect(endpoint.api.calls).toEqual([])
  })

  it('[G32] has JWT-SVIDs validated, and gives what the endpoint says', async () => {
    await using endpoint = await startEndpoint()
    const token = await endpoint.authority.issueJwtSvid('/a', 'globex', {
      claims: { deep: { list: [1.5, null, true, 'x'], ['__proto__']: {} } },
    })
    const { id, claims } = await endpoint.client.validateJwtSvid({ token, audience: 'globex' })
    expect(id.uri).toBe('spiffe://acme.example/a')
    expect(claims['deep']).toEqual({ list: [1.5, null, true, 'x'], ['__proto__']: {} })
    await expect(endpoint.client.validateJwtSvid({ token, audience: 'initech' })).rejects.toMatchObject({
      code: 'COMITY_WORKLOAD_API_REFUSED',
    })
  })

  it('asks for the JWT-SVID of one identity', async () => {
    await using endpoint = await startEndpoint({ workloads: [{ path: '/a' }, { path: '/b', hint: 'b' }] })
    const id = parseSpiffeId('spiffe://acme.example/b')
    const svids = await endpoint.client.fetchJwtSvids({ audience: ['globex', 'initech'], id })
    expect(svids).toEqual([expect.objectContaining({ id, hint: 'b', audience: ['globex', 'initech'] })])
    await expect(
      endpoint.client.fetchJwtSvids({ audience: 'a', id: parseSpiffeId('spiffe://acme.example/c') }),
    ).rejects.toMatchObject({ code: 'COMITY_WORKLOAD_API_DENIED' })
  })

  it('has no secret of the server in its errors', async () => {
    await using endpoint = await startEndpoint()
    const token = await endpoint.authority.issueJwtSvid('/a', 'globex', { lifetime: -100 })
    const error: unknown = await endpoint.client
      .validateJwtSvid({ token, audience: 'globex' })
      .catch((reason: unknown) => reason)
    expect(JSON.stringify(error)).not.toContain(token.split('.')[1])
  })

  it.each([{ timeoutMs: 0 }, { timeoutMs: NaN }, { address: 'unix:/a', timeoutMs: 2 ** 31 }])(
    'refuses the options %j',
    (options) => {
      expect(() => createWorkloadApiClient(options)).toThrow(TypeError)
    },
  )
})
