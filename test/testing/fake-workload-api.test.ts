import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Client, credentials, Metadata, status, type MethodDefinition } from '@grpc/grpc-js'
import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { workloadApiService } from '../../src/spiffe/workload-api.ts'
import {
  createSpiffeAuthority,
  startFakeWorkloadApi,
  type FakeWorkloadApi,
  type SpiffeAuthority,
} from '../../src/testing/index.ts'

interface Svid {
  readonly spiffeId: string
  readonly x509Svid: Buffer
  readonly x509SvidKey: Buffer
  readonly bundle: Buffer
  readonly svid: string
  readonly hint: string
}

/** The fields of all answers. */
interface Answer {
  readonly svids: Svid[]
  readonly bundles: Record<string, Buffer>
  readonly federatedBundles: object
  readonly spiffeId: string
  readonly claims: { readonly fields: Record<string, unknown> }
}

type Method = MethodDefinition<object, Answer>

let authority: SpiffeAuthority
let api: FakeWorkloadApi
let client: Client

beforeEach(async () => {
  authority = await createSpiffeAuthority('acme.example')
  const globex = await createSpiffeAuthority('globex.example')
  const workloads = [{ path: '/a' }, { path: '/b', hint: 'b' }]
  api = await startFakeWorkloadApi({ authority, workloads, federatedBundles: [globex.bundle()] })
  client = new Client(api.address, credentials.createInsecure())
})
afterEach(async () => {
  client.close()
  await api.close()
})

const header = (value?: string) => {
  const metadata = new Metadata()
  if (value !== undefined) metadata.set('workload.spiffe.io', value)
  return metadata
}

/** Calls a method by its bare definition: with gRPC itself, and nothing of the client that is tested elsewhere. */
function call(name: string, request: object = {}, metadata = header('true')): Promise<Answer> {
  const { path, requestSerialize, responseDeserialize, responseStream } = workloadApiService[
    name
  ] as unknown as Method
  return new Promise((resolve, reject) => {
    if (!responseStream) {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        (error, answer) => (error ? reject(error) : resolve(answer!)),
      )
      return
    }
    const stream = client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadata,
    )
    stream.on('error', reject).once('data', (answer: Answer) => {
      resolve(answer)
      stream.cancel()
    })
  })
}

const METHODS = ['FetchX509SVID', 'FetchX509Bundles', 'FetchJWTBundles', 'FetchJWTSVID', 'ValidateJWTSVID']
const requestOf = (name: string) =>
  name === 'FetchJWTSVID' ? { audience: ['globex'] } : { audience: 'globex', svid: 'a.b.c' }

describe('the fake Workload API', () => {
  it('[F3] [F12] is at a unix socket in a folder of its own, asks for no certificate, and takes both away', async () => {
    const path = api.address.slice('unix://'.length)
    expect(statSync(path).isSocket()).toBe(true)
    expect(statSync(dirname(path)).mode & 0o077).toBe(0)
    await call('FetchX509SVID')
    await api.close()
    expect(existsSync(dirname(path))).toBe(false)
  })

  it('[F4] [F14] is at no TCP port, and gives its identities to a caller that says nothing of itself', async () => {
    expect(api.address).toMatch(/^unix:/)
    const tcp = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap')
    const before = tcp()
    await using other = await startFakeWorkloadApi({ authority })
    expect(tcp()).toEqual(before)
    expect(other.address).toMatch(/^unix:/)
    expect((await call('FetchX509SVID', {})).svids.map(({ spiffeId }) => spiffeId)).toEqual([
      'spiffe://acme.example/a',
      'spiffe://acme.example/b',
    ])
  })

  it('starts at a path that it is given', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'comity-'))
    const socketPath = join(folder, 's')
    for (let time = 0; time < 2; time += 1) {
      await using other = await startFakeWorkloadApi({ authority, socketPath })
      expect(other.address).toBe(`unix://${socketPath}`)
    }
    rmSync(folder, { recursive: true })
    await expect(startFakeWorkloadApi({ authority, socketPath: '/'.padEnd(108, 'x') })).rejects.toThrow(
      TypeError,
    )
  })

  it.each(METHODS)('[F6] refuses %s without the exact security header', async (name) => {
    for (const value of [undefined, 'TRUE', 'false', '', '1'])
      await expect(call(name, requestOf(name), header(value))).rejects.toMatchObject({
        code: status.INVALID_ARGUMENT,
        details: 'security header missing from request',
      })
    expect(api.calls).toHaveLength(5)
  })

  it('[F17] [G21] denies a caller that it has no identity for', async () => {
    await api.setWorkloads([])
    for (const name of METHODS)
      await expect(call(name, requestOf(name))).rejects.toMatchObject({ code: status.PERMISSION_DENIED })
  })

  it('[F19] [G2] [G37] has the five methods of the specification, and answers others as unimplemented', async () => {
    expect(Object.keys(workloadApiService).sort()).toEqual([...METHODS].sort())
    for (const path of [
      '/SpiffeWorkloadAPI/FetchWITSVID',
      '/SpiffeWorkloadAPI/FetchWITBundles',
      '/Other/Call',
    ]) {
      const answer = new Promise((resolve, reject) => {
        const asIs = (bytes: Buffer) => bytes
        client.makeUnaryRequest(path, asIs, asIs, Buffer.alloc(0), header('true'), (error, bytes) =>
          error ? reject(error) : resolve(bytes),
        )
      })
      await expect(answer).rejects.toMatchObject({ code: status.UNIMPLEMENTED })
    }
  })

  it('[G6] [G7] [G8] answers a stream at once with all there is, and again when something changes', async () => {
    const { path, requestSerialize, responseDeserialize } = workloadApiService[
      'FetchX509SVID'
    ] as unknown as Method
    const stream = client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      {},
      header('true'),
    )
    const answers: Answer[] = []
    stream.on('data', (answer: Answer) => answers.push(answer)).on('error', () => {})
    await vi.waitFor(() => expect(answers).toHaveLength(1))
    await api.setWorkloads([{ path: '/c' }])
    await vi.waitFor(() => expect(answers).toHaveLength(2))
    api.setFederatedBundles([])
    await vi.waitFor(() => expect(answers).toHaveLength(3))
    const seen = answers.map(({ svids, federatedBundles }) => [
      svids.map(({ spiffeId }) => spiffeId),
      Object.keys(federatedBundles),
    ])
    expect(seen).toEqual([
      [['spiffe://acme.example/a', 'spiffe://acme.example/b'], ['spiffe://globex.example']],
      [['spiffe://acme.example/c'], ['spiffe://globex.example']],
      [['spiffe://acme.example/c'], []],
    ])
    stream.cancel()
  })

  it('[G11] refuses requests without what is mandatory', async () => {
    for (const [name, request] of [
      ['FetchJWTSVID', {}],
      ['FetchJWTSVID', { audience: [''] }],
      ['ValidateJWTSVID', { svid: 'a.b.c' }],
      ['ValidateJWTSVID', { audience: 'globex' }],
    ] as const)
      await expect(call(name, request)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT })
  })

  it('[G18] [G19] gives each SVID with all that belongs to it, the default one first, with hints that differ', async () => {
    const { svids } = await call('FetchX509SVID')
    expect(svids.map(({ hint }) => hint)).toEqual(['', 'b'])
    for (const each of svids)
      for (const field of ['spiffeId', 'x509Svid', 'x509SvidKey', 'bundle'] as const)
        expect(each[field].length).toBeGreaterThan(0)
    const twice = [
      { path: '/a', hint: 'x' },
      { path: '/b', hint: 'x' },
    ]
    await expect(api.setWorkloads(twice)).rejects.toThrow(TypeError)
    await expect(startFakeWorkloadApi({ authority, workloads: twice })).rejects.toThrow(TypeError)
  })

  it('[G23] [G28] has its own trust domain in both maps of bundles, and keys without another use', async () => {
    const domains = ['spiffe://acme.example', 'spiffe://globex.example']
    expect(Object.keys((await call('FetchX509Bundles')).bundles).sort()).toEqual(domains)
    const { bundles } = await call('FetchJWTBundles')
    expect(Object.keys(bundles).sort()).toEqual(domains)
    const { keys } = JSON.parse(bundles['spiffe://acme.example']!.toString())
    expect(keys).toEqual([
      { kty: 'EC', crv: 'P-256', x: expect.any(String), y: expect.any(String), kid: expect.any(String) },
    ])
  })

  it('[G25] [G26] gives JWT-SVIDs for all identities, or for the one that is asked for', async () => {
    const ask = async (spiffeId: string) =>
      (await call('FetchJWTSVID', { audience: ['x', 'y'], spiffeId }))['svids']
    const all = await ask('')
    expect(all.map(({ spiffeId }) => spiffeId)).toEqual([
      'spiffe://acme.example/a',
      'spiffe://acme.example/b',
    ])
    for (const { spiffeId, svid } of all)
      expect(decodeJwt(svid)).toMatchObject({ sub: spiffeId, aud: ['x', 'y'] })
    expect(await ask('spiffe://acme.example/b')).toMatchObject([{ hint: 'b' }])
    await expect(ask('spiffe://acme.example/c')).rejects.toMatchObject({ code: status.PERMISSION_DENIED })
  })

  it('[G29] [G30] [G31] validates JWT-SVIDs as a verifier does, and gives their claims back', async () => {
    const validate = (svid: string) => call('ValidateJWTSVID', { audience: 'globex', svid })
    const token = await authority.issueJwtSvid('/x', 'globex', { claims: { n: 1 } })
    const { spiffeId, claims } = await validate(token)
    expect([spiffeId, claims.fields.n]).toEqual([
      'spiffe://acme.example/x',
      { kind: 'numberValue', numberValue: 1 },
    ])
    const rogue = await createSpiffeAuthority('acme.example')
    for (const bad of [
      'a.b.c',
      await authority.issueJwtSvid('/x', 'initech'),
      await authority.issueJwtSvid('/x', 'globex', { lifetime: -100 }),
      await rogue.issueJwtSvid('/x', 'globex'),
    ])
      await expect(validate(bad)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT })
  })

  it('goes wrong as it is told to, at one method or at all', async () => {
    api.setFault({ status: 'INTERNAL' }, 'FetchX509SVID')
    await expect(call('FetchX509SVID')).rejects.toMatchObject({ code: status.INTERNAL })
    await expect(call('FetchX509Bundles')).resolves.toBeDefined()
    api.setFault({ bytes: new Uint8Array([0x12, 1, 7]) }, 'FetchX509SVID')
    await expect(call('FetchX509SVID')).resolves.toMatchObject({ svids: [], crl: [Buffer.from([7])] })
    api.setFault(undefined, 'FetchX509SVID')
    await expect(call('FetchX509SVID')).resolves.toBeDefined()
    api.setFault({ status: 'UNAVAILABLE' })
    for (const name of METHODS)
      await expect(call(name, requestOf(name))).rejects.toMatchObject({ code: status.UNAVAILABLE })
    api.setFault(undefined)
    await expect(call('FetchX509Bundles')).resolves.toBeDefined()
  })

  it('loads gRPC only when it is started', async () => {
    const { readFileSync } = await import('node:fs')
    const folder = new URL('../../src/testing/', import.meta.url)
    // What index.ts reaches without a dynamic import.
    const seen = new Set<string>()
    const visit = (url: URL): void => {
      if (seen.has(url.href)) return
      seen.add(url.href)
      const text = readFileSync(url, 'utf8')
      for (const [statement, name = ''] of text.matchAll(/^(?:import|export)[^;'"]*?from '([^']+)'/gms)) {
        if (/^(import|export) type/.test(statement)) continue
        if (name.startsWith('.')) visit(new URL(name, url))
        else expect(name).not.toMatch(/grpc/)
      }
    }
    visit(new URL('index.ts', folder))
    expect([...seen].some((href) => href.endsWith('fake-workload-api.ts'))).toBe(true)
    expect([...seen].some((href) => href.endsWith('fake-workload-api-server.ts'))).toBe(false)
  })
})
