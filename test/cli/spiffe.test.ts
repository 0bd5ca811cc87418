import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  formatPem,
  formatPemBundle,
  formatTrustBundle,
  parsePemX509Svid,
  parseTrustBundle,
  parseTrustDomain,
} from '../../src/spiffe/index.ts'
import {
  createSpiffeAuthority,
  startFakeBundleEndpoint,
  startFakeWorkloadApi,
  type FakeWorkloadApi,
  type SpiffeAuthority,
} from '../../src/testing/index.ts'
import { comity } from './run-comity.ts'

const AUDIENCE = 'spiffe://globex.example/gateway'

let acme: SpiffeAuthority
let globex: SpiffeAuthority
let api: FakeWorkloadApi
let folder: string

beforeAll(async () => {
  acme = await createSpiffeAuthority('acme.example')
  globex = await createSpiffeAuthority('globex.example')
  api = await startFakeWorkloadApi({ authority: acme, federatedBundles: [globex.bundle()] })
})
afterAll(async () => {
  await api[Symbol.asyncDispose]()
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'comity-cli-'))
  return () => rm(folder, { recursive: true })
})

async function write(name: string, content: string): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, content)
  return file
}

describe('comity spiffe id', () => {
  it('says what an ID is made of', async () => {
    const { code, output } = await comity('spiffe', 'id', 'spiffe://acme.example/agents/a')
    expect({ code, output }).toEqual({ code: 0, output: 'trust domain: acme.example\npath: /agents/a' })
    const json = await comity('spiffe', 'id', 'spiffe://acme.example', '--json')
    expect(JSON.parse(json.output)).toMatchObject({ ok: true, trustDomain: 'acme.example', segments: [] })
  })

  it('says why a text is none', async () => {
    const { code, output } = await comity('spiffe', 'id', 'spiffe://Acme.example/a')
    expect(code).toBe(1)
    expect(output).toMatch(
      /^refused: .*character that is not allowed \(COMITY_SPIFFE_ID_INVALID; SPIFFE-ID §2\.1\)$/,
    )
    const json = await comity('spiffe', 'id', 'https://acme.example', '--json')
    expect(json.code).toBe(1)
    expect(JSON.parse(json.output)).toMatchObject({ ok: false, error: { code: 'COMITY_SPIFFE_ID_INVALID' } })
  })
})

describe('comity spiffe bundle', () => {
  it('shows a file, and writes it in another form', async () => {
    const bundle = acme.bundle()
    const file = await write('acme.json', formatTrustBundle(bundle))
    const shown = await comity('spiffe', 'bundle', file, '--trust-domain', 'acme.example')
    expect(shown.code).toBe(0)
    expect(shown.output).toContain(`sha256 ${bundle.x509Authorities[0]!.fingerprint}`)
    expect(shown.output).toContain('refresh hint: 60 s')

    const pem = await comity('spiffe', 'bundle', file, '--trust-domain', 'acme.example', '--to', 'pem')
    expect(`${pem.output}\n`).toBe(formatPemBundle(bundle))
    const pemFile = await write('acme.pem', pem.output)
    const back = await comity('spiffe', 'bundle', pemFile, '--trust-domain', 'acme.example', '--to', 'spiffe')
    const parsed = parseTrustBundle(parseTrustDomain('acme.example'), back.output)
    expect(parsed.x509Authorities).toEqual(bundle.x509Authorities)
  })

  it('fetches from an endpoint, by either profile', async () => {
    const web = await startFakeBundleEndpoint({ authority: acme })
    const spiffe = await startFakeBundleEndpoint({ authority: acme, profile: 'https_spiffe' })
    const first = await write('first.json', formatTrustBundle(acme.bundle()))
    const ca = await write('ca.pem', web.ca ?? '')
    const bundle = (url: string, ...more: string[]) =>
      comity(
        'spiffe',
        'bundle',
        '--json',
        '--trust-domain',
        'acme.example',
        '--endpoint',
        url,
        '--allow-loopback',
        new URL(url).host,
        ...more,
      )
    const fromWeb = await bundle(web.url, '--ca', ca)
    expect(JSON.parse(fromWeb.output)).toMatchObject({ ok: true, trustDomain: 'acme.example', sequence: '1' })
    const id = spiffe.endpointId?.uri ?? ''
    const fromSpiffe = await bundle(spiffe.url, '--endpoint-id', id, '--first-bundle', first)
    expect(JSON.parse(fromSpiffe.output)).toMatchObject({ ok: true, sequence: '1' })
    expect((await bundle(spiffe.url, '--endpoint-id', id)).code).toBe(2)
    const refused = await bundle(web.url)
    expect(refused.code).toBe(1)
    expect(refused.errors).toContain('COMITY_NET_TLS')
    await web.close()
    await spiffe.close()
  })

  it('is called with a file or an endpoint', async () => {
    expect((await comity('spiffe', 'bundle', '--trust-domain', 'acme.example')).code).toBe(2)
    expect((await comity('spiffe', 'bundle', 'x.json')).code).toBe(2)
  })
})

describe('comity spiffe validate', () => {
  it('verifies a JWT-SVID against files and against the Workload API', async () => {
    const file = await write('svid.jwt', `${await acme.issueJwtSvid('/agents/a', AUDIENCE)}\n`)
    const bundle = `acme.example=${await write('acme.json', formatTrustBundle(acme.bundle()))}`
    for (const source of [
      ['--bundle', bundle],
      ['--socket', api.address],
    ]) {
      const good = await comity('spiffe', 'validate', file, '--audience', AUDIENCE, ...source)
      expect(good.output).toMatch(
        /^good: the JWT-SVID of spiffe:\/\/acme\.example\/agents\/a, valid until 20/,
      )
      expect(good.code).toBe(0)
      const other = await comity('spiffe', 'validate', file, '--audience', 'another', '--json', ...source)
      expect(other.code).toBe(1)
      expect(JSON.parse(other.output)).toMatchObject({
        ok: false,
        error: { code: 'COMITY_AUDIENCE_MISMATCH' },
      })
    }
    const without = await comity('spiffe', 'validate', file, '--bundle', bundle)
    expect(without.code).toBe(2)
    expect((await comity('spiffe', 'validate', file, '--audience', 'x', '--bundle', 'no-pair')).code).toBe(2)
  })

  it('verifies a chain of certificates, and shows no key that stands beside it', async () => {
    const { chain, privateKey } = await acme.issueX509Svid('/agents/a', { withIntermediate: true })
    const pem = chain.map(({ der }) => formatPem('CERTIFICATE', der)).join('')
    const file = await write('svid.pem', pem + formatPem('PRIVATE KEY', privateKey))
    const own = `acme.example=${await write('acme.pem', formatPemBundle(acme.bundle()))}`
    const good = await comity('spiffe', 'validate', file, '--bundle', own)
    expect(good).toMatchObject({ code: 0, errors: '' })
    expect(good.output).toContain('the X.509-SVID of spiffe://acme.example/agents/a')
    expect(good.output).not.toContain('PRIVATE')
    const foreign = `globex.example=${await write('globex.pem', formatPemBundle(globex.bundle()))}`
    const refused = await comity('spiffe', 'validate', file, '--bundle', foreign)
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.output).toContain('COMITY_TRUST_DOMAIN_UNKNOWN')
  })
})

describe('comity spiffe fetch', () => {
  it('says what there is, and prints neither keys nor tokens', async () => {
    const { code, output } = await comity('spiffe', 'fetch', '--socket', api.address, '--audience', AUDIENCE)
    expect(code).toBe(0)
    expect(output).toMatch(/X\.509-SVID: spiffe:\/\/acme\.example\/workload, valid until/)
    expect(output).toMatch(/JWT-SVID: spiffe:\/\/acme\.example\/workload, valid until/)
    expect(output).toContain('bundle: acme.example, 1 X.509 and 1 JWT authorities')
    expect(output).toContain('bundle: globex.example, 1 X.509 and 1 JWT authorities')
    const json = await comity('spiffe', 'fetch', '--socket', api.address, '--audience', AUDIENCE, '--json')
    for (const text of [output, json.output]) expect(text).not.toMatch(/PRIVATE|eyJ/)
  })

  it('writes files, those with secrets for the user alone', async () => {
    const out = join(folder, 'svids')
    const fetch = (...more: string[]) =>
      comity('spiffe', 'fetch', '--socket', api.address, '--out', out, ...more)
    expect((await fetch()).code).toBe(0)
    const names = ['bundle.acme.example.json', 'bundle.globex.example.json', 'svid.0.pem']
    expect((await readdir(out)).sort()).toEqual(names)

    // A file that is there already, and that others may read.
    await writeFile(join(out, 'svid.0.key'), '', { mode: 0o644 })
    expect((await fetch('--with-keys', '--audience', AUDIENCE)).code).toBe(0)
    expect((await readdir(out)).sort()).toEqual([...names, 'svid.0.jwt', 'svid.0.key'].sort())
    for (const secret of ['svid.0.jwt', 'svid.0.key']) {
      expect((await stat(join(out, secret))).mode & 0o777).toBe(0o600)
    }
    const [pem, key] = await Promise.all(
      ['pem', 'key'].map((kind) => readFile(join(out, `svid.0.${kind}`), 'utf8')),
    )
    expect((await parsePemX509Svid(pem!, key)).id.uri).toBe('spiffe://acme.example/workload')
    expect((await comity('spiffe', 'fetch', '--socket', api.address, '--with-keys')).code).toBe(2)
  })

  it('takes the socket from the environment, and says when nobody answers', async () => {
    vi.stubEnv('SPIFFE_ENDPOINT_SOCKET', api.address)
    expect((await comity('spiffe', 'fetch')).code).toBe(0)
    vi.unstubAllEnvs()
    const { code, errors } = await comity('spiffe', 'fetch', '--socket', `unix://${folder}/none.sock`)
    expect(code).toBe(1)
    expect(errors).toContain('COMITY_WORKLOAD_API_UNAVAILABLE')
  })
})
