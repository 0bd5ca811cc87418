import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { createCertificateAuthority, type LeafOptions } from '../../src/testing/index.ts'

const HOUR = 3_600_000
const authority = await createCertificateAuthority()

/** What a TLS client says of a certificate: undefined where it trusts it. */
async function verdict(
  options: LeafOptions,
  client: { ca?: string; servername?: string } = {},
): Promise<unknown> {
  const server = createServer(await authority.issue(options)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = connect({ host: '127.0.0.1', port, ca: authority.ca, servername: 'localhost', ...client })
  const failure: unknown = await once(socket, 'secureConnect').then(
    () => undefined,
    (error: unknown) => error,
  )
  socket.destroy()
  server.close()
  return failure
}

describe('a certificate made on the spot', () => {
  it('is trusted for its names and addresses, by whoever trusts the root', async () => {
    expect(await verdict({})).toBeUndefined()
    expect(await verdict({}, { servername: '' })).toBeUndefined() // by address
    expect(await verdict({ names: ['acme.example'] }, { servername: 'acme.example' })).toBeUndefined()
  })

  it('is not trusted for any other name', async () => {
    expect(await verdict({}, { servername: 'acme.example' })).toHaveProperty(
      'code',
      'ERR_TLS_CERT_ALTNAME_INVALID',
    )
  })

  it('is not trusted by whoever trusts another root of the same name', async () => {
    const { ca } = await createCertificateAuthority()
    expect(await verdict({}, { ca })).toHaveProperty('code')
  })

  it('is not trusted outside its time', async () => {
    const past = { notBefore: new Date(Date.now() - 2 * HOUR), notAfter: new Date(Date.now() - HOUR) }
    expect(await verdict(past)).toHaveProperty('code', 'CERT_HAS_EXPIRED')
    const future = { notBefore: new Date(Date.now() + HOUR), notAfter: new Date(Date.now() + 2 * HOUR) }
    expect(await verdict(future)).toHaveProperty('code', 'CERT_NOT_YET_VALID')
  })
})
