import { describe, expect, it } from 'vitest'
import { createDidDocument, createWebDid, deactivateWebDid } from '../../src/did/index.ts'
import { createHost } from '../../src/gateway/index.ts'
import { generateSigner } from '../../src/keys/index.ts'

const { publicJwk: jwk } = await generateSigner({ alg: 'Ed25519' })
const origin = 'https://acme.example'
const didDocuments = [
  createDidDocument({
    did: 'did:web:acme.example',
    keys: [{ fragment: '#key-1', jwk, relationships: ['authentication'] }],
  }),
]

async function cachingOf(options: { documentSeconds?: number }): Promise<string | null | undefined> {
  const host = createHost({ origin, didDocuments, ...options })
  const response = await host.handle(new Request(`${origin}/.well-known/did.json`))
  return response?.headers.get('cache-control')
}

describe('a host says for how long its DID documents may be kept', () => {
  it.each([
    [{}, 'no-cache'],
    [{ documentSeconds: 0 }, 'no-cache'],
    [{ documentSeconds: 60 }, 'max-age=60'],
  ])('%j: %s', async (options, expected) => {
    expect(await cachingOf(options)).toBe(expected)
  })

  it.each([-1, 301, 1.5, NaN])('not for %d seconds', (documentSeconds) => {
    expect(() => createHost({ origin, documentSeconds })).toThrow(TypeError)
  })
})

describe('a host serves files', () => {
  const file = { path: '/trust-list.jwt', contentType: 'application/vc+jwt', body: 'a.b.c' }
  const get = async (host: ReturnType<typeof createHost>, method = 'GET') =>
    host.handle(new Request(`${origin}/trust-list.jwt`, { method }))

  it('as they are, and replaces them', async () => {
    const host = createHost({ origin, files: [file] })
    const response = await get(host)
    expect(response?.headers.get('content-type')).toBe('application/vc+jwt')
    expect(response?.headers.get('cache-control')).toBe('no-cache')
    expect(await response?.text()).toBe('a.b.c')
    host.publishFile({ ...file, body: 'd.e.f' })
    expect(await (await get(host))?.text()).toBe('d.e.f')
    expect(await (await get(host, 'HEAD'))?.text()).toBe('')
    expect((await get(host, 'POST'))?.status).toBe(405)
  })

  it.each(['trust-list.jwt', '/a/../b', '/a?b', '/a#b', '/a b', '', '/comity/events'])(
    'not at the path %o',
    (path) => {
      expect(() => createHost({ origin, files: [{ ...file, path }] })).toThrow(TypeError)
    },
  )
})

describe('a host says by what it serves whether a client has it already', () => {
  const url = `${origin}/.well-known/did.json`
  const host = createHost({ origin, didDocuments, documentSeconds: 60 })
  const get = async (headers: Record<string, string> = {}, method = 'GET') =>
    (await host.handle(new Request(url, { headers, method })))!

  it('with an entity tag, and 304 without a body', async () => {
    const etag = (await get()).headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[A-Za-z0-9_-]{43}"$/)
    for (const named of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const response = await get({ 'if-none-match': named })
      expect([response.status, await response.text()]).toEqual([304, ''])
      expect(response.headers.get('etag')).toBe(etag)
      expect(response.headers.get('cache-control')).toBe('max-age=60')
    }
    expect((await get({ 'if-none-match': etag }, 'HEAD')).status).toBe(304)
    expect((await get({}, 'HEAD')).headers.get('etag')).toBe(etag)
  })

  it.each(['"other"', '', 'other', '"', ','])('and the whole for who names %j', async (named) => {
    expect((await get({ 'if-none-match': named })).status).toBe(200)
  })

  it('with another tag for another document', async () => {
    const before = (await get()).headers.get('etag') ?? ''
    host.publishDocument({ ...didDocuments[0], alsoKnownAs: ['https://acme.example'] })
    expect((await get({ 'if-none-match': before })).status).toBe(200)
  })
})

describe('a host serves the files of DIDs', () => {
  const location = `${origin}/agents/invoices`
  const keys = [{ fragment: '#key-1', jwk, relationships: ['authentication'] as const }]

  it('of a did:web until it is deactivated, with 410 from then on', async () => {
    const { did, files } = createWebDid({ location, keys })
    const host = createHost({ origin, files })
    const get = async () => host.handle(new Request(`${location}/did.json`))
    expect(await (await get())?.json()).toMatchObject({ id: did })
    for (const path of deactivateWebDid(did).gone) host.withdraw(path)
    const response = await get()
    expect([response?.status, response?.headers.get('cache-control')]).toEqual([410, 'no-cache'])
  })

  it('by their own media types, as a did:webvh has them', async () => {
    const files = [
      { path: '/agents/invoices/did.jsonl', contentType: 'text/jsonl', body: '{}\n' },
      { path: '/agents/invoices/did-witness.json', contentType: 'application/json', body: '[]' },
    ]
    const host = createHost({ origin, files })
    for (const { path, contentType, body } of files) {
      const response = await host.handle(new Request(`${origin}${path}`))
      expect(response?.headers.get('content-type')).toBe(contentType)
      expect(await response?.text()).toBe(body)
    }
  })

  it('that are kept elsewhere, where it has none itself', async () => {
    const body = 'of the store'
    const findFile = async (path: string) => {
      if (path === '/gone/did.json') return 'gone' as const
      return path === '/.well-known/did.json' || path === '/kept'
        ? { path, contentType: 'text/plain', body }
        : undefined
    }
    const host = createHost({ origin, didDocuments, findFile })
    const get = async (path: string) => host.handle(new Request(`${origin}${path}`))
    expect(await (await get('/kept'))?.text()).toBe(body)
    expect(await (await get('/.well-known/did.json'))?.json()).toMatchObject({ id: 'did:web:acme.example' })
    expect((await get('/gone/did.json'))?.status).toBe(410)
    expect(await get('/other')).toBeUndefined()
  })

  it.each(['', 'text', 'text/plain; charset=utf-8', 'text/plain\r\nx: y'])(
    'not by the media type %j',
    (contentType) => {
      expect(() => createHost({ origin, files: [{ path: '/a', contentType, body: '' }] })).toThrow(TypeError)
    },
  )

  it('not by another path than URLs have', () => {
    const host = createHost({ origin })
    for (const path of ['a', '/a/../b', '//a', '/comity/events']) {
      expect(() => {
        host.withdraw(path)
      }).toThrow(TypeError)
    }
  })
})
