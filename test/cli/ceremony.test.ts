import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadArtifacts } from '../../src/zk/prove/artifacts.ts'
import { comity } from './run-comity.ts'
import { compileTiny, sha256 } from './support/tiny-circuit.ts'
import { BEACON, startTinyCeremony, type TinyCeremony } from './support/tiny-ceremony.ts'

let folder: string
let tiny: TinyCeremony

const json = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'comity-ceremony-'))
  tiny = await startTinyCeremony(folder)
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

describe('a ceremony', () => {
  it('names what it begins with', async () => {
    const made = json(await readFile(tiny.at('start/ceremony.json'), 'utf8'))
    expect(made).toMatchObject({
      format: 'comity-ceremony/1',
      r1cs: { sha256: sha256(await readFile(tiny.circuit.r1cs)), constraints: 1 },
      ptau: { sha256: sha256(await readFile(tiny.at('tau.ptau'))) },
      'start.zkey': { sha256: sha256(await readFile(tiny.at('start/start.zkey'))) },
    })
    expect(await readdir(tiny.at('start'))).toEqual(['ceremony.json', 'start.zkey'])
  })

  it('lists two contributors, with what they have published', async () => {
    const { code, output } = await tiny.verify(
      '2.zkey',
      '--contribution',
      tiny.at('1.zkey.json'),
      '--contribution',
      tiny.at('2.zkey.json'),
    )
    expect(code).toBe(0)
    const published = await Promise.all(
      ['1.zkey.json', '2.zkey.json'].map(async (name) => json(await readFile(tiny.at(name), 'utf8'))),
    )
    expect(published[1]).toMatchObject({
      name: 'globex.example',
      position: 2,
      previous: published[0]?.contribution,
    })
    expect(json(output)).toMatchObject({
      ok: true,
      finished: false,
      contributions: [
        { position: 1, name: 'acme.example', hash: published[0]?.contribution },
        { position: 2, name: 'globex.example', hash: published[1]?.contribution },
      ],
    })
  })

  it('tells the hash that snarkjs tells', async () => {
    const { zKey, curves } = (await import('snarkjs')) as never as {
      zKey: { contribute(...given: unknown[]): Promise<Uint8Array> }
      curves: { getCurveFromName(name: string): Promise<{ terminate(): Promise<void> }> }
    }
    const out = { type: 'mem', data: new Uint8Array() }
    const hash = await zKey.contribute(await readFile(tiny.at('1.zkey')), out, 'an oracle', 'entropy')
    await (await curves.getCurveFromName('bn128')).terminate()
    await writeFile(tiny.at('oracle.zkey'), out.data)
    const { contributions } = json((await tiny.verify('oracle.zkey')).output) as {
      contributions: { hash: string }[]
    }
    expect(contributions[1]?.hash).toBe(Buffer.from(hash).toString('hex'))
  })

  it('ends with a beacon, and with artifacts that go together', async () => {
    const done = await tiny.finish(
      '2.zkey',
      'artifacts',
      '--contribution',
      tiny.at('1.zkey.json'),
      '--iterations',
      '11',
    )
    expect(done).toMatchObject({ code: 0 })
    expect(done.errors).toMatch(
      /^applying the beacon …\nmaking the first key .*\nverifying each contribution …$/,
    )
    const names = ['compliance.wasm', 'compliance.zkey', 'manifest.json', 'verification_key.json']
    expect(await readdir(tiny.at('artifacts'))).toEqual(names)
    const manifest = json(await readFile(tiny.at('artifacts/manifest.json'), 'utf8'))
    expect(manifest).toMatchObject({ setup: 'ceremony', versions: { circom2: '0.2.23' } })
    expect(manifest.r1cs).toMatchObject({ sha256: sha256(await readFile(tiny.circuit.r1cs)) })
    const { contributions } = manifest.ceremony as { contributions: unknown[] }
    expect(contributions).toMatchObject([
      { name: 'acme.example' },
      { name: 'globex.example' },
      { beacon: { hex: BEACON, iterations: 11 } },
    ])
    for (const [name, { sha256: digest }] of Object.entries(
      manifest.artifacts as Record<string, { sha256: string }>,
    )) {
      expect(digest).toBe(sha256(await readFile(join(tiny.at('artifacts'), name))))
    }
    expect(json(await readFile(tiny.at('artifacts/verification_key.json'), 'utf8'))).toMatchObject({
      protocol: 'groth16',
      curve: 'bn128',
      nPublic: 1,
    })
    const warnings: string[] = []
    const { verificationKey } = await loadArtifacts(tiny.at('artifacts'), {
      warn: (text) => warnings.push(text),
    })
    expect({ warnings, ...verificationKey }).toMatchObject({ warnings: [], development: false, inputs: 1 })
    const verified = json((await tiny.verify('artifacts/compliance.zkey')).output)
    expect(verified).toMatchObject({ ok: true, finished: true })
    const late = await tiny.contribute('artifacts/compliance.zkey', 'late.zkey', 'initech.example')
    expect(late).toMatchObject({ code: 1 })
    expect(late.errors).toContain('COMITY_CEREMONY_FINISHED')
    expect((await tiny.finish('artifacts/compliance.zkey', 'again')).errors).toContain(
      'COMITY_CEREMONY_FINISHED',
    )
  })

  it('makes proofs that its verification key verifies, and no other', async () => {
    const { groth16, curves } = (await import('snarkjs')) as never as {
      groth16: Record<'fullProve' | 'verify', (...given: unknown[]) => Promise<never>>
      curves: { getCurveFromName(name: string): Promise<{ terminate(): Promise<void> }> }
    }
    const { proof, publicSignals } = (await groth16.fullProve(
      { x: 7 },
      tiny.at('artifacts/compliance.wasm'),
      tiny.at('artifacts/compliance.zkey'),
    )) as { proof: unknown; publicSignals: string[] }
    const key = json(await readFile(tiny.at('artifacts/verification_key.json'), 'utf8'))
    expect(publicSignals).toEqual(['49'])
    expect(await groth16.verify(key, publicSignals, proof)).toBe(true)
    expect(await groth16.verify(key, ['50'], proof)).toBe(false)
    await (await curves.getCurveFromName('bn128')).terminate()
  })

  it('tells people and machines how far it is', async () => {
    const people = await comity('ceremony', 'verify', ...tiny.setup, '--zkey', tiny.at('2.zkey'))
    expect(people.output).toMatch(
      /^1\. [0-9a-f]{128} acme\.example\n2\. [0-9a-f]{128} globex\.example\ngood so far: /,
    )
    expect(people.errors).toContain('verifying each contribution …')
    for (const line of (await tiny.verify('2.zkey')).errors.split('\n')) {
      expect(json(line)).toHaveProperty('progress')
    }
  })

  it('verifies the powers of tau where it is asked to', async () => {
    expect(await tiny.verify('2.zkey', '--check-ptau')).toMatchObject({ code: 0 })
    const bytes = await readFile(tiny.at('tau.ptau'))
    const [from, to] = [bytes.length - 128, bytes.length - 64]
    bytes.copyWithin(from, to) // a point of the last section twice, which only who checks the powers can see
    await writeFile(tiny.at('bad.ptau'), bytes)
    const words = [
      '--r1cs',
      tiny.circuit.r1cs,
      '--ptau',
      tiny.at('bad.ptau'),
      '--out',
      tiny.at('bad'),
      '--check-ptau',
    ]
    expect((await comity('ceremony', 'start', ...words)).errors).toContain('COMITY_CEREMONY_PTAU_INVALID')
  })
})

describe('randomness', () => {
  it('is new in each contribution, and said nowhere', async () => {
    await writeFile(tiny.at('dice'), 'four and four and four', { mode: 0o600 })
    const [first, second] = [
      await tiny.contribute('start/start.zkey', 'a.zkey', 'acme.example', '--entropy-file', tiny.at('dice')),
      await tiny.contribute('start/start.zkey', 'b.zkey', 'acme.example', '--entropy-file', tiny.at('dice')),
    ]
    expect(first.code).toBe(0)
    expect(first.output + first.errors).not.toContain('four')
    expect(await readFile(tiny.at('a.zkey'))).not.toEqual(await readFile(tiny.at('b.zkey')))
    expect(second.output).not.toBe(first.output.replaceAll('a.zkey', 'b.zkey'))
  })

  it('comes from a file only when nobody else can read it, and it has an end', async () => {
    await writeFile(tiny.at('open'), 'seen by all', { mode: 0o644 })
    await writeFile(tiny.at('empty'), '', { mode: 0o600 })
    for (const file of [tiny.at('open'), tiny.at('empty'), '/dev/urandom', tiny.at('none')]) {
      expect((await tiny.contribute('1.zkey', 'no.zkey', 'acme.example', '--entropy-file', file)).code).toBe(
        2,
      )
    }
  })
})

describe('the files', () => {
  it('are what they must be', async () => {
    const start = async (r1cs: string, ptau: string): Promise<string> =>
      (await comity('ceremony', 'start', '--r1cs', r1cs, '--ptau', ptau, '--out', tiny.at('never'))).errors
    expect(await start(tiny.at('tau.ptau'), tiny.at('tau.ptau'))).toContain(
      'COMITY_CEREMONY_FILE_MALFORMED, another kind of file',
    )
    expect(await start(tiny.circuit.r1cs, tiny.circuit.r1cs)).toContain('COMITY_CEREMONY_FILE_MALFORMED')
    expect(await start(tiny.circuit.r1cs, tiny.at('raw.ptau'))).toContain('COMITY_CEREMONY_PTAU_UNPREPARED')
    const sixteen = await compileTiny(tiny.at('large'), 20)
    expect(await start(sixteen.r1cs, tiny.at('tau.ptau'))).toContain('COMITY_CEREMONY_PTAU_TOO_SMALL')
    await writeFile(tiny.at('curve.ptau'), (await readFile(tiny.at('tau.ptau'))).fill(1, 30, 31))
    expect(await start(tiny.circuit.r1cs, tiny.at('curve.ptau'))).toContain('COMITY_CEREMONY_CURVE')
    expect((await tiny.contribute('tau.ptau', 'never.zkey', 'acme.example')).errors).toContain(
      'FILE_MALFORMED',
    )
    await expect(stat(tiny.at('never'))).rejects.toThrow()
  })

  it('are neither overwritten nor left half-written', async () => {
    const before = await readFile(tiny.at('1.zkey'))
    expect(await tiny.contribute('start/start.zkey', '1.zkey', 'acme.example')).toMatchObject({ code: 2 })
    expect(await readFile(tiny.at('1.zkey'))).toEqual(before)
    expect((await comity('ceremony', 'start', ...tiny.setup, '--out', tiny.at('start'))).code).toBe(2)
    expect((await readdir(folder)).filter((name) => name.includes('partial'))).toEqual([])
  })

  it('are not read beyond their limit', async () => {
    await writeFile(tiny.at('large.json'), ' '.repeat(65_537))
    const { output, code } = await tiny.verify('2.zkey', '--contribution', tiny.at('large.json'))
    expect(code).toBe(1)
    expect(output).toContain('COMITY_CEREMONY_FILE_TOO_LARGE')
  })
})

describe('a wrong call', () => {
  it.each([
    ['a beacon that is short', ['--beacon', 'aabb']],
    ['a beacon that is no hexadecimal', ['--beacon', 'z'.repeat(32)]],
    ['too few iterations', ['--iterations', '9']],
    ['too many iterations', ['--iterations', '31']],
  ])('has %s', async (_, more) => {
    expect((await tiny.finish('2.zkey', 'never', ...more)).code).toBe(2)
  })

  it.each(['', 'x'.repeat(65), 'a\u001b[31mb', 'a\nb', 'a\u202eb'])('has the name %j', async (name) => {
    expect((await tiny.contribute('1.zkey', 'never.zkey', name)).code).toBe(2)
  })
})
