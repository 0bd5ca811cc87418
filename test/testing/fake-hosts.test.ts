import { get, request as send, type RequestOptions } from 'node:https'
import { connect } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { createDidResolver } from '../../src/did/index.ts'
import { createGuardedFetch, insecureAllowLoopback } from '../../src/net/index.ts'
import { createBundleSet, parseTrustBundle, verifyX509Svid } from '../../src/spiffe/index.ts'
import {
  createCertificateAuthority,
  createSpiffeAuthority,
  startFakeBundleEndpoint,
  startFakeDidHost,
} from '../../src/testing/index.ts'

interface Answer {
  readonly status: number | undefined
  readonly type: string | undefined
  readonly body: string
}

/** Fetches by Node's own client, with full verification. */
function fetchText(url: string, ca: string | undefined, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = (options.method === undefined ? get : send)(
      url,
      { agent: false, ...(ca !== undefined && { ca }), ...options },
      (response) => {
        let body = ''
        response.on('data', (chunk: Buffer) => (body += chunk.toString()))
        response.on('end', () =>
          resolve({ status: response.statusCode, type: response.headers['content-type'], body }),
        )
      },
    )
    request.on('error', reject).end()
  })
}

describe('the fake bundle endpoint', () => {
  it('gives the bundle of its authority out as it is, by a certificate for localhost', async () => {
    const authority = await createSpiffeAuthority('acme.example')
    await using endpoint = await startFakeBundleEndpoint({ authority })
    const fetched = async () =>
      parseTrustBundle(authority.trustDomain, (await fetchText(endpoint.url, endpoint.ca)).body)
    expect(await fetched()).toEqual(authority.bundle())
    await authority.rotate()
    expect((await fetched()).sequence).toBe(2n)
    expect([endpoint.requests, endpoint.endpointId]).toEqual([2, undefined])
    expect((await fetchText(`${endpoint.url}other`, endpoint.ca)).status).toBe(404)
    expect((await fetchText(endpoint.url, endpoint.ca, { method: 'POST' })).status).toBe(405)
    await expect(fetchText(endpoint.url, undefined)).rejects.toThrow()
  })

  it('shows an X.509-SVID of its authority for https_spiffe', async () => {
    const authority = await createSpiffeAuthority('acme.example')
    await using endpoint = await startFakeBundleEndpoint({ authority, profile: 'https_spiffe' })
    const port = Number(new URL(endpoint.url).port)
    const ca = authority.bundle().x509Authorities.map(({ der }) => pem(der))
    const leaf = await new Promise<Buffer>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, ca, checkServerIdentity: () => undefined }, () => {
        resolve(socket.getPeerCertificate().raw)
        socket.end()
      })
      socket.on('error', reject)
    })
    const bundles = createBundleSet([authority.bundle()])
    const { id } = await verifyX509Svid([leaf], { bundles, now: Date.now() / 1000 })
    expect([id, endpoint.ca]).toEqual([endpoint.endpointId, undefined])
  })

  it('answers as it is told to', async () => {
    const authority = await createSpiffeAuthority('acme.example')
    const certificateAuthority = await createCertificateAuthority()
    await using endpoint = await startFakeBundleEndpoint({ authority, certificateAuthority })
    expect(endpoint.ca).toBe(certificateAuthority.ca)
    endpoint.setAnswer({ status: 503, headers: { 'content-type': 'text/plain' }, body: 'no' })
    expect(await fetchText(endpoint.url, endpoint.ca)).toEqual({
      status: 503,
      type: 'text/plain',
      body: 'no',
    })
    endpoint.setAnswer(undefined)
    expect((await fetchText(endpoint.url, endpoint.ca)).status).toBe(200)
    await endpoint.close()
    await expect(fetchText(endpoint.url, endpoint.ca)).rejects.toThrow()
  })
})

describe('the fake host of DIDs', () => {
  it('publishes documents that a resolver finds', async () => {
    await using host = await startFakeDidHost()
    const fetch = createGuardedFetch({ ca: host.ca, [insecureAllowLoopback]: [host.origin] })
    for (const did of [host.did(), host.did('agents', 'ledger')]) {
      host.publish(did, { '@context': ['https://www.w3.org/ns/did/v1'], id: did })
      const resolver = createDidResolver({ fetch })
      expect((await resolver.resolve(did)).didDocument).toMatchObject({ id: did })
    }
    expect(host.requests).toEqual(['/.well-known/did.json', '/agents/ledger/did.json'])
    fetch.close()
    host.publish(host.did(), undefined)
    expect((await fetchText(`${host.origin}/.well-known/did.json`, host.ca)).status).toBe(404)
    expect(() => host.publish('did:web:acme.example', {})).toThrow(TypeError)
    expect(() => host.publish(`${host.did()}9`, {})).toThrow(TypeError)
  })

  it('serves whatever else belongs to them', async () => {
    await using host = await startFakeDidHost()
    host.serve('/bundle.json', { body: '{}' })
    expect(await fetchText(`${host.origin}/bundle.json`, host.ca)).toEqual({
      status: 200,
      type: 'application/json',
      body: '{}',
    })
    host.serve('/bundle.json', undefined)
    expect((await fetchText(`${host.origin}/bundle.json`, host.ca)).status).toBe(404)
  })
})

function pem(der: Uint8Array): string {
  const base64 = Buffer.from(der).toString('base64')
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`
}
