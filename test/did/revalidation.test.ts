import { describe, expect, it, vi } from 'vitest'
import { readEntityTag, readMaxAge } from '../../src/did/cache-control.ts'
import { createWebMemory, type RememberedDocument } from '../../src/did/web-memory.ts'
import { createDidResolver } from '../../src/did/index.ts'
import { fetchFor, startServer } from '../net/support.ts'
import { codeOfPromise } from '../support/codes.ts'
import { documentOf } from './support.ts'

/** What the host was asked with. */
interface Asked {
  readonly ifNoneMatch: string | undefined
  readonly cacheControl: string | undefined
}

/** A host that knows entity tags, and a resolver with a clock that is turned by hand. */
async function startTagged() {
  const asked: Asked[] = []
  const server = await startServer((request, response) => {
    const { 'if-none-match': ifNoneMatch, 'cache-control': cacheControl } = request.headers
    asked.push({ ifNoneMatch, cacheControl })
    const { status, etag, headers, body, notModified } = host
    const isKnown = ifNoneMatch !== undefined && ifNoneMatch === etag
    if (isKnown) response.writeHead(304, notModified).end()
    else response.writeHead(status, { ...(etag !== undefined && { etag }), ...headers }).end(body)
  })
  const did = `did:web:localhost%3A${String(server.port)}`
  const host = {
    did,
    asked,
    status: 200,
    etag: '"1"' as string | undefined,
    headers: {} as Record<string, string>,
    notModified: {} as Record<string, string>,
    body: documentOf(did),
  }
  const clock = { seconds: 1_000_000, now: () => clock.seconds }
  const resolver = createDidResolver({ fetch: fetchFor([server]), clock })
  const keys = async (options = {}): Promise<(string | undefined)[]> =>
    (await resolver.resolveDocument(did, options)).authentication.map((kid) => kid.split('#')[1])
  return { host, clock, resolver, keys }
}

describe('a document whose time is over', () => {
  it('is asked for on condition that it has changed, and stays when it has not', async () => {
    const { host, clock, keys } = await startTagged()
    await keys()
    expect(host.asked).toEqual([{ ifNoneMatch: undefined, cacheControl: undefined }])
    clock.seconds += 61
    expect(await keys()).toEqual(['key-1'])
    expect(host.asked[1]?.ifNoneMatch).toBe('"1"')
    clock.seconds += 59
    expect(await keys()).toEqual(['key-1'])
    expect(host.asked).toHaveLength(2)
    clock.seconds += 2
    await keys()
    expect(host.asked).toHaveLength(3)
  })

  it('is replaced when it has', async () => {
    const { host, clock, keys } = await startTagged()
    await keys()
    Object.assign(host, { etag: '"2"', body: documentOf(host.did, '#key-2') })
    clock.seconds += 61
    expect(await keys()).toEqual(['key-2'])
    clock.seconds += 61
    expect(await keys()).toEqual(['key-2'])
    expect(host.asked.map(({ ifNoneMatch }) => ifNoneMatch)).toEqual([undefined, '"1"', '"2"'])
  })

  it('is asked for each time where its host wants that, and not sent again', async () => {
    const { host, keys } = await startTagged()
    host.headers = { 'cache-control': 'no-cache' }
    for (let round = 0; round < 3; round += 1) expect(await keys()).toEqual(['key-1'])
    expect(host.asked.map(({ ifNoneMatch }) => ifNoneMatch)).toEqual([undefined, '"1"', '"1"'])
  })

  it('is kept for as long as the new answer says, or else the old one did', async () => {
    const { host, clock, keys } = await startTagged()
    host.headers = { 'cache-control': 'max-age=10' }
    await keys()
    clock.seconds += 11
    await keys()
    clock.seconds += 11
    host.notModified = { 'cache-control': 'max-age=30' }
    await keys()
    expect(host.asked).toHaveLength(3)
    clock.seconds += 29
    await keys()
    expect(host.asked).toHaveLength(3)
  })

  it('is not used when its host does not answer, or fails', async () => {
    const { host, clock, keys } = await startTagged()
    await keys()
    clock.seconds += 61
    Object.assign(host, { etag: undefined, status: 503 })
    expect(await codeOfPromise(keys)).toBe('COMITY_DID_UNRESOLVABLE')
  })

  it.each([
    [410, 'COMITY_DID_DEACTIVATED'],
    [404, 'COMITY_DID_NOT_FOUND'],
  ])('is forgotten when the host answers %d', async (status, code) => {
    const { host, clock, keys } = await startTagged()
    await keys()
    clock.seconds += 61
    Object.assign(host, { status, etag: undefined })
    expect(await codeOfPromise(keys)).toBe(code)
    clock.seconds += 61
    Object.assign(host, { status: 200, etag: '"1"' })
    expect(await keys()).toEqual(['key-1'])
    expect(host.asked.at(-1)?.ifNoneMatch).toBeUndefined()
  })

  it('is had as a whole when it was invalidated, or must be fresh, and caches on the way look again', async () => {
    const { host, resolver, keys } = await startTagged()
    await keys()
    resolver.invalidate(host.did)
    host.body = documentOf(host.did, '#key-2')
    expect(await keys()).toEqual(['key-2'])
    expect(host.asked[1]).toEqual({ ifNoneMatch: undefined, cacheControl: 'no-cache' })
    expect(await keys({ fresh: true })).toEqual(['key-2'])
    expect(host.asked[2]).toEqual({ ifNoneMatch: undefined, cacheControl: 'no-cache' })
  })

  it('is asked for as usual once what was invalidated has come', async () => {
    const { host, clock, resolver, keys } = await startTagged()
    await keys()
    resolver.invalidate(host.did)
    host.status = 503
    await codeOfPromise(keys)
    host.status = 200
    clock.seconds += 3
    await keys()
    clock.seconds += 61
    await keys()
    expect(host.asked.map(({ cacheControl }) => cacheControl)).toEqual([
      undefined,
      'no-cache',
      undefined,
      undefined,
    ])
  })

  it('that nobody asked about on condition is not brought by a 304', async () => {
    const { host, keys } = await startTagged()
    host.status = 304
    expect(await codeOfPromise(keys)).toBe('COMITY_DID_UNRESOLVABLE')
  })

  it('that is malformed is not remembered', async () => {
    const { host, clock, keys } = await startTagged()
    host.body = '{}'
    expect(await codeOfPromise(keys)).toBe('COMITY_DID_DOCUMENT_INVALID')
    clock.seconds += 3
    host.body = documentOf(host.did)
    await keys()
    expect(host.asked[1]?.ifNoneMatch).toBeUndefined()
  })
})

describe('a DID that is deactivated', () => {
  it('cannot be used once the time of its document is over', async () => {
    const { host, clock, keys } = await startTagged()
    await keys()
    Object.assign(host, { status: 410, etag: undefined })
    clock.seconds += 59
    expect(await keys()).toEqual(['key-1'])
    clock.seconds += 1
    expect(await codeOfPromise(keys)).toBe('COMITY_DID_DEACTIVATED')
  })

  it('cannot be used at once when that is pushed', async () => {
    const { host, resolver, keys } = await startTagged()
    await keys()
    Object.assign(host, { status: 410, etag: undefined })
    resolver.invalidate(host.did)
    expect(await codeOfPromise(keys)).toBe('COMITY_DID_DEACTIVATED')
    const result = await resolver.resolve(host.did)
    expect(result).toMatchObject({ didDocument: null, didDocumentMetadata: { deactivated: true } })
  })

  it('is not asked about by many at once more than once', async () => {
    const { host, keys } = await startTagged()
    Object.assign(host, { status: 410, etag: undefined })
    const codes = await Promise.all(Array.from({ length: 20 }, () => codeOfPromise(keys)))
    expect(new Set(codes)).toEqual(new Set(['COMITY_DID_DEACTIVATED']))
    expect(host.asked).toHaveLength(1)
    await vi.waitFor(async () => expect(await codeOfPromise(keys)).toBe('COMITY_DID_DEACTIVATED'))
    expect(host.asked).toHaveLength(1)
  })
})

describe('headers', () => {
  it.each([
    [{}, undefined],
    [{ 'cache-control': '' }, undefined],
    [{ 'cache-control': 'max-age=60', age: '20' }, 40],
    [{ 'cache-control': 'max-age=60', age: '100' }, 0],
    [{ 'cache-control': 'max-age=60', age: 'old' }, 60],
    [{ 'cache-control': 'max-age' }, 0],
    [{ 'cache-control': 'max-age=' }, 0],
    [{ 'cache-control': 'max-age=1e3' }, 0],
    [{ 'cache-control': 'no-store-at-all, max-age=5' }, 5],
    [{ 'cache-control': 'No-Store' }, 0],
  ])('of %j allow %s seconds', (headers, expected) => {
    expect(readMaxAge(new Headers(headers))).toBe(expected)
  })

  it.each([
    ['"a"', '"a"'],
    ['W/"a"', 'W/"a"'],
    ['""', '""'],
    ['a', undefined],
    ['w/"a"', undefined],
    ['"a', undefined],
    ['"a"b"', undefined],
    ['"a", "b"', undefined],
    [`"${'a'.repeat(257)}"`, undefined],
  ])('with the tag %s', (etag, expected) => {
    expect(readEntityTag(new Headers({ etag }))).toBe(expected)
    expect(readEntityTag(new Headers())).toBeUndefined()
  })
})

describe('what is remembered', () => {
  const entry = (bytes: number): RememberedDocument => ({
    document: {},
    entityTag: '"1"',
    maxAge: undefined,
    bytes,
  })

  it('is bounded by number, and what was used the longest ago goes', () => {
    const memory = createWebMemory(2)
    for (const did of ['a', 'b']) memory.set(did, entry(1))
    memory.get('a')
    memory.set('c', entry(1))
    expect(['a', 'b', 'c'].map((did) => memory.get(did) !== undefined)).toEqual([true, false, true])
  })

  it('is bounded by size, and counts each document once', () => {
    const memory = createWebMemory(1_000_000)
    for (let round = 0; round < 1000; round += 1) memory.set('same', entry(65_536))
    for (let index = 0; index < 255; index += 1) memory.set(String(index), entry(65_536))
    expect(memory.get('same')).toBeDefined()
    memory.set('more', entry(65_536))
    expect(memory.get('0')).toBeUndefined()
    expect(memory.get('more')).toBeDefined()
    memory.delete('more')
    memory.delete('more')
    memory.set('again', entry(65_536))
    expect(memory.get('1')).toBeDefined()
  })
})
