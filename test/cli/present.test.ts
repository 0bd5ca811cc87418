import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseSdJwtCredential, vctOf } from '../../src/credentials/index.ts'
import { createCertificateAuthority } from '../support/certificate-authority.ts'
import { comity } from './run-comity.ts'

/** Issued, held, presented and verified by commands alone: one organization that serves, one agent. */

const CLI = fileURLToPath(new URL('../../src/cli/bin.ts', import.meta.url))
const TYPE = 'AgentPostureCredential'
const VERIFIER = 'did:web:verifier.example'

let folder: string
let server: ChildProcess
let origin: string
let organization: string
let agent: string
let network: string[]
const at = (...names: string[]): string => join(folder, ...names)

async function freePort(): Promise<number> {
  const listener = createServer()
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const address = listener.address()
  await new Promise((resolve) => listener.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function json(...words: string[]): Promise<Record<string, unknown>> {
  const { output, errors } = await comity(...words, '--json')
  expect(errors).toBe('')
  return JSON.parse(output) as Record<string, unknown>
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'comity-present-'))
  const port = await freePort()
  origin = `https://localhost:${String(port)}`
  organization = `did:web:localhost%3A${String(port)}`
  agent = `${organization}:agents:invoices`
  const authority = await createCertificateAuthority()
  const { key, cert } = await authority.issue()
  await writeFile(at('key.pem'), key, { mode: 0o600 })
  await writeFile(at('cert.pem'), cert)
  await writeFile(at('ca.pem'), authority.ca)
  network = ['--ca', at('ca.pem'), '--allow-loopback', `localhost:${String(port)}`]
  await comity('init', at('acme'), '--origin', origin)
  await comity('init', at('invoices'), '--agent', agent, '--organization', organization)
  await comity('did', 'publish', at('invoices', 'did.json'), '--dir', at('acme'))
  await writeFile(
    at('posture.json'),
    JSON.stringify({
      assessedAt: `${new Date(Date.now() - 60_000).toISOString().slice(0, 19)}Z`,
      attestation: { method: 'none' },
      patchAgeDays: 3,
      openCriticalVulnerabilities: 0,
      sandbox: 'container',
      egressControl: 'allow-list',
      region: 'eu',
    }),
  )
  await writeFile(at('capability.json'), '{"authorizationDetails":[{"type":"invoices"}]}')
  await writeFile(
    at('demand.json'),
    JSON.stringify({
      credentials: [
        { id: 'capability', format: 'vc+jwt', meta: { type_values: [['AgentCapabilityCredential']] } },
        {
          id: 'posture',
          format: 'dc+sd-jwt',
          meta: { vct_values: [vctOf(TYPE)] },
          claims: [{ path: ['region'] }],
        },
      ],
    }),
  )
  await serve()
}, 60_000)
afterAll(async () => {
  server.kill()
  await rm(folder, { recursive: true })
})

async function serve(): Promise<void> {
  const node = ['--import', 'tsx', '--conditions=comity-source', CLI]
  const words = ['serve', '--dir', at('acme'), '--key', at('key.pem'), '--cert', at('cert.pem')]
  server = spawn(process.execPath, [...node, ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    server.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('listening on')) resolve()
    })
    server.once('close', () => {
      reject(new Error('the server ended'))
    })
  })
}

const issue = async (type: string, file: string, ...more: string[]) =>
  comity(
    ...['issue', type, '--dir', at('acme'), '--subject', agent],
    ...['--claims', at(`${file}.json`), '--out', at(file), ...more],
  )
const present = async (nonce: string, out: string) =>
  json(
    ...['present', at('demand.json'), '--dir', at('invoices')],
    ...['--audience', VERIFIER, '--nonce', nonce, '--out', at(out)],
  )
const verify = async (
  file: string,
  format: string,
  changes: Record<string, string> = {},
  ...more: string[]
) => {
  const flags = { holder: agent, audience: VERIFIER, nonce: 'n-1', trust: organization, ...changes }
  return comity(
    ...['verify', file, '--format', format, ...network, ...more],
    ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]),
  )
}

describe('an SD-JWT VC from the command line', () => {
  it('is issued, held, presented in part and verified', { timeout: 60_000 }, async () => {
    expect(await issue(TYPE, 'posture', '--format', 'dc+sd-jwt')).toMatchObject({ code: 0 })
    expect(await issue('AgentCapabilityCredential', 'capability')).toMatchObject({ code: 0 })
    for (const name of ['posture', 'capability']) {
      const words = ['credential', 'add', at(name), '--dir', at('invoices'), '--release', 'public']
      expect(await comity(...words)).toMatchObject({ code: 0 })
    }
    const said = await json('present', at('demand.json'), '--dir', at('invoices'))
    expect(said).toMatchObject({
      ok: true,
      shown: [
        { query: 'capability', format: 'vc+jwt' },
        { query: 'posture', format: 'dc+sd-jwt', disclose: [['region'], ['assessedAt']] },
      ],
    })

    const [vp, sd] = [at('shown', '1.vp+jwt'), at('shown', '2.dc+sd-jwt')]
    expect(await present('n-1', 'shown')).toMatchObject({
      ok: true,
      shown: [
        { file: vp, format: 'vp+jwt', queries: ['capability'] },
        { file: sd, format: 'dc+sd-jwt', queries: ['posture'] },
      ],
    })
    expect((await stat(vp)).mode & 0o077).toBe(0)
    const { document } = parseSdJwtCredential((await readFile(sd, 'utf8')).trim())
    expect(document).toMatchObject({ region: 'eu' })
    expect(document).not.toHaveProperty('patchAgeDays')

    expect(await verify(vp, 'vp+jwt')).toMatchObject({ code: 0 })
    const good = await verify(sd, 'dc+sd-jwt')
    expect(good.output).toContain(`good: ${TYPE} about ${agent}, by ${organization}`)
    expect(await verify(sd, 'dc+sd-jwt', {}, '--explain')).toMatchObject({ code: 0 })
  })

  it.each([
    ['audience', 'did:web:other.example', 'COMITY_AUDIENCE_MISMATCH', 'COMITY_AUDIENCE_MISMATCH'],
    ['nonce', 'n-2', 'COMITY_PRESENTATION_NONCE', 'COMITY_KEY_BINDING_NONCE'],
    ['holder', 'did:web:other.example', 'COMITY_PRESENTATION_HOLDER', 'COMITY_CREDENTIAL_HOLDER'],
    ['trust', 'did:web:other.example', 'COMITY_ISSUER_NOT_TRUSTED', 'COMITY_ISSUER_NOT_TRUSTED'],
  ])('is refused with another %s', async (name, value, ofPresentation, ofCredential) => {
    const changes = { [name]: value }
    const presentation = await verify(at('shown', '1.vp+jwt'), 'vp+jwt', changes)
    expect(presentation).toMatchObject({ code: 1 })
    expect(presentation.output).toContain(ofPresentation)
    const credential = await verify(at('shown', '2.dc+sd-jwt'), 'dc+sd-jwt', changes)
    expect(credential).toMatchObject({ code: 1 })
    expect(credential.output).toContain(ofCredential)
  })

  it('is not good for showing as it was issued', async () => {
    const { code, output } = await verify(at('posture'), 'dc+sd-jwt')
    expect(code).toBe(1)
    expect(output).toContain('COMITY_KEY_BINDING_MISSING')
  })

  it('is presented to nobody where the demand cannot be answered', async () => {
    const text = (await readFile(at('demand.json'), 'utf8')).replace('"region"', '"evaluations"')
    await writeFile(at('more.json'), text)
    const words = ['present', at('more.json'), '--dir', at('invoices')]
    const { code, errors } = await comity(
      ...words,
      ...['--audience', VERIFIER, '--nonce', 'n-1', '--out', at('more')],
    )
    expect(code).toBe(1)
    expect(errors).toContain('COMITY_DEMAND_UNMET')
    await expect(stat(at('more'))).rejects.toThrow()
  })

  it('is bound to the key that was chosen, where the agent has two', async () => {
    const { keys } = await json('did', 'rotate', '--signs-in', '0', '--dir', at('invoices'))
    await comity('did', 'publish', at('invoices', 'did.json'), '--dir', at('acme'))
    const flags = ['--format', 'dc+sd-jwt']
    const undecided = await issue(TYPE, 'posture', ...flags)
    expect(undecided).toMatchObject({ code: 2 })
    expect(undecided.errors).toContain('--holder-key')
    const [, newest = ''] = keys as string[]
    expect(await issue(TYPE, 'posture', ...flags, '--holder-key', newest)).toMatchObject({ code: 0 })
    await comity('credential', 'add', at('posture'), '--dir', at('invoices'), '--release', 'public')
    expect(await present('n-1', 'rotated')).toMatchObject({ ok: true })
    expect(await verify(at('rotated', '2.dc+sd-jwt'), 'dc+sd-jwt')).toMatchObject({ code: 0 })
    const strange = await issue(TYPE, 'posture', ...flags, '--holder-key', `${agent}#other`)
    expect(strange).toMatchObject({ code: 2 })
  })

  it('is issued about a DID that the folder does not publish, if it resolves', async () => {
    const own = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
    const words = ['issue', TYPE, '--dir', at('acme'), '--claims', at('posture.json'), '--out', at('own')]
    const flags = ['--subject', own, '--format', 'dc+sd-jwt']
    expect(await comity(...words, ...flags)).toMatchObject({ code: 0 })
    expect(parseSdJwtCredential((await readFile(at('own'), 'utf8')).trim()).subject).toBe(own)
  })
})

describe('flags that do not go together', () => {
  it.each([
    ['present', ['demand.json', '--audience', VERIFIER]],
    ['present', ['demand.json', '--audience', VERIFIER, '--nonce', 'n']],
    ['verify', ['posture', '--holder', VERIFIER, '--format', 'dc+sd-jwt', '--nonce', 'n']],
    ['verify', ['posture', '--holder', VERIFIER, '--format', 'vp+jwt']],
    ['verify', ['posture', '--holder', VERIFIER, '--nonce', 'n']],
    [
      'verify',
      ['posture', '--holder', VERIFIER, '--format', 'vp+jwt', '--audience', 'a', '--nonce', 'n', '--explain'],
    ],
    ['issue', [TYPE, '--subject', VERIFIER, '--holder-key', 'x', '--claims', 'posture.json', '--out', 'x']],
  ])('are refused: %s %j', async (command, [file = '', ...flags]) => {
    const words = [
      file === TYPE ? file : at(file),
      ...flags.map((flag) => (flag.endsWith('.json') ? at(flag) : flag)),
    ]
    const dir = command === 'verify' ? [] : ['--dir', at(command === 'issue' ? 'acme' : 'invoices')]
    expect(await comity(command, ...words, ...dir)).toMatchObject({ code: 2 })
  })
})
