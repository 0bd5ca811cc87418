import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parsePtau } from '../../src/cli/ceremony/ptau.ts'
import { createProgress } from '../../src/cli/ceremony/progress.ts'
import { parseR1cs } from '../../src/cli/ceremony/r1cs.ts'
import { parsePublished } from '../../src/cli/ceremony/transcript.ts'
import { parseKey } from '../../src/cli/ceremony/zkey.ts'
import { ComityError } from '../../src/errors/index.ts'
import { comity } from './run-comity.ts'
import { compileTiny, makePtau, type TinyCircuit } from './support/tiny-circuit.ts'

const ROOT = new URL('../../', import.meta.url)

let folder: string
let circuit: TinyCircuit
const valid: Record<string, Uint8Array> = {}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'comity-ceremony-'))
  circuit = await compileTiny(folder, 2)
  const ptau = join(folder, 'tau.ptau')
  await writeFile(ptau, (await makePtau(2)).prepared)
  await comity('ceremony', 'start', '--r1cs', circuit.r1cs, '--ptau', ptau, '--out', join(folder, 'start'))
  const key = join(folder, '1.zkey')
  await comity(
    'ceremony',
    'contribute',
    '--in',
    join(folder, 'start/start.zkey'),
    '--out',
    key,
    '--name',
    'acme',
  )
  valid.r1cs = await readFile(circuit.r1cs)
  valid.ptau = await readFile(ptau)
  valid.zkey = await readFile(key)
  valid.contribution = await readFile(`${key}.json`)
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

const parsers: [string, (bytes: Uint8Array) => unknown][] = [
  ['r1cs', parseR1cs],
  ['ptau', parsePtau],
  ['zkey', parseKey],
  ['contribution', parsePublished],
]

/** Whether bytes are taken; whatever else is thrown fails the test. */
function isTaken(parse: (bytes: Uint8Array) => unknown, bytes: Uint8Array): boolean {
  try {
    parse(bytes)
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(ComityError)
    expect((error as ComityError).code).toMatch(/^COMITY_CEREMONY_/)
    return false
  }
}

describe.each(parsers)('a file of the kind %s', (kind, parse) => {
  it('is taken when it is good', () => {
    expect(isTaken(parse, valid[kind]!)).toBe(true)
  })

  it('is refused by a code, whatever its bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, begins) => {
        const head = begins ? valid[kind]!.subarray(0, 12) : new Uint8Array()
        expect(isTaken(parse, Buffer.concat([head, bytes]))).toBe(false)
      }),
    )
  })

  it('is refused when it is cut off, or has more', () => {
    const bytes = valid[kind]!
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 2 }), (length) => {
        expect(isTaken(parse, bytes.slice(0, length))).toBe(false)
      }),
    )
    expect(isTaken(parse, Buffer.concat([bytes, new Uint8Array([1])]))).toBe(false)
  })

  it('never does more than throw a code when a few bytes are others', () => {
    const bytes = valid[kind]!
    const change = fc.record({ at: fc.nat({ max: bytes.length - 1 }), to: fc.nat({ max: 255 }) })
    const seen = { taken: 0, refused: 0 }
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const mutant = Uint8Array.from(bytes)
        for (const { at, to } of changes) mutant[at] = to
        seen[isTaken(parse, mutant) ? 'taken' : 'refused'] += 1
      }),
      { numRuns: 300 },
    )
    expect(seen.refused).toBeGreaterThan(0)
  })
})

describe('the sizes that a file claims', () => {
  it.each(['r1cs', 'ptau', 'zkey'])('are not believed: %s', (kind) => {
    const [, parse] = parsers.find(([name]) => name === kind)!
    for (const claim of [0xffff_ffff_ffff_ffffn, 1n << 40n, 1n << 31n]) {
      const bytes = Buffer.from(valid[kind]!)
      bytes.writeBigUInt64LE(claim, 16)
      expect(isTaken(parse, bytes)).toBe(false)
    }
    const many = Buffer.from(valid[kind]!)
    many.writeUInt32LE(0xffff_ffff, 8)
    expect(isTaken(parse, many)).toBe(false)
  })

  it('of a key do not hold anybody up: a beacon that would be hashed for years', () => {
    const bytes = Buffer.from(valid.zkey!)
    // Parameters of a beacon instead of the name: 2^63 times, of one byte.
    const name = bytes.lastIndexOf(Buffer.from([1, 4, ...Buffer.from('acme')]))
    const begins = name - 8
    const beacon = Buffer.concat([
      bytes.subarray(0, begins),
      Buffer.from([1, 0, 0, 0, 5, 0, 0, 0, 2, 63, 3, 1, 7]),
    ])
    // The section of contributions is the last, and one byte shorter now.
    const length = begins - 392 + 8 - 4 - 64 - 8
    beacon.writeBigUInt64LE(bytes.readBigUInt64LE(length) - 1n, length)
    expect(() => parseKey(beacon)).toThrow(
      expect.objectContaining({ details: { file: 'zkey', reason: 'a beacon' } }),
    )
  })
})

describe('an interrupt', () => {
  it('leaves nothing behind', async () => {
    const words = ['ceremony', 'start', '--r1cs', circuit.r1cs, '--ptau', join(folder, 'tau.ptau')]
    const program = ['--import', 'tsx', '--conditions=comity-source', 'src/cli/bin.ts']
    const child = spawn(process.execPath, [...program, ...words, '--out', join(folder, 'interrupted')], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    await once(child.stderr, 'data')
    child.kill('SIGINT')
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
    expect(code === 0 || code === 130 || signal === 'SIGINT').toBe(true)
    const left = (await readdir(folder)).filter((name) => name.startsWith('interrupted'))
    expect(left).toEqual(code === 0 ? ['interrupted'] : [])
  })
})

describe('progress', () => {
  it('is told by tenths, to people and to machines', () => {
    const lines: string[] = []
    for (const json of [false, true]) {
      const progress = createProgress({ writeError: (line) => lines.push(line) }, json)
      progress.step('a step')
      for (let done = 0; done <= 1000; done++) progress.at(done, 1000)
    }
    expect(lines).toHaveLength(20)
    expect(lines.slice(0, 2)).toEqual(['a step …', 'a step: 10 %'])
    expect(lines.at(-1)).toBe('{"progress":"a step","percent":90}')
  })
})
