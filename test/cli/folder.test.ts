import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { comity } from './run-comity.ts'

const ORIGIN = 'https://localhost:8443'
const ORGANIZATION = 'did:web:localhost%3A8443'
const AGENT = `${ORGANIZATION}:agents:invoices`

let folder: string
const at = (...names: string[]): string => join(folder, ...names)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'comity-folder-'))
})
afterAll(async () => rm(folder, { recursive: true }))

async function json(...words: string[]): Promise<Record<string, unknown>> {
  const { output } = await comity(...words, '--json')
  return JSON.parse(output) as Record<string, unknown>
}

describe('comity init', () => {
  it('makes the folder of an organization, which only its owner can read', async () => {
    expect(await json('init', at('acme'), '--origin', ORIGIN)).toMatchObject({ ok: true, did: ORGANIZATION })
    expect((await stat(at('acme'))).mode & 0o077).toBe(0)
    for (const name of ['sealing.key', 'state.sqlite']) {
      expect((await stat(at('acme', name))).mode & 0o077).toBe(0)
    }
  })

  it('makes the folder of an agent, with the document that its organization is to publish', async () => {
    const made = await json('init', at('invoices'), '--agent', AGENT, '--organization', ORGANIZATION)
    expect(made).toMatchObject({ ok: true, did: AGENT })
    const document = JSON.parse(await readFile(at('invoices', 'did.json'), 'utf8')) as object
    expect(document).toMatchObject({ id: AGENT, controller: ORGANIZATION })
    expect(JSON.stringify(document)).not.toContain('"d"')
  })

  it.each([
    ['a second time', ['acme', '--origin', ORIGIN]],
    ['without knowing what for', ['other']],
    ['with an origin that is none', ['other', '--origin', 'http://localhost']],
    ['with a DID that is none', ['other', '--agent', 'invoices', '--organization', ORGANIZATION]],
  ])('refuses %s', async (_name, [name = '', ...flags]) => {
    expect((await comity('init', at(name), ...flags)).code).not.toBe(0)
  })
})

describe('commands on a folder', () => {
  it('publish only what is under the organization, and names it', async () => {
    expect(await json('did', 'publish', at('invoices', 'did.json'), '--dir', at('acme'))).toMatchObject({
      ok: true,
      did: AGENT,
    })
    const foreign = {
      ...(JSON.parse(await readFile(at('invoices', 'did.json'), 'utf8')) as object),
      controller: 'did:web:other.example',
    }
    await writeFile(at('foreign.json'), JSON.stringify(foreign))
    expect((await comity('did', 'publish', at('foreign.json'), '--dir', at('acme'))).code).toBe(2)
  })

  it('issue, take into the wallet, and say what would be shown', async () => {
    await writeFile(
      at('capability.json'),
      '{"authorizationDetails":[{"type":"invoices","actions":["read"]}]}',
    )
    const issue = ['issue', 'AgentCapabilityCredential', '--dir', at('acme'), '--subject', AGENT]
    const issued = await json(...issue, '--claims', at('capability.json'), '--out', at('capability.jwt'))
    expect(issued).toMatchObject({ ok: true })
    expect((await stat(at('capability.jwt'))).mode & 0o077).toBe(0)
    await comity('credential', 'add', at('capability.jwt'), '--dir', at('invoices'), '--release', 'public')

    await writeFile(
      at('demand.json'),
      JSON.stringify({
        credentials: [
          { id: 'capability', format: 'vc+jwt', meta: { type_values: [['AgentCapabilityCredential']] } },
        ],
      }),
    )
    expect(await json('present', at('demand.json'), '--dir', at('invoices'))).toMatchObject({
      ok: true,
      shown: [{ query: 'capability' }],
    })
    const more = (await readFile(at('demand.json'), 'utf8')).replace('AgentCapability', 'AgentPosture')
    await writeFile(at('more.json'), more)
    expect((await comity('present', at('more.json'), '--dir', at('invoices'))).code).toBe(1)

    const revoked = await json(
      'revoke',
      '--dir',
      at('acme'),
      '--credential',
      String(issued.id),
      '--reason',
      'superseded',
    )
    expect(revoked).toMatchObject({ revoked: [issued.id] })
    const again = await json(
      'revoke',
      '--dir',
      at('acme'),
      '--credential',
      String(issued.id),
      '--reason',
      'superseded',
    )
    expect(again).toMatchObject({ revoked: [] })
  })

  it('refuse claims that do not fit the type, and write nothing', async () => {
    await writeFile(at('wrong.json'), '{"authorizationDetails":[]}')
    const issue = ['issue', 'AgentCapabilityCredential', '--dir', at('acme'), '--subject', AGENT]
    const refused = await comity(...issue, '--claims', at('wrong.json'), '--out', at('wrong.jwt'))
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.errors).toContain('COMITY_CREDENTIAL_SCHEMA')
    await expect(stat(at('wrong.jwt'))).rejects.toThrow()
  })

  it('rotate a key with overlap, and end the overlap', async () => {
    const two = await json('did', 'rotate', '--signs-in', '0', '--dir', at('invoices'))
    expect(two.keys).toHaveLength(2)
    const one = await json('did', 'rotate', '--drop', '--dir', at('invoices'))
    expect(one.keys).toHaveLength(1)
    const document = JSON.parse(await readFile(at('invoices', 'did.json'), 'utf8')) as {
      authentication: string[]
    }
    expect(document.authentication).toEqual(one.keys)
  })

  it('remember whom to believe', async () => {
    expect(await json('trust', 'list', '--dir', at('invoices'))).toMatchObject({ issuers: [] })
    await comity('trust', 'add', ORGANIZATION, '--types', 'AgentPostureCredential', '--dir', at('invoices'))
    expect(await json('trust', 'list', '--dir', at('invoices'))).toMatchObject({
      issuers: [{ did: ORGANIZATION, types: ['AgentPostureCredential'] }],
    })
  })

  it('say in plain words what is wrong', async () => {
    const { code, output } = await comity('doctor', '--dir', at('invoices'))
    expect(code).toBe(1)
    expect(output).toContain('name it with --allow-loopback')
  })

  it('refuse a sealing key that others can read, and one that is another', async () => {
    await chmod(at('invoices', 'sealing.key'), 0o644)
    const shared = await comity('did', 'rotate', '--dir', at('invoices'))
    expect(shared).toMatchObject({ code: 2 })
    expect(shared.errors).toContain('chmod 600')
    await chmod(at('invoices', 'sealing.key'), 0o600)
    const key = await readFile(at('invoices', 'sealing.key'), 'utf8')
    await writeFile(at('invoices', 'sealing.key'), `${Buffer.alloc(32, 1).toString('base64url')}\n`)
    const other = await comity('did', 'rotate', '--dir', at('invoices'))
    expect(other.code).not.toBe(0)
    expect(other.errors).not.toContain(key.trim())
    await writeFile(at('invoices', 'sealing.key'), key)
  })

  it('refuse a folder that is none of theirs', async () => {
    expect(await comity('trust', 'list', '--dir', at('nowhere'))).toMatchObject({ code: 2 })
    expect(await comity('revoke', '--dir', at('invoices'), '--agent', AGENT, '--reason', 'x')).toMatchObject({
      code: 2,
    })
  })
})
