import { describe, expect, it } from 'vitest'
import { createFetchBudget } from '../../src/net/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { fetchFor, startServer } from './support.ts'

describe('a server that redirects', () => {
  const to = (location: string, status = 302) =>
    startServer((_request, response) => response.writeHead(status, { location }).end())

  it.each([301, 302, 303, 307, 308])('with %i is not followed', async (status) => {
    const server = await to('/elsewhere', status)
    expect(await codeOfPromise(() => fetchFor([server])(server.origin))).toBe('COMITY_NET_REDIRECT')
    expect(server.connections()).toBe(1)
  })

  it('is followed within its origin when asked, and counted', async () => {
    const server = await startServer((request, response) => {
      if (request.url === '/end') response.end('here')
      else response.writeHead(302, { location: 'end' }).end()
    })
    const budget = createFetchBudget({ requests: 10, bytes: 1000, timeoutMs: 5000 })
    const answer = await fetchFor([server])(server.origin, { redirect: 'same-origin', budget })
    expect(answer.url).toBe(`${server.origin}/end`)
    expect(budget.requests).toBe(8)
  })

  it('three times is followed, four times is not, and neither is a loop', async () => {
    const server = await startServer((request, response) => {
      const left = Number(request.url?.slice(1))
      if (left === 0) response.end('here')
      else response.writeHead(307, { location: left === 9 ? '/9' : `/${String(left - 1)}` }).end()
    })
    const fetch = fetchFor([server])
    const code = (path: string) =>
      codeOfPromise(() => fetch(server.origin + path, { redirect: 'same-origin' }))
    expect(await code('/3')).toBeUndefined()
    expect(await code('/4')).toBe('COMITY_NET_REDIRECT')
    expect(await code('/9')).toBe('COMITY_NET_REDIRECT')
  })

  it.each([
    ['to another host', 'https://acme.example/', 'COMITY_NET_REDIRECT'],
    ['to http', 'http://localhost/', 'COMITY_NET_URL_NOT_ALLOWED'],
    ['to another port', 'https://localhost:1/', 'COMITY_NET_ADDRESS_NOT_ALLOWED'],
    ['to a metadata service', 'https://169.254.169.254/', 'COMITY_NET_ADDRESS_NOT_ALLOWED'],
    ['with user information', 'https://user@localhost/', 'COMITY_NET_URL_NOT_ALLOWED'],
    ['to a file', 'file:///etc/passwd', 'COMITY_NET_URL_NOT_ALLOWED'],
    ['to nowhere', 'https://', 'COMITY_NET_REDIRECT'],
  ])('%s is never followed', async (_name, location, code) => {
    const server = await to(location)
    const request = { redirect: 'same-origin' } as const
    expect(await codeOfPromise(() => fetchFor([server])(server.origin, request))).toBe(code)
  })

  it('a POST is not followed even within its origin', async () => {
    const server = await to('/again', 307)
    const budget = createFetchBudget({ requests: 10, bytes: 1000, timeoutMs: 5000 })
    const request = { method: 'POST', body: 'x', redirect: 'same-origin', budget } as const
    expect(await codeOfPromise(() => fetchFor([server])(server.origin, request))).toBe('COMITY_NET_REDIRECT')
    expect(budget.requests).toBe(9)
  })
})
