import { afterEach, describe, expect, it, vi } from 'vitest'
import { createCertificateAuthority } from '../support/certificate-authority.ts'
import { codeOfPromise } from '../support/codes.ts'
import { fetchFor, startPlainServer, startServer } from './support.ts'

describe('a server that is somebody else', () => {
  afterEach(() => vi.unstubAllEnvs())

  const ok = (_request: unknown, response: { end(): unknown }): void => void response.end()
  const day = 86_400_000

  it('has a certificate of an authority that is not trusted', async () => {
    const server = await startServer(ok)
    const { ca } = await createCertificateAuthority()
    expect(await codeOfPromise(() => fetchFor([server], { ca })(server.origin))).toBe('COMITY_NET_TLS')
    expect(await codeOfPromise(() => fetchFor([server], { ca: [] })(server.origin))).toBe('COMITY_NET_TLS')
  })

  it('has a certificate for another name', async () => {
    const server = await startServer(ok, { names: ['acme.example', 'localhost.acme.example'] })
    expect(await codeOfPromise(() => fetchFor([server])(server.origin))).toBe('COMITY_NET_TLS')
  })

  it('has a certificate for the name and not for the address', async () => {
    const server = await startServer(ok, { names: ['localhost'] }, '127.0.0.1')
    expect(await codeOfPromise(() => fetchFor([server])(server.origin))).toBe('COMITY_NET_TLS')
  })

  it.each([
    ['has a certificate that has expired', { notAfter: new Date(Date.now() - day / 2) }],
    ['has a certificate that is not valid yet', { notBefore: new Date(Date.now() + day) }],
  ])('%s', async (_name, leaf) => {
    const server = await startServer(ok, leaf)
    expect(await codeOfPromise(() => fetchFor([server])(server.origin))).toBe('COMITY_NET_TLS')
  })

  it('is refused also where Node was told to accept everybody', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    const server = await startServer(ok, { names: ['acme.example'] })
    const { ca } = await createCertificateAuthority()
    expect(await codeOfPromise(() => fetchFor([server])(server.origin))).toBe('COMITY_NET_TLS')
    expect(await codeOfPromise(() => fetchFor([server], { ca })(server.origin))).toBe('COMITY_NET_TLS')
  })

  it('does not speak TLS', async () => {
    const server = await startPlainServer()
    expect(await codeOfPromise(() => fetchFor([server])(server.origin))).toBe('COMITY_NET_TLS')
  })
})
