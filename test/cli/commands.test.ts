import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, type AcmeAgent, type World } from '../support/world.ts'
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
  await writeFile(join(folder, 'posture.jwt'), `${invoices.credentials.AgentPostureCredential ?? ''}\n`)
  network = [
    '--ca',
    join(folder, 'ca.pem'),
    ...[world.acme.origin, world.globex.origin].flatMap((origin) => [
      '--allow-loopback',
      new URL(origin).host,
    ]),
  ]
})
afterAll(async () => {
  await world.close()
  await rm(folder, { recursive: true })
})

describe('comity did resolve', () => {
  it('prints the document of a did:web', async () => {
    const { code, output } = await comity('did', 'resolve', invoices.did, ...network)
    expect(code).toBe(0)
    expect(JSON.parse(output)).toMatchObject({ didDocument: { id: invoices.did } })
  })

  it('does not reach loopback that was not opened', async () => {
    const { code, output } = await comity('did', 'resolve', invoices.did)
    expect(code).toBe(1)
    expect(JSON.parse(output)).toMatchObject({ didDocument: null })
  })

  it('does not trust a certificate that was not given', async () => {
    const { code } = await comity('did', 'resolve', invoices.did, ...network.slice(2))
    expect(code).toBe(1)
  })
})

describe('comity verify', () => {
  const file = (): string => join(folder, 'posture.jwt')

  it('says that a good credential is good', async () => {
    const trusted = ['--holder', invoices.did, '--trust', world.acme.did]
    const { code, output } = await comity('verify', file(), ...trusted, ...network)
    expect(output).toMatch(/^good: /)
    expect(code).toBe(0)
  })

  it('refuses it with the first fault, and explains all', async () => {
    const wrong = ['--holder', 'did:web:mallory.example', ...network]
    const refused = await comity('verify', file(), ...wrong)
    expect(refused.code).toBe(1)
    expect(refused.output).toContain('COMITY_CREDENTIAL_HOLDER')
    const explained = await comity('verify', file(), '--explain', '--json', ...wrong)
    expect(explained.code).toBe(1)
    const { faults } = JSON.parse(explained.output) as { faults: { code: string }[] }
    expect(faults.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['COMITY_CREDENTIAL_HOLDER', 'COMITY_ISSUER_NOT_TRUSTED']),
    )
  })

  it('says in the exit code that it was called wrongly', async () => {
    expect(await comity('verify')).toMatchObject({ code: 2 })
    expect(await comity('no-such-command')).toMatchObject({ code: 2 })
    const missing = await comity('verify', join(folder, 'missing.jwt'), '--holder', invoices.did)
    expect(missing).toMatchObject({ code: 2, output: '' })
    expect(missing.errors).toContain('no such file')
  })

  it('has help with an example', async () => {
    const { code, output } = await comity('verify', '--help')
    expect(code).toBe(0)
    expect(output).toContain('$ comity verify')
  })
})
