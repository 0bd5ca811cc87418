import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { formatTrustBundle, parseTrustBundle, parseTrustDomain } from '../../src/spiffe/index.ts'
import {
  createSpiffeAuthority,
  startFakeBundleEndpoint,
  startFakeDidHost,
  startFakeWorkloadApi,
  type FakeBundleEndpoint,
  type FakeDidHost,
  type SpiffeAuthority,
} from '../../src/testing/index.ts'
import { comity } from './run-comity.ts'

let acme: SpiffeAuthority
let endpoint: FakeBundleEndpoint
let host: FakeDidHost
let folder: string
let network: string[]

beforeAll(async () => {
  vi.stubEnv('SPIFFE_ENDPOINT_SOCKET', '')
  folder = await mkdtemp(join(tmpdir(), 'comity-cli-'))
  // The name of the trust domain is that of the DID's host, which is one of the reasons to believe it.
  acme = await createSpiffeAuthority('localhost')
  endpoint = await startFakeBundleEndpoint({ authority: acme })
  host = await startFakeDidHost()
  await writeFile(join(folder, 'ca.pem'), `${endpoint.ca ?? ''}${host.ca}`)
  network = [
    '--ca',
    join(folder, 'ca.pem'),
    '--allow-loopback',
    new URL(endpoint.url).host,
    '--allow-loopback',
    new URL(host.origin).host,
  ]
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await endpoint.close()
  await host.close()
  await rm(folder, { recursive: true })
})

/** Publishes a DID that claims the trust domain. */
function claim(endpointOf: Readonly<Record<string, unknown>> = {}): string {
  const did = host.did('org')
  host.publish(did, {
    '@context': ['https://www.w3.org/ns/did/v1'],
    id: did,
    service: [
      {
        id: `${did}#spiffe`,
        type: 'SpiffeTrustDomain',
        serviceEndpoint: {
          trustDomain: acme.trustDomain.name,
          bundleEndpoint: endpoint.url,
          profile: 'https_web',
          ...endpointOf,
        },
      },
    ],
  })
  return did
}

const doctor = (...words: string[]) => comity('spiffe', 'doctor', ...words)

describe('comity spiffe doctor', () => {
  it('finds nothing wrong where nothing is', async () => {
    await using api = await startFakeWorkloadApi({ authority: acme })
    const { code, output } = await doctor(
      ...['--socket', api.address, '--did', claim(), ...network],
      ...['--endpoint', endpoint.url, '--trust-domain', 'localhost'],
    )
    expect(output).not.toContain('BAD')
    expect(output).toMatch(/ok {3}spiffe:\/\/localhost\/workload: is valid for 59 more minutes/)
    expect(output).toMatch(/ok {3}the bundle endpoint: answers for localhost/)
    expect(output).toMatch(/ok {3}the DID: claims the trust domain localhost/)
    expect(code).toBe(0)
  })

  it.each([
    ['no socket named', [], /none is named: set SPIFFE_ENDPOINT_SOCKET/],
    [
      'a socket that is not there',
      ['--socket', 'unix:///nowhere/agent.sock'],
      /is not there: does the agent run/,
    ],
    ['a malformed address', ['--socket', 'agent.sock'], /it is such as unix:\/\/\//],
    ['a file that is no socket', ['--socket', `unix://${import.meta.filename}`], /is no socket/],
  ])('says what is wrong with %s', async (_name, words, expected) => {
    const { code, output } = await doctor(...words)
    expect(output).toMatch(expected)
    expect(code).toBe(1)
  })

  it('says what is wrong with an agent', async () => {
    await using api = await startFakeWorkloadApi({ authority: acme })
    await api.setWorkloads([])
    expect((await doctor('--socket', api.address)).output).toMatch(
      /the agent: the agent knows no identity.*registration entry/,
    )
    await api.setWorkloads([{ path: '/workload', lifetime: 30 }])
    expect((await doctor('--socket', api.address)).output).toMatch(/BAD .*ends in less than a minute/)
    await api.setWorkloads([{ path: '/workload', lifetime: -60 }])
    expect((await doctor('--socket', api.address)).output).toMatch(/BAD .*has expired.*renew/)
    const { code, output } = await doctor('--socket', api.address, '--json')
    expect(code).toBe(1)
    expect(JSON.parse(output)).toMatchObject({
      ok: false,
      findings: [{ about: 'the socket', ok: true }, {}, { ok: false }, {}, {}],
    })
  })

  it('says what is wrong with an endpoint', async () => {
    const look = (...words: string[]) =>
      doctor('--endpoint', endpoint.url, '--trust-domain', 'localhost', ...words)
    expect((await look()).output).toMatch(/name it with --allow-loopback/)
    expect((await look('--allow-loopback', new URL(endpoint.url).host)).output).toMatch(
      /private root with --ca/,
    )
    endpoint.setAnswer({ status: 404 })
    expect((await look(...network)).output).toMatch(/answers with an error.*is the path right/)
    const { sequence: _sequence, refreshHint: _hint, ...rest } = acme.bundle()
    endpoint.setAnswer({ status: 200, body: formatTrustBundle(rest) })
    expect((await look(...network)).output).toMatch(/no `spiffe_sequence`.*\n.*no `spiffe_refresh_hint`/)
    endpoint.setAnswer({ status: 200, body: '{"keys":[]}' })
    expect((await look(...network)).output).toMatch(/is empty: nobody/)
    endpoint.setAnswer(undefined)
    expect((await doctor('--endpoint', endpoint.url)).code).toBe(2)
  })

  it('says what is wrong with a DID', async () => {
    expect((await doctor('--did', host.did('nobody'), ...network)).output).toMatch(/is it published/)
    const did = host.did('plain')
    host.publish(did, { '@context': ['https://www.w3.org/ns/did/v1'], id: did })
    expect((await doctor('--did', did, ...network)).output).toMatch(/has no service `SpiffeTrustDomain`/)
    expect((await doctor('--did', claim({ profile: 'http' }), ...network)).output).toMatch(/is malformed/)
  })
})

describe('comity spiffe federate', () => {
  it('learns a trust domain from a DID, says why, and writes its bundle', async () => {
    const out = join(folder, 'learned.json')
    const { code, output, errors } = await comity(
      'spiffe',
      'federate',
      claim(),
      '--out',
      out,
      '--pin',
      'localhost',
      ...network,
    )
    expect(errors).toBe('')
    expect(code).toBe(0)
    expect(output).toContain('believed: you pinned it to did:web:localhost')
    const bundle = parseTrustBundle(parseTrustDomain('localhost'), await readFile(out, 'utf8'))
    expect(bundle.x509Authorities).toEqual(acme.bundle().x509Authorities)
  })

  it('refuses a DID that nothing speaks for', async () => {
    const { code, errors } = await comity(
      'spiffe',
      'federate',
      claim({ trustDomain: 'bank.example' }),
      ...network,
    )
    expect(code).toBe(1)
    expect(errors).toContain('COMITY_TRUST_DOMAIN_NOT_BELIEVED')
  })

  it('fetches from an endpoint, and gives the bundle to SPIRE', async () => {
    // Writes down how it was called.
    const program = join(folder, 'spire-server')
    const seen = join(folder, 'seen')
    await writeFile(program, `#!/bin/sh\necho "$@" >'${seen}'\n`, { mode: 0o755 })
    const { code, output, errors } = await comity(
      ...['spiffe', 'federate', '--endpoint', endpoint.url, '--trust-domain', 'localhost', '--json'],
      ...['--spire-socket', join(folder, 'server.sock'), '--spire-server', program, ...network],
    )
    expect(errors).toBe('')
    expect(code).toBe(0)
    expect(JSON.parse(output)).toMatchObject({ ok: true, trustDomain: 'localhost' })
    expect(await readFile(seen, 'utf8')).toMatch(/^bundle set -socketPath .*server\.sock/)
    await writeFile(program, '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    const refused = await comity(
      ...['spiffe', 'federate', '--endpoint', endpoint.url, '--trust-domain', 'localhost'],
      ...['--spire-socket', join(folder, 'server.sock'), '--spire-server', program, ...network],
    )
    expect(refused.errors).toContain('COMITY_BUNDLE_PUSH_FAILED')
  })

  it('is called with a DID or an endpoint', async () => {
    expect((await comity('spiffe', 'federate')).code).toBe(2)
    expect(
      (await comity('spiffe', 'federate', 'did:web:a.example', '--endpoint', 'https://a.example')).code,
    ).toBe(2)
  })
})
