import { describe, expect, it } from 'vitest'
import { BUNDLE_PATH, createHost, EVENTS_PATH, type GatewayLogEntry } from '../../src/gateway/index.ts'
import { parseTrustBundle } from '../../src/spiffe/index.ts'
import { createSpiffeAuthority } from '../../src/testing/index.ts'

const ORIGIN = 'https://acme.example'
const authority = await createSpiffeAuthority('acme.example')
const bundle = { getBundle: () => authority.bundle() }
const get = (path: string, init?: RequestInit): Request => new Request(`${ORIGIN}${path}`, init)

describe('the bundle of a host', () => {
  it('[E21] [E22] [E23] is the newest one, with a tag', async () => {
    const host = createHost({ origin: ORIGIN, bundles: [bundle] })
    const first = await host.handle(get(BUNDLE_PATH))
    expect(first?.status).toBe(200)
    expect(first?.headers.get('content-type')).toBe('application/json')
    expect(first?.headers.get('cache-control')).toBe('no-cache')
    const before = parseTrustBundle(authority.trustDomain, new Uint8Array(await first!.arrayBuffer()))
    expect(before.sequence).toBe(authority.bundle().sequence)
    const again = get(BUNDLE_PATH, { headers: { 'if-none-match': first!.headers.get('etag')! } })
    expect((await host.handle(again))?.status).toBe(304)
    await authority.rotate()
    const next = await host.handle(again)
    expect(next?.status).toBe(200)
    expect(parseTrustBundle(authority.trustDomain, await next!.text()).sequence).toBe(before.sequence! + 1n)
  })

  it('[E20] asks nobody who they are, and takes GET and HEAD only', async () => {
    const host = createHost({ origin: ORIGIN, bundles: [bundle] })
    expect((await host.handle(get(BUNDLE_PATH, { method: 'POST' })))?.status).toBe(405)
    const head = await host.handle(get(BUNDLE_PATH, { method: 'HEAD' }))
    expect([head?.status, await head?.text()]).toEqual([200, ''])
  })

  it('is not there where it cannot be had, or is nobody’s', async () => {
    const log: GatewayLogEntry[] = []
    const getBundle = () => {
      throw new Error('no SVID yet')
    }
    const host = createHost({ origin: ORIGIN, bundles: [{ getBundle }], log: (entry) => log.push(entry) })
    expect((await host.handle(get(BUNDLE_PATH)))?.status).toBe(503)
    expect(log).toEqual([{ level: 'error', event: 'bundle.unavailable', details: { error: 'Error' } }])
    expect(await createHost({ origin: ORIGIN }).handle(get(BUNDLE_PATH))).toBeUndefined()
  })

  it('has a path of its own', () => {
    const make = (...paths: string[]) =>
      createHost({ origin: ORIGIN, bundles: paths.map((path) => ({ ...bundle, path })) })
    expect(() => make('/a', '/b')).not.toThrow()
    for (const paths of [['/a', '/a'], ['a'], [EVENTS_PATH]]) expect(() => make(...paths)).toThrow(TypeError)
    const file = { path: '/a', contentType: 'application/json', body: '{}' }
    expect(() => make('/a').publishFile(file)).toThrow(TypeError)
  })
})
