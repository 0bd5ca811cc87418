import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseCredential } from '../../src/credentials/index.ts'
import { generateSigner } from '../../src/keys/index.ts'
import { createWorld, type AcmeAgent, type World } from '../support/world.ts'
import { POSTURE } from '../credentials/world.ts'
import { comity } from './run-comity.ts'

let world: World
let invoices: AcmeAgent
let folder: string
let network: string[]

beforeAll(async () => {
  world = await createWorld()
  invoices = await world.acme.createAgent('invoices')
  folder = await mkdtemp(join(tmpdir(), 'comity-cli-'))
  await writeFile(join(folder, 'ca.pem'), world.ca)
  network = ['--ca', join(folder, 'ca.pem'), '--allow-loopback', new URL(world.acme.origin).host]
})
afterAll(async () => {
  await world.close()
  await rm(folder, { recursive: true })
})

async function write(name: string, content: string): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, content)
  return file
}

const options = (): { subject: string; claims: typeof POSTURE; lifetimeSeconds: number } => ({
  subject: invoices.did,
  claims: POSTURE,
  lifetimeSeconds: 600,
})

describe('comity status', () => {
  it('says what the lists say of a credential', async () => {
    const { issuer } = world.acme
    const { token, id } = await issuer.issue('AgentPostureCredential', options())
    const file = await write('posture.jwt', `${token}\n`)
    const good = await comity('status', file, ...network)
    expect(good.output).toMatch(/^revocation: good \(place \d+ of https:.*\nsuspension: good/)
    expect(good.code).toBe(0)

    await issuer.suspend(id)
    const suspended = await comity('status', file, '--json', ...network)
    expect(suspended.code).toBe(1)
    expect(JSON.parse(suspended.output)).toMatchObject({
      ok: false,
      issuer: world.acme.did,
      statuses: [
        { reference: { statusPurpose: 'revocation' }, status: 'good' },
        { status: 'suspended', code: 'COMITY_STATUS_SUSPENDED' },
      ],
    })
    await issuer.revoke({ credential: id }, { reason: 'compromised' })
    expect((await comity('status', file, ...network)).output).toMatch(/^revocation: revoked/)
  })

  it('says what the list says of an SD-JWT VC', async () => {
    const { issuer } = world.acme
    const { publicJwk: holderKey } = await generateSigner({ alg: 'Ed25519' })
    const { token, id } = await issuer.issue('AgentPostureCredential', {
      ...options(),
      format: 'dc+sd-jwt',
      holderKey,
    })
    const file = await write('posture.sd-jwt', token)
    const ask = async (): Promise<{ code: number; output: string; errors: string }> =>
      comity('status', file, '--format', 'dc+sd-jwt', ...network)
    expect(await ask()).toMatchObject({ code: 0, errors: '' })
    await issuer.revoke({ credential: id }, { reason: 'compromised' })
    const { code, output } = await ask()
    expect(output).toMatch(/^status: revoked \(place \d+ of https:.*\/token\/1\)$/)
    expect(code).toBe(1)
    expect((await comity('status', file, ...network)).code).toBe(1)
  })

  it('says what the list says of one entry, if the issuer is who signed it', async () => {
    const { token } = await world.acme.issuer.issue('AgentPostureCredential', options())
    const [entry] = parseCredential(token).status
    const file = await write('entry.json', JSON.stringify(entry))
    const about = (issuer: string): Promise<{ code: number; output: string }> =>
      comity('status', '--entry', file, '--issuer', issuer, ...network)
    expect(await about(world.acme.did)).toMatchObject({ code: 0 })
    const other = await about(invoices.did)
    expect(other.output).toMatch(/^revocation: unknown \(COMITY_STATUS_LIST_INVALID\)/)
    expect(other.code).toBe(1)
  })

  it('does not know other kinds of status, nor lists that cannot be had', async () => {
    const odd = await write('odd.json', JSON.stringify({ type: 'RevocationList2020Status' }))
    const unknown = await comity('status', '--entry', odd, '--issuer', world.acme.did, ...network)
    expect(unknown.output).toMatch(/not known here: unknown/)
    expect(unknown.code).toBe(1)
    const uri = `${world.acme.origin}/status/token/99`
    const nowhere = await write('nowhere.json', JSON.stringify({ status_list: { uri, idx: 1 } }))
    const absent = await comity(
      'status',
      '--entry',
      nowhere,
      '--issuer',
      world.acme.did,
      '--json',
      ...network,
    )
    expect(JSON.parse(absent.output)).toMatchObject({
      ok: false,
      statuses: [{ code: 'COMITY_STATUS_UNAVAILABLE' }],
    })
  })

  it.each([
    [],
    ['a.jwt', '--entry', 'b.json', '--issuer', 'did:web:acme.example'],
    ['--entry', 'b.json'],
    ['gone'],
  ])('is called wrongly with %j', async (...words) => {
    expect((await comity('status', ...words)).code).toBe(2)
  })
})
