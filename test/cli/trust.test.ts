import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDidDocument, didWebFromUrl } from '../../src/did/index.ts'
import { generateSigner } from '../../src/keys/index.ts'
import { issueTrustList } from '../../src/trust/index.ts'
import { createWorld, type AcmeAgent, type World } from '../support/world.ts'
import { comity } from './run-comity.ts'

const POSTURE = 'AgentPostureCredential'
const ISSUER = 'did:web:issuer.example'
const BODY = 'did:web:body.example'

let world: World
let invoices: AcmeAgent
let owner: string
let folder: string
let network: string[]
const at = (...names: string[]): string => join(folder, ...names)

beforeAll(async () => {
  world = await createWorld()
  invoices = await world.acme.createAgent('invoices')
  folder = await mkdtemp(join(tmpdir(), 'comity-trust-'))
  await writeFile(at('ca.pem'), world.ca)
  await writeFile(at('posture.jwt'), invoices.credentials[POSTURE] ?? '')
  network = ['--ca', at('ca.pem'), '--allow-loopback', new URL(world.acme.origin).host]
  await comity('init', at('globex'), '--origin', 'https://localhost:8443')
  owner = await publishList()
})
afterAll(async () => {
  await world.close()
  await rm(folder, { recursive: true })
})

/** A list that believes Acme its postures; its owner lives on Acme's host. Gives the owner. */
async function publishList(): Promise<string> {
  const { origin, host, did } = world.acme
  const issuer = didWebFromUrl(`${origin}/consortium`)
  const signer = await generateSigner({ alg: 'Ed25519', kid: `${issuer}#key-1` })
  const url = `${origin}/consortium/list.jwt`
  host.publishDocument(
    createDidDocument({
      did: issuer,
      keys: [{ fragment: '#key-1', jwk: signer.publicJwk, relationships: ['assertionMethod'] }],
      services: [{ fragment: '#list', type: 'ComityTrustList', serviceEndpoint: url }],
    }),
  )
  const now = Math.floor(Date.now() / 1000)
  const times = { validFrom: now - 60, validUntil: now + 3600 }
  const entries = [{ issuer: did, types: [POSTURE] }]
  const body = await issueTrustList({ signer, issuer, url, sequence: 3, entries, ...times })
  host.publishFile({ path: '/consortium/list.jwt', contentType: 'application/vc+jwt', body })
  return issuer
}

async function trust(...words: string[]): ReturnType<typeof comity> {
  return comity('trust', ...words, '--dir', at('globex'))
}

describe('comity trust', () => {
  it('trusts nobody at first', async () => {
    expect(await trust('list')).toMatchObject({ code: 0, output: 'nobody' })
    const { code, output } = await trust('explain', world.acme.did, '--type', POSTURE)
    expect(code).toBe(1)
    expect(output).toBe(
      `${world.acme.did} is not trusted for ${POSTURE}\nno: rule=static refused=unknown-issuer`,
    )
  })

  it('adds issuers, lists and accreditors, and replaces them', async () => {
    await trust('add', ISSUER, '--types', 'AgentScopeCredential')
    await trust('add', ISSUER, '--types', POSTURE, '--audience', 'did:web:localhost%3A8443')
    await trust('add', owner, '--as', 'list', '--url', `${world.acme.origin}/consortium/list.jwt`)
    await trust('add', BODY, '--as', 'accreditor', '--types', POSTURE, '--depth', '1')
    expect((await trust('list')).output.split('\n')).toEqual([
      `issuer ${ISSUER}: ${POSTURE}, towards did:web:localhost%3A8443`,
      `list ${owner}: all that it names`,
      `accreditor ${BODY}: ${POSTURE}`,
    ])
    const file = JSON.parse(await readFile(at('globex', 'trust.json'), 'utf8')) as object
    expect(file).toEqual({
      issuers: [{ did: ISSUER, types: [POSTURE], audiences: ['did:web:localhost%3A8443'] }],
      lists: [{ did: owner, url: `${world.acme.origin}/consortium/list.jwt` }],
      accreditors: [{ did: BODY, types: [POSTURE], maxDepth: 1 }],
    })
  })

  it.each([
    ['a DID that is none', ['x']],
    ['a wildcard', [ISSUER, '--types', '*']],
    ['a role that there is not', [ISSUER, '--as', 'friend']],
    ['a URL for an issuer', [ISSUER, '--url', 'https://issuer.example/list']],
    ['a URL that is not https', [ISSUER, '--as', 'list', '--url', 'http://issuer.example/list']],
    ['a depth for a list', [ISSUER, '--as', 'list', '--depth', '1']],
    ['a depth of 4', [ISSUER, '--as', 'accreditor', '--depth', '4']],
  ])('does not add %s', async (_name, words) => {
    const before = await readFile(at('globex', 'trust.json'), 'utf8')
    expect((await trust('add', ...words)).code).not.toBe(0)
    expect(await readFile(at('globex', 'trust.json'), 'utf8')).toBe(before)
  })

  it('explains what every rule says, over the network', async () => {
    const { code, output } = await trust('explain', world.acme.did, '--type', POSTURE, ...network)
    expect(code).toBe(0)
    expect(output.split('\n')).toEqual([
      `${world.acme.did} is trusted for ${POSTURE}`,
      'no: rule=static refused=unknown-issuer',
      `yes: rule=list list=${owner} sequence=3`,
      'no: rule=accreditation refused=no-accreditation',
    ])
    const asked = ['--type', 'AgentScopeCredential', '--json', ...network]
    const other = await trust('explain', world.acme.did, ...asked)
    expect(other.code).toBe(1)
    expect(JSON.parse(other.output)).toMatchObject({ ok: false, rules: [{}, { accepted: false }, {}] })
  })

  it('explains what a rule could not be asked for', async () => {
    const { code, output } = await trust('explain', world.acme.did, '--type', POSTURE)
    expect(code).toBe(1)
    expect(output).toContain(`no: rule=list list=${owner} refused=COMITY_NET_ADDRESS_NOT_ALLOWED`)
  })

  it('refuses a file that is malformed', async () => {
    const file = at('globex', 'trust.json')
    const before = await readFile(file, 'utf8')
    await writeFile(file, '{"issuers":[],"lists":{}}')
    expect(await trust('list')).toMatchObject({ code: 2, output: '' })
    await writeFile(file, before)
  })
})

describe('comity verify --explain', () => {
  it('tells all faults at once, and why the issuer is not believed', async () => {
    const holder = 'did:web:mallory.example'
    const words = [
      'verify',
      at('posture.jwt'),
      '--explain',
      '--holder',
      holder,
      '--trust',
      ISSUER,
      ...network,
    ]
    const { code, output } = await comity(...words)
    expect(code).toBe(1)
    expect(output).toContain('holder: ')
    expect(output).toContain('(COMITY_ISSUER_NOT_TRUSTED: rule=static refused=unknown-issuer)')
  })
})
