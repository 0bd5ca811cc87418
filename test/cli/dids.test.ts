import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findPublished } from '../../src/cli/published.ts'
import { withState } from '../../src/cli/state.ts'
import { parseDidDocument, verifyWebvhLog } from '../../src/did/index.ts'
import { authority, startServer } from '../net/support.ts'
import { comity } from './run-comity.ts'

const ORIGIN = 'https://localhost:8443'
const ORGANIZATION = 'did:web:localhost%3A8443'

let folder: string
const at = (...names: string[]): string => join(folder, ...names)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'comity-dids-'))
  await comity('init', at('acme'), '--origin', ORIGIN)
})
afterAll(async () => rm(folder, { recursive: true }))

/** Runs a command of `did` on the organization's folder. */
async function did(...words: string[]): Promise<Record<string, unknown>> {
  const { output, errors } = await comity('did', ...words, '--dir', at('acme'), '--json')
  if (output === '') throw new Error(errors)
  return JSON.parse(output) as Record<string, unknown>
}

/** What `comity serve` would answer. */
async function served(path: string): Promise<string> {
  return withState(at('acme'), async ({ store }) => {
    const found = await findPublished(store, ORIGIN, path)
    return found === undefined || found === 'gone' ? String(found) : found.body
  })
}

async function keysAt(path: string): Promise<string[]> {
  const document = JSON.parse(await served(path)) as { id: string }
  const { authentication } = parseDidDocument(document, document.id)
  return authentication.map((kid) => kid.slice(document.id.length))
}

/** The names of the keys on BabyJubJub in the document at a path, and how many keys of other kinds there are. */
async function zkKeysAt(path: string): Promise<{ readonly zk: readonly string[]; readonly others: number }> {
  const document = JSON.parse(await served(path)) as { id: string }
  const { verificationMethod, assertionMethod } = parseDidDocument(document, document.id)
  const ofCurve = verificationMethod.filter(({ foreignJwk }) => foreignJwk?.['crv'] === 'BabyJubJub')
  const zk = ofCurve.map(({ id }) => id).filter((id) => assertionMethod.includes(id))
  return { zk, others: verificationMethod.length - zk.length }
}

describe('a key that signs what compliance proofs are made of', () => {
  it('is made for the organization, once more, and the first one dropped', async () => {
    const path = '/.well-known/did.json'
    expect(await zkKeysAt(path)).toEqual({ zk: [], others: 1 })
    await did('rotate', '--zk')
    const [first] = (await zkKeysAt(path)).zk
    const { keys } = await did('rotate', '--zk')
    const both = await zkKeysAt(path)
    expect([both.zk[0], both.zk.length, both.others]).toEqual([first, 2, 1])
    expect(keys).toEqual(expect.arrayContaining([...both.zk]))
    await did('rotate', '--zk', '--drop')
    expect(await zkKeysAt(path)).toEqual({ zk: [both.zk[1]], others: 1 })
    await withState(at('acme'), async ({ wallet }) => {
      expect((await wallet.zkSigner(ORGANIZATION)).kid).toBe(both.zk[1])
    })
  })

  it.each(['web', 'webvh'])(
    'comes with a new did:%s, and stays when its other key changes',
    async (method) => {
      const path = `/zk/${method}/did.json`
      const made = await did('create', '--zk', '--method', method, '--location', `${ORIGIN}/zk/${method}`)
      const subject = made['did'] as string
      const zkKeys = async (): Promise<readonly string[]> =>
        withState(at('acme'), async ({ wallet }) => (await wallet.zkKeys(subject)).map(({ kid }) => kid))
      const before = await zkKeys()
      expect(before).toHaveLength(1)
      if (method === 'web') expect(await zkKeysAt(path)).toEqual({ zk: before, others: 1 })
      await did('rotate', '--did', subject)
      expect(await zkKeys()).toEqual(before)
      if (method === 'web') expect(await zkKeysAt(path)).toEqual({ zk: before, others: 2 })
      else expect(await served(`/zk/${method}/did.jsonl`)).toContain('BabyJubJub')
    },
  )

  it('has no place in a did:key', async () => {
    expect((await comity('did', 'create', '--zk', '--method', 'key', '--dir', at('acme'))).code).toBe(2)
    expect(
      (await comity('did', 'rotate', '--zk', '--did', 'did:web:x.example', '--dir', at('acme'))).code,
    ).toBe(2)
  })
})

describe('a did:web of an organization', () => {
  const subject = `${ORGANIZATION}:agents:one`
  const path = '/agents/one/did.json'

  it('is made, and published at once', async () => {
    const place = ['--location', `${ORIGIN}/agents/one`, '--agent-card', `${ORIGIN}/card.json`]
    expect(await did('create', ...place, '--also-known-as', 'https://acme.example/one')).toEqual({
      ok: true,
      did: subject,
    })
    expect(JSON.parse(await served(path))).toMatchObject({
      id: subject,
      controller: ORGANIZATION,
      alsoKnownAs: ['https://acme.example/one'],
      service: [{ type: 'AgentCard' }],
    })
  })

  it.each([
    ['a second time', ['--location', `${ORIGIN}/agents/one`]],
    ['elsewhere', ['--location', 'https://globex.example']],
    ['nowhere', []],
    ['by another method', ['--method', 'ion']],
  ])('is not made %s', async (_name, words) => {
    expect((await comity('did', 'create', ...words, '--dir', at('acme'))).code).toBe(2)
  })

  it('gets a new key, which signs later, and the old one verifies until it is dropped', async () => {
    const [first] = await keysAt(path)
    const { keys, signsFrom } = await did('rotate', '--did', subject)
    expect(signsFrom).toBeTypeOf('number')
    expect(await keysAt(path)).toEqual((keys as string[]).map((kid) => kid.slice(subject.length)))
    expect((await keysAt(path))[0]).toBe(first)
    // Dropped now, nothing would sign.
    const early = await comity('did', 'rotate', '--drop', '--did', subject, '--dir', at('acme'))
    expect([early.code, await keysAt(path)]).toEqual([2, await keysAt(path)])
    expect(early.errors).toContain('does not sign before')
    expect(await keysAt(path)).toHaveLength(2)
    await did('rotate', '--signs-in', '0', '--did', subject)
    await did('rotate', '--drop', '--did', subject)
    expect(await keysAt(path)).toHaveLength(1)
    expect(await keysAt(path)).not.toContain(first)
    expect(JSON.parse(await served(path))).toMatchObject({ service: [{ type: 'AgentCard' }] })
  })

  it('has a history, and comes to an end', async () => {
    expect(await did('deactivate', subject)).toEqual({ ok: true, did: subject })
    expect(await served(path)).toBe('gone')
    expect((await comity('did', 'deactivate', subject, '--dir', at('acme'))).code).toBe(1)
    expect((await comity('did', 'rotate', '--did', subject, '--dir', at('acme'))).code).toBe(2)
    const { versions } = (await did('history', subject)) as {
      versions: { versionId: string; keys?: string[] }[]
    }
    expect(versions.map(({ versionId, keys }) => [versionId, keys?.length])).toEqual([
      ['1', 1],
      ['2', 2],
      ['3', 3],
      ['4', 1],
      ['5', undefined],
    ])
    const create = ['create', '--location', `${ORIGIN}/agents/one`, '--dir', at('acme')]
    expect((await comity('did', ...create)).code).toBe(2)
  })
})

describe('a did:webvh of an organization', () => {
  const path = '/agents/two/did.jsonl'
  let subject: string

  it('is made, and its log verifies', async () => {
    const made = await did('create', '--method', 'webvh', '--location', `${ORIGIN}/agents/two`)
    subject = String(made['did'])
    const log = await verifyWebvhLog(subject, { log: await served(path), now: Date.now() / 1000 })
    expect(log.versions).toHaveLength(2)
  })

  it('gets new keys, of both kinds, and ends', async () => {
    await did('rotate', '--signs-in', '0', '--did', subject)
    await did('rotate', '--drop', '--did', subject)
    await did('deactivate', subject)
    expect((await comity('did', 'deactivate', subject, '--dir', at('acme'))).code).toBe(1)
    const { versions } = (await did('history', subject)) as { versions: { keys?: string[] }[] }
    expect(versions.map(({ keys }) => keys?.length)).toEqual([0, 1, 2, 1, undefined])
    const lines = (await served(path))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { parameters: object })
    const updateKeys = lines.map(({ parameters }) =>
      JSON.stringify((parameters as { updateKeys?: unknown }).updateKeys),
    )
    expect(new Set(updateKeys).size).toBe(lines.length)
  })

  it('tells its history to anybody over HTTPS', async () => {
    const server = await startServer((request, response) => {
      void withState(at('globex'), async ({ store }) => {
        const found = await findPublished(store, server.origin, request.url ?? '')
        if (found === undefined || found === 'gone') response.writeHead(404).end()
        else response.end(found.body)
      })
    })
    await comity('init', at('globex'), '--origin', server.origin)
    const place = ['--location', `${server.origin}/agents/three`, '--dir', at('globex'), '--json']
    const created = await comity('did', 'create', '--method', 'webvh', ...place)
    const { did: foreign } = JSON.parse(created.output) as { did: string }
    await writeFile(at('ca.pem'), authority.ca)
    const network = ['--ca', at('ca.pem'), '--allow-loopback', `localhost:${String(server.port)}`]
    const { code, output } = await comity('did', 'history', foreign, ...network)
    expect([code, output]).toEqual([0, expect.stringMatching(/^1-Qm\w+ \S+ \n2-Qm\w+ \S+ #[\w-]+$/)])
    // Another SCID has another log.
    const forged = foreign.replace(/Qm\w+/, subject.split(':')[2] ?? '')
    const refused = await comity('did', 'history', forged, ...network)
    expect([refused.code, refused.errors]).toEqual([1, expect.stringContaining('COMITY_DID')])
    expect((await comity('did', 'history', 'did:web:acme.example')).code).toBe(2)
  })
})

describe('a did:key', () => {
  it('is made in the wallet of a folder', async () => {
    const { did: subject } = await did('create', '--method', 'key')
    expect(subject).toMatch(/^did:key:z6Mk/)
    expect((await comity('did', 'rotate', '--did', String(subject), '--dir', at('acme'))).code).toBe(2)
  })
})

describe('a DID that is not of the folder', () => {
  it.each([
    ['rotate', '--did', 'did:web:globex.example'],
    ['deactivate', 'did:web:globex.example'],
    ['rotate', '--signs-in', '-1'],
  ])('%s', async (...words) => {
    expect((await comity('did', ...words, '--dir', at('acme'))).code).toBe(2)
  })

  it('has no history there', async () => {
    const { code, errors } = await comity('did', 'history', 'did:web:globex.example', '--dir', at('acme'))
    expect([code, errors]).toEqual([1, expect.stringContaining('COMITY_DID_NOT_FOUND')])
  })
})

describe('what is asked of the folder by path', () => {
  it.each([
    ['/.well-known/did.json', true],
    ['/did.json', false],
    ['/.well-known/../did.json', false],
    ['/..%2fdid.json', false],
    ['/%FF/did.json', false],
    [`/${'a'.repeat(2000)}/did.json`, false],
    ['/comity.json', false],
    ['', false],
  ])('%s', async (path, isThere) => {
    expect((await served(path)) !== 'undefined').toBe(isThere)
  })

  it('does not tell private keys', async () => {
    expect(await readFile(at('acme', 'comity.json'), 'utf8')).toContain(ORGANIZATION)
    expect(await served('/.well-known/did.json')).not.toContain('"d"')
  })
})
