import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { comity } from './run-comity.ts'
import { compileTiny, makePtau } from './support/tiny-circuit.ts'
import { BEACON, sectionAt, startTinyCeremony, type TinyCeremony } from './support/tiny-ceremony.ts'

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

/** A copy of a file with one byte changed. */
async function tamper(from: string, to: string, index: number): Promise<void> {
  const bytes = await readFile(tiny.at(from))
  bytes[index] = bytes[index]! ^ 1
  await writeFile(tiny.at(to), bytes)
}

describe('a key is refused', () => {
  const code = async (zkey: string, ...more: string[]): Promise<unknown> => {
    const { output, code: exit } = await tiny.verify(zkey, ...more)
    expect(exit).toBe(1)
    return (json(output) as { error?: { code: string } }).error?.code
  }

  it('that nobody has contributed to, with a beacon or without', async () => {
    expect(await code('start/start.zkey')).toBe('COMITY_CEREMONY_CONTRIBUTIONS_NONE')
    expect((await tiny.finish('start/start.zkey', 'none')).errors).toContain(
      'COMITY_CEREMONY_CONTRIBUTIONS_NONE',
    )
  })

  it('that is of another circuit, or of other powers of tau', async () => {
    const cube = await compileTiny(tiny.at('cube'), 3)
    await writeFile(tiny.at('other.ptau'), (await makePtau(3)).prepared)
    await comity(
      'ceremony',
      'start',
      '--r1cs',
      cube.r1cs,
      '--ptau',
      tiny.at('tau.ptau'),
      '--out',
      tiny.at('cube-start'),
    )
    await tiny.contribute('cube-start/start.zkey', 'cube.zkey', 'acme.example')
    expect(await code('cube.zkey')).toBe('COMITY_CEREMONY_CIRCUIT_MISMATCH')
    await comity(
      'ceremony',
      'start',
      '--r1cs',
      tiny.circuit.r1cs,
      '--ptau',
      tiny.at('other.ptau'),
      '--out',
      tiny.at('other'),
    )
    await tiny.contribute('other/start.zkey', 'other.zkey', 'acme.example')
    expect(await code('other.zkey')).toBe('COMITY_CEREMONY_CIRCUIT_MISMATCH')
    const mixed = await comity(
      ...['ceremony', 'finish', ...tiny.setup, '--in', tiny.at('2.zkey'), '--circuit', cube.folder],
      ...['--beacon', BEACON, '--out', tiny.at('mixed')],
    )
    expect(mixed.errors).toContain('COMITY_CEREMONY_CIRCUIT_MISMATCH')
  })

  it('from which a published contribution is missing', async () => {
    await tiny.contribute('start/start.zkey', 'without.zkey', 'globex.example')
    const missing = await code('without.zkey', '--contribution', tiny.at('1.zkey.json'))
    expect(missing).toBe('COMITY_CEREMONY_CONTRIBUTION_MISSING')
    expect(
      (await tiny.finish('without.zkey', 'x', '--contribution', tiny.at('1.zkey.json'))).errors,
    ).toContain('COMITY_CEREMONY_CONTRIBUTION_MISSING')
  })

  it('from which a contribution was cut out', async () => {
    const bytes = await readFile(tiny.at('2.zkey'))
    const begins = await sectionAt(tiny.at('2.zkey'), 10)
    // The first contribution: 320 bytes of points, 64 of transcript, its type, and the length of its parameters.
    const length = 392 + bytes.readUInt32LE(begins + 68 + 388)
    const cut = Buffer.concat([bytes.subarray(0, begins + 68), bytes.subarray(begins + 68 + length)])
    cut.writeUInt32LE(1, begins + 64)
    cut.writeBigUInt64LE(BigInt(cut.length - begins), begins - 8)
    await writeFile(tiny.at('cut.zkey'), cut)
    expect(await code('cut.zkey')).toBe('COMITY_CEREMONY_TRANSCRIPT_INVALID')
  })

  it('whose contribution was changed', async () => {
    const begins = await sectionAt(tiny.at('2.zkey'), 10)
    await tamper('2.zkey', 'transcript.zkey', begins + 68 + 320)
    expect(await code('transcript.zkey')).toBe('COMITY_CEREMONY_TRANSCRIPT_INVALID')
    await tamper('2.zkey', 'point.zkey', begins + 68)
    expect(await code('point.zkey')).toBe('COMITY_CEREMONY_FILE_MALFORMED')
    await tamper('2.zkey', 'circuit.zkey', begins)
    expect(await code('circuit.zkey')).toBe('COMITY_CEREMONY_CIRCUIT_MISMATCH')
  })

  it('whose contribution swaps two points that are each in their group', async () => {
    const bytes = await readFile(tiny.at('1.zkey'))
    const begins = (await sectionAt(tiny.at('1.zkey'), 10)) + 68
    const [delta, other] = [bytes.subarray(begins, begins + 64), bytes.subarray(begins + 64, begins + 128)]
    bytes.set(Buffer.concat([other, delta]), begins)
    await writeFile(tiny.at('swapped.zkey'), bytes)
    expect(await code('swapped.zkey')).toBe('COMITY_CEREMONY_TRANSCRIPT_INVALID')
  })

  it.each([3, 4, 5, 6, 7, 8, 9])('whose section %i was changed', async (id) => {
    // Each section's last point in place of its first: still points of the group, but others.
    const bytes = await readFile(tiny.at('2.zkey'))
    const begins = await sectionAt(tiny.at('2.zkey'), id)
    const size = Number(bytes.readBigUInt64LE(begins - 8))
    const width = id === 7 ? 128 : id === 4 ? 32 : 64
    if (size === width)
      bytes.set(bytes.subarray(await sectionAt(tiny.at('2.zkey'), 3)).subarray(0, width), begins)
    else bytes.copyWithin(begins + (id === 4 ? 16 : 0), begins + size - width, begins + size)
    await writeFile(tiny.at(`section-${String(id)}.zkey`), bytes)
    expect(await code(`section-${String(id)}.zkey`)).toBe('COMITY_CEREMONY_TRANSCRIPT_INVALID')
  })

  it('whose changed points are on no curve, or whose delta is not', async () => {
    await tamper('2.zkey', 'off.zkey', (await sectionAt(tiny.at('2.zkey'), 9)) + 1)
    expect(await code('off.zkey')).toBe('COMITY_CEREMONY_FILE_MALFORMED')
    await tamper('2.zkey', 'delta.zkey', (await sectionAt(tiny.at('2.zkey'), 2)) + 650)
    expect(await code('delta.zkey')).toBe('COMITY_CEREMONY_FILE_MALFORMED')
  })
})
