import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fixture from '../../fixtures/zk/proofs.json' with { type: 'json' }
import { formatAnchorDocument } from '../../src/zk/index.ts'
import { comity } from './run-comity.ts'

let folder: string
const at = (name: string): string => join(folder, name)
const json = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>

async function write(name: string, content: unknown): Promise<string> {
  await writeFile(at(name), typeof content === 'string' ? content : JSON.stringify(content))
  return at(name)
}

const path = (name: string): string[] => ['credentialSubject', name]
const template = (predicates: unknown[], meta: object = {}): object => ({
  credentials: [
    {
      id: 'posture',
      format: 'comity-zk',
      meta: { type_values: [['AgentPostureCredential']], ...meta },
      predicates,
    },
  ],
})
const SOUND = [
  { path: path('openCriticalVulnerabilities'), op: 'range', min: 0, max: 0 },
  { path: path('region'), op: 'in', values: ['eu', 'uk'] },
  { path: path('assessedAt'), op: 'range', min: { epoch: -86_400 } },
]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'comity-zk-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

describe('comity zk policy', () => {
  it('says what is proven, and how much of the circuit it takes', async () => {
    const demand = await write('template.json', template(SOUND))
    const { code, output } = await comity('zk', 'policy', demand, '--strict')
    expect(code).toBe(0)
    expect(output.split('\n')).toEqual([
      'posture: AgentPostureCredential, 4 of 16 predicates',
      '  digest: another one in each epoch',
      '  openCriticalVulnerabilities from 0 to 0',
      '  region is one of "eu", "uk"',
      '  assessedAt from {"epoch":-86400} to "any"',
    ])
  })

  it('tells the digest where the epoch is there', async () => {
    const anchors = `urn:sha256:${'A'.repeat(43)}`
    const digestAt = async (epoch: number): Promise<unknown> => {
      const demand = await write('demand.json', template(SOUND, { anchors, epoch }))
      const { queries } = json((await comity('zk', 'policy', demand, '--json')).output) as {
        queries: { digest: string }[]
      }
      return queries[0]?.digest
    }
    expect(await digestAt(1_800_000_000)).toMatch(/^[\w-]{43}$/)
    expect(await digestAt(1_800_000_000)).toBe(await digestAt(1_800_000_000))
    expect(await digestAt(1_800_000_600)).not.toBe(await digestAt(1_800_000_000))
  })

  it('warns of what may not mean what it seems to, and fails where it was asked to', async () => {
    const none = await write(
      'none.json',
      template([{ path: path('openCriticalVulnerabilities'), op: 'none', value: 3 }]),
    )
    expect(await comity('zk', 'policy', none)).toMatchObject({
      code: 0,
      output: expect.stringMatching(
        /warning: openCriticalVulnerabilities is not 3: it also holds where .*absent/,
      ),
    })
    expect((await comity('zk', 'policy', none, '--strict')).code).toBe(1)
  })

  it('says what no proof can be about', async () => {
    const negative = await write(
      'id.json',
      template([{ path: path('id'), op: 'eq', value: 'did:web:a.example' }]),
    )
    expect(await comity('zk', 'policy', negative)).toMatchObject({
      code: 1,
      errors: expect.stringContaining('COMITY_ZK_POLICY_UNSUPPORTED'),
    })
    expect((await comity('zk', 'policy', await write('empty.json', { posture: { maxAge: 60 } }))).code).toBe(
      2,
    )
  })
})

describe('comity zk verify, on real proofs', () => {
  const verify = async (id: string, changes: Record<string, string> = {}, ...more: string[]) => {
    const found = fixture.cases.find((each) => each.id === id)!
    const download = formatAnchorDocument({ anchors: fixture.anchors, statusLists: new Map() })
    const { proof = found.proof, ...others } = changes
    const flags = {
      demand: await write(`demand-${id}.json`, found.demand),
      audience: fixture.audience,
      key: found.key,
      anchors: await write('anchors.json', download),
      at: String(fixture.now),
      'auditor-key': await write('auditor-jwk.json', fixture.auditor.jwk),
      ...others,
    }
    const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])
    const accepted = more.length === 0 ? ['--accept-development-setup'] : more
    return comity('zk', 'verify', await write('proof', `${proof}\n`), ...words, '--json', ...accepted)
  }
  const refusal = async (changes: Record<string, string>): Promise<unknown> => {
    const { code, output } = await verify(fixture.cases[0]!.id, changes)
    expect(code).toBe(1)
    return (json(output).error as { code: string }).code
  }

  it.each(fixture.cases.map(({ id }) => id))('takes %s', async (id) => {
    expect(await verify(id)).toMatchObject({ code: 0, errors: '' })
  })

  it('refuses what is for another key or audience, of another epoch, or changed', async () => {
    const { proof, key } = fixture.cases[0]!
    expect(await refusal({ key: key.replace(/^./, (char) => (char === 'A' ? 'B' : 'A')) })).toBe(
      'COMITY_ZK_PROOF_INVALID',
    )
    expect(await refusal({ at: String(fixture.now + 86_400) })).toBe('COMITY_ZK_ANCHORS_STALE')
    expect(await refusal({ audience: 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK' })).toBe(
      'COMITY_ZK_ANCHORS_FORGED',
    )
    const forged = proof.replace(/.{3}$/, 'AAA')
    expect(['COMITY_ZK_POINT_INVALID', 'COMITY_ZK_PROOF_MALFORMED', 'COMITY_ZK_PROOF_INVALID']).toContain(
      await refusal({ proof: forged }),
    )
  })

  it('warns of the development setup unless it is accepted, and takes no key for granted', async () => {
    const { DEVELOPMENT_VERIFICATION_KEY } = await import('../../src/zk/index.ts')
    const key = await write('vk.json', DEVELOPMENT_VERIFICATION_KEY)
    const { code, errors } = await verify(fixture.cases[0]!.id, {}, '--verification-key', key)
    expect({ code, errors }).toEqual({
      code: 0,
      errors: expect.stringMatching(/^warning: .*development key/),
    })
    expect((await verify(fixture.cases[0]!.id, {}, '--query', 'posture-zk')).code).toBe(2)
  })

  it('hands on what an auditor opens', async () => {
    const sealed = fixture.cases.find(({ demand }) => JSON.stringify(demand).includes('auditor'))!
    const verified = await verify(sealed.id)
    const privateKey = at('auditor.key')
    await writeFile(privateKey, fixture.auditor.privateKey, { mode: 0o600 })
    const opened = await comity(
      'zk',
      'escrow',
      'open',
      await write('verified.json', verified.output),
      '--key',
      privateKey,
    )
    expect(opened).toEqual({ code: 0, output: sealed.credentialDigest, errors: '' })
    await chmod(privateKey, 0o644)
    expect((await comity('zk', 'escrow', 'open', at('verified.json'), '--key', privateKey)).code).toBe(2)
  })
})

describe('comity zk escrow', () => {
  it('makes a key that only its owner can read, and never prints it', async () => {
    const { code, output } = await comity('zk', 'escrow', 'keygen', '--out', at('fresh.key'), '--json')
    expect(code).toBe(0)
    expect(json(output).publicKeyJwk).toMatchObject({ kty: 'EC', crv: 'BabyJubJub' })
    expect((await stat(at('fresh.key'))).mode & 0o777).toBe(0o600)
    expect(output).not.toContain((await readFile(at('fresh.key'), 'utf8')).trim())
    expect((await comity('zk', 'escrow', 'keygen', '--out', at('fresh.key'))).code).toBe(2)
  })

  it('opens nothing that is malformed', async () => {
    const file = await write('none', 'AAAA')
    const { code, errors } = await comity('zk', 'escrow', 'open', file, '--key', at('fresh.key'))
    expect({ code, errors }).toEqual({
      code: 1,
      errors: expect.stringContaining('COMITY_ZK_ESCROW_MALFORMED'),
    })
  })
})
