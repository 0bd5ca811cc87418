import { describe, expect, it } from 'vitest'
import { PolicyError } from '../../src/errors/index.ts'
import { createCertificateAuthority } from '../support/certificate-authority.ts'
import { codeOfPromise } from '../support/codes.ts'
import { authority, fetchFor, startServer } from './support.ts'

const authorities = [authority.ca]
const pass = (): void => undefined

describe('a server that is judged by its certificates', () => {
  const start = async (names = ['other.example'], host?: string) => {
    const requests: string[] = []
    const server = await startServer(
      (request, response) => {
        requests.push(request.url ?? '')
        if (request.url === '/moved') response.writeHead(302, { location: '/here' })
        response.end('hello')
      },
      { names },
      host,
    )
    return { requests, server, fetch: fetchFor([server], { ca: [] }) }
  }

  it('[E37] needs no certificate for its host, and none of the roots of the web', async () => {
    const { fetch, server } = await start()
    const chains: (readonly Uint8Array[])[] = []
    const peer = { authorities, check: (chain: readonly Uint8Array[]) => void chains.push(chain) }
    expect((await fetch(server.origin, { peer })).status).toBe(200)
    expect(chains).toHaveLength(1)
    // The leaf, and the root that OpenSSL found.
    expect(chains[0]!.length).toBeGreaterThanOrEqual(1)
    expect(await codeOfPromise(() => fetch(server.origin))).toBe('COMITY_NET_TLS')
  })

  it('is refused before it has heard anything', async () => {
    const { fetch, requests, server } = await start()
    const check = (): void => {
      throw new PolicyError('COMITY_SPIFFE_ID_NOT_AUTHORIZED', 'somebody else')
    }
    const error: unknown = await fetch(server.origin, { peer: { authorities, check } }).catch(
      (e: unknown) => e,
    )
    expect(error).toMatchObject({
      code: 'COMITY_NET_TLS',
      cause: { code: 'COMITY_SPIFFE_ID_NOT_AUTHORIZED' },
      details: { reason: 'COMITY_SPIFFE_ID_NOT_AUTHORIZED' },
    })
    expect(requests).toEqual([])
  })

  it('is refused without one of the authorities, whatever the check says and whom else the fetch trusts', async () => {
    const { server } = await start(['localhost'])
    const fetch = fetchFor([server])
    expect((await fetch(server.origin)).status).toBe(200)
    const others = [(await createCertificateAuthority()).ca]
    for (const none of [others, []]) {
      expect(
        await codeOfPromise(() => fetch(server.origin, { peer: { authorities: none, check: pass } })),
      ).toBe('COMITY_NET_TLS')
    }
  })

  it('is judged for each request and each redirect, over connections of their own', async () => {
    const { fetch, server } = await start()
    let judged = 0
    const peer = { authorities, check: () => void (judged += 1) }
    await fetch(server.origin, { peer })
    await fetch(server.origin, { peer })
    expect([judged, server.connections()]).toEqual([2, 2])
    await fetch(`${server.origin}/moved`, { peer, redirect: 'same-origin' })
    expect([judged, server.connections()]).toEqual([4, 4])
    await Promise.all([fetch(server.origin, { peer }), fetch(server.origin, { peer })])
    expect(judged).toBe(6)
  })

  it('does not lend its connection to requests that judge otherwise, nor takes theirs', async () => {
    const { server } = await start(['localhost'])
    const fetch = fetchFor([server])
    await fetch(server.origin)
    const check = (): void => {
      throw new PolicyError('COMITY_SPIFFE_ID_NOT_AUTHORIZED', 'somebody else')
    }
    expect(await codeOfPromise(() => fetch(server.origin, { peer: { authorities, check } }))).toBe(
      'COMITY_NET_TLS',
    )
    const both = await Promise.allSettled([
      fetch(server.origin),
      fetch(server.origin, { peer: { authorities, check } }),
    ])
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  })

  it('is bound by all other limits', async () => {
    const { fetch, server } = await start()
    const peer = { authorities, check: pass }
    expect(await codeOfPromise(() => fetch(server.origin, { peer, maxBytes: 1 }))).toBe(
      'COMITY_NET_TOO_LARGE',
    )
    expect(await codeOfPromise(() => fetch(`${server.origin}/moved`, { peer }))).toBe('COMITY_NET_REDIRECT')
    expect(await codeOfPromise(() => fetch('https://10.0.0.1/', { peer }))).toBe(
      'COMITY_NET_ADDRESS_NOT_ALLOWED',
    )
    expect(await codeOfPromise(() => fetch('http://acme.example/', { peer }))).toBe(
      'COMITY_NET_URL_NOT_ALLOWED',
    )
  })
})
