import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveHttps, type HttpsServer } from '../../src/adapters/node/index.ts'
import { createBundleSet, formatPem, type X509Svid } from '../../src/spiffe/index.ts'
import { createSpiffeAuthority, type SpiffeAuthority } from '../../src/testing/index.ts'
import { createCertificateAuthority } from '../support/certificate-authority.ts'

/** A server of the web that asks clients for an SVID. */

let acme: SpiffeAuthority
let globex: SpiffeAuthority
let ca: string
let server: HttpsServer
let requests = 0

beforeAll(async () => {
  acme = await createSpiffeAuthority('acme.example')
  globex = await createSpiffeAuthority('globex.example')
  const authority = await createCertificateAuthority()
  ca = authority.ca
  server = await serveHttps({
    ...(await authority.issue()),
    port: 0,
    clientSvids: { bundles: createBundleSet([acme.bundle()]) },
    handler: (_request, { channel }) => {
      requests += 1
      const exported = channel?.exportKeyingMaterial(4, 'EXPORTER-test', new Uint8Array([7]))
      return Promise.resolve(
        Response.json({
          id: channel?.peerSvid?.id.uri ?? null,
          exported: exported === undefined ? null : Buffer.from(exported).toString('hex'),
        }),
      )
    },
  })
})
afterAll(async () => server.close())

const certificateOf = ({ chain, privateKey }: X509Svid): ConnectionOptions => ({
  cert: chain.map(({ der }) => formatPem('CERTIFICATE', der)).join(''),
  key: formatPem('PRIVATE KEY', privateKey),
})

/** Sends one request, and says what the handler saw; undefined where the connection was ended instead. */
async function ask(
  options: ConnectionOptions,
  onSocket: (socket: TLSSocket) => void = () => undefined,
): Promise<{ id: string | null; exported: string | null } | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: server.port, servername: 'localhost', ca, ...options })
    let text = ''
    socket.setEncoding('utf8').on('data', (piece: string) => (text += piece))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      const body = /\{.*\}/.exec(text)?.[0]
      resolve(
        body === undefined ? undefined : (JSON.parse(body) as { id: string | null; exported: string | null }),
      )
    })
    onSocket(socket)
    socket.write('GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')
  })
}

describe('a client', () => {
  it('without a certificate goes on', async () => {
    expect(await ask({})).toMatchObject({
      id: null,
      exported: expect.stringMatching(/^[0-9a-f]{8}$/) as string,
    })
  })

  it('with an SVID that verifies is known by it, and both ends export the same', async () => {
    let socket: TLSSocket | undefined
    const svid = await acme.issueX509Svid('/agents/ledger')
    let own: string | undefined
    const seen = await ask(certificateOf(svid), (made) => {
      socket = made
      made.once('secureConnect', () => {
        own = made.exportKeyingMaterial(4, 'EXPORTER-test', Buffer.from([7])).toString('hex')
      })
    })
    expect(socket?.getProtocol).toBeDefined()
    expect(seen).toEqual({ id: 'spiffe://acme.example/agents/ledger', exported: own })
  })

  it.each<[string, () => Promise<X509Svid>]>([
    ['of a trust domain that is not known', () => globex.issueX509Svid('/agents/ledger')],
    [
      'of an authority that only has the name',
      async () => (await createSpiffeAuthority('acme.example')).issueX509Svid('/agents/ledger'),
    ],
    ['that has expired', () => acme.issueX509Svid('/agents/ledger', { lifetime: -60 })],
  ])('with an SVID %s is refused before HTTP', async (_name, issue) => {
    const before = requests
    expect(await ask(certificateOf(await issue()))).toBeUndefined()
    expect(requests).toBe(before)
  })

  it('with a certificate of the web, which is no SVID, is refused', async () => {
    const before = requests
    expect(await ask(await (await createCertificateAuthority()).issue())).toBeUndefined()
    expect(requests).toBe(before)
  })

  it('on TLS 1.2 has no channel, whatever it shows', async () => {
    const svid = await acme.issueX509Svid('/agents/ledger')
    expect(await ask({ ...certificateOf(svid), maxVersion: 'TLSv1.2' })).toEqual({ id: null, exported: null })
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('does not resume a session (%s)', async (version) => {
    const svid = await acme.issueX509Svid('/agents/ledger')
    const options = { ...certificateOf(svid), minVersion: version, maxVersion: version }
    let session: Buffer | undefined
    await ask(options, (socket) => socket.on('session', (next: Buffer) => (session = next)))
    let isReused = false
    const again = session === undefined ? {} : { session }
    await ask({ minVersion: version, maxVersion: version, ...again }, (socket) =>
      socket.once('secureConnect', () => (isReused = socket.isSessionReused())),
    )
    expect(isReused).toBe(false)
  })
})
