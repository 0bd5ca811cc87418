import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { parseTrustDomain, verifyJwtSvid, verifyX509Svid } from '../../src/spiffe/index.ts'
import { createBundleSource, createJwtSource } from '../../src/spiffe/workload-api.ts'
import { createSpiffeAuthority, createTestClock, startFakeWorkloadApi } from '../../src/testing/index.ts'
import { startEndpoint } from './workload-api-support.ts'

const acme = parseTrustDomain('acme.example')
const globex = parseTrustDomain('globex.example')
const unavailable = (reason: string) =>
  expect.objectContaining({ code: 'COMITY_SVID_UNAVAILABLE', details: { reason } })

describe('a source of bundles', () => {
  it('[G13] [G33] has for each trust domain its own, for both kinds of SVID', async () => {
    const other = await createSpiffeAuthority('globex.example')
    await using endpoint = await startEndpoint({ federatedBundles: [other.bundle()] })
    await using source = await createBundleSource({ client: endpoint.client })
    const now = Date.now() / 1000
    const chain = (await other.issueX509Svid('/a')).chain.map(({ der }) => der)
    const token = await other.issueJwtSvid('/a', 'acme')
    const verify = () => [
      verifyX509Svid(chain, { bundles: source, now }),
      verifyJwtSvid(token, { bundles: source, audience: 'acme', now }),
    ]
    await Promise.all(verify())
    expect(source.bundles()).toHaveLength(2)
    endpoint.api.setFederatedBundles([])
    await vi.waitFor(() => expect(source.getBundle(globex)).toBeUndefined())
    for (const verification of verify())
      await expect(verification).rejects.toMatchObject({ code: 'COMITY_TRUST_DOMAIN_UNKNOWN' })
    // An authority that says to be of a trust domain that it is not of.
    const rogue = await createSpiffeAuthority('acme.example')
    const forged = (await rogue.issueX509Svid('/a')).chain.map(({ der }) => der)
    await expect(verifyX509Svid(forged, { bundles: source, now })).rejects.toMatchObject({
      code: 'COMITY_CERTIFICATE_PATH',
    })
  })

  it('[G1] makes do with one kind where the other is switched off, and fails where both are', async () => {
    await using endpoint = await startEndpoint()
    endpoint.api.setFault({ status: 'UNIMPLEMENTED' }, 'FetchJWTBundles')
    await using source = await createBundleSource({ client: endpoint.client })
    const bundle = source.getBundle(acme)!
    expect([bundle.x509Authorities.length, bundle.jwtAuthorities.size]).toEqual([1, 0])
    endpoint.api.setFault({ status: 'UNIMPLEMENTED' })
    await expect(createBundleSource({ client: endpoint.client })).rejects.toMatchObject({
      code: 'COMITY_WORKLOAD_API_UNSUPPORTED',
    })
  })

  it('[G22] has none when they are withdrawn, or it was closed', async () => {
    await using endpoint = await startEndpoint()
    const source = await createBundleSource({ client: endpoint.client })
    const heard = vi.fn()
    source.onUpdate(heard)
    await endpoint.api.setWorkloads([])
    await vi.waitFor(() => expect(source.bundles()).toEqual([]))
    expect(heard).toHaveBeenCalledTimes(2)
    await endpoint.api.setWorkloads([{ path: '/a' }])
    await vi.waitFor(() => expect(source.getBundle(acme)!.jwtAuthorities.size).toBe(1))
    source.close()
    expect(source.bundles()).toEqual([])
    await vi.waitFor(() => expect(endpoint.api.openStreams).toBe(0))
  })
})

describe('a source of JWT-SVIDs', () => {
  async function start() {
    const clock = createTestClock()
    const authority = await createSpiffeAuthority('acme.example', clock)
    const workloads = [
      { path: '/a', jwtLifetime: 100 },
      { path: '/b', jwtLifetime: 100, hint: 'b' },
    ]
    const endpoint = await startEndpoint({ authority, workloads, clock })
    const source = await createJwtSource({ client: endpoint.client, clock })
    const asked = () => endpoint.api.calls.filter((method) => method === 'FetchJWTSVID').length
    return {
      clock,
      endpoint,
      source,
      asked,
      async [Symbol.asyncDispose]() {
        source.close()
        await endpoint[Symbol.asyncDispose]()
      },
    }
  }

  it('gives an SVID again until half of its life is over, for the same request', async () => {
    await using world = await start()
    const { source, clock, asked } = world
    const first = await source.fetchJwtSvid({ audience: ['x', 'y'] })
    expect(first.id.path).toBe('/a')
    clock.advance(49)
    expect(await source.fetchJwtSvid({ audience: ['y', 'x'] })).toBe(first)
    expect(asked()).toBe(1)
    clock.advance(1)
    const second = await source.fetchJwtSvid({ audience: ['x', 'y'] })
    expect([second.expiresAt - first.expiresAt, asked()]).toEqual([50, 2])
    const other = await source.fetchJwtSvid({ audience: 'x' })
    expect(other.audience).toEqual(['x'])
    expect((await source.fetchJwtSvid({ audience: 'x', hint: 'b' })).id.path).toBe('/b')
    expect((await source.fetchJwtSvid({ audience: 'x', id: first.id })).id.path).toBe('/a')
    expect(asked()).toBe(5)
  })

  it('asks once for many who want the same at once', async () => {
    await using world = await start()
    const all = await Promise.all(
      Array.from({ length: 20 }, () => world.source.fetchJwtSvid({ audience: 'x' })),
    )
    expect([new Set(all).size, world.asked()]).toEqual([1, 1])
  })

  it('[G36] says that a hint is missing', async () => {
    await using world = await start()
    await expect(world.source.fetchJwtSvid({ audience: 'x', hint: 'c' })).rejects.toMatchObject({
      code: 'COMITY_SVID_HINT_UNKNOWN',
    })
    await expect(world.source.fetchJwtSvid({ audience: '' })).rejects.toThrow(TypeError)
  })

  it('keeps an SVID while the endpoint is away, until it expires', async () => {
    await using world = await start()
    const { source, clock, endpoint } = world
    const first = await source.fetchJwtSvid({ audience: 'x' })
    endpoint.api.setFault({ status: 'UNAVAILABLE' })
    clock.advance(99)
    expect(await source.fetchJwtSvid({ audience: 'x' })).toBe(first)
    clock.advance(1)
    await expect(source.fetchJwtSvid({ audience: 'x' })).rejects.toMatchObject({
      code: 'COMITY_WORKLOAD_API_UNAVAILABLE',
    })
    endpoint.api.setFault(undefined)
    expect((await source.fetchJwtSvid({ audience: 'x' })).expiresAt).toBe(first.expiresAt + 100)
  })

  it('[G22] gives no SVID any more that was withdrawn', async () => {
    await using world = await start()
    const { source, endpoint } = world
    await source.fetchJwtSvid({ audience: 'x' })
    await endpoint.api.setWorkloads([])
    await vi.waitFor(() => expect(source.bundles()).toEqual([]))
    await expect(source.fetchJwtSvid({ audience: 'x' })).rejects.toMatchObject({
      code: 'COMITY_WORKLOAD_API_DENIED',
    })
  })

  it('does not hand out what has expired already', async () => {
    await using world = await start()
    await world.endpoint.api.setWorkloads([{ path: '/a', jwtLifetime: -1 }])
    await expect(world.source.fetchJwtSvid({ audience: 'x' })).rejects.toThrow(unavailable('expired'))
  })

  it('gives up when the signal says so, and nothing after it was closed', async () => {
    await using world = await start()
    const { source, endpoint } = world
    endpoint.api.setFault({ isSilent: true }, 'FetchJWTSVID')
    const giveUp = new AbortController()
    const call = source.fetchJwtSvid({ audience: 'x', signal: giveUp.signal })
    giveUp.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
    source.close()
    await expect(source.fetchJwtSvid({ audience: 'x' })).rejects.toThrow(unavailable('closed'))
    expect([source.bundles(), source.getBundle(acme)]).toEqual([[], undefined])
  })
})

describe('a process', () => {
  const source = fileURLToPath(new URL('../../src/', import.meta.url))
  const run = (program: string, address: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const args = ['--import', 'tsx', '--conditions=comity-source', '--input-type=module', '-e', program]
      const child = spawn(process.execPath, args, {
        env: { ...process.env, SPIFFE_ENDPOINT_SOCKET: address },
      })
      let text = ''
      child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
      child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
      child.on('error', reject)
      child.on('exit', (code) => resolve(`${text.trim()} ${String(code)}`))
    })

  it('with closed sources exits by itself, and so does one that gave up on an agent that is not there', async () => {
    await using endpoint = await startEndpoint()
    const imports = `import * as api from '${source}spiffe/workload-api.ts'`
    const closed = `${imports}
      const sources = [await api.createX509Source(), await api.createJwtSource(), await api.createBundleSource()]
      await sources[1].fetchJwtSvid({ audience: 'x' })
      for (const each of sources) each.close()
      const client = api.createWorkloadApiClient()
      for await (const context of client.watchX509Context()) { console.log(context.svids[0].id.path); break }`
    expect(await run(closed, endpoint.api.address)).toBe('/workload 0')
    const givenUp = `${imports}
      const giveUp = new AbortController()
      setTimeout(() => giveUp.abort(), 50)
      await api.createX509Source({ signal: giveUp.signal }).catch(() => console.log('given up'))`
    expect(await run(givenUp, 'unix:/nowhere/agent.sock')).toBe('given up 0')
  })

  it('waits for an agent although it has nothing else to do', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'comity-'))
    const socketPath = join(folder, 'agent.sock')
    const program = `import { createX509Source } from '${source}spiffe/workload-api.ts'
      console.log('started')
      const source = await createX509Source({ backoff: { initialMs: 20, maxMs: 50 } })
      console.log(source.getX509Svid().id.path)
      source.close()`
    const outcome = run(program, `unix:${socketPath}`)
    await new Promise((resolve) => setTimeout(resolve, 2000)) // by then it would have ended
    await using api = await startFakeWorkloadApi({
      authority: await createSpiffeAuthority('acme.example'),
      socketPath,
    })
    expect(await outcome).toBe('started\n/workload 0')
    await api.close()
    rmSync(folder, { recursive: true })
  })
})
