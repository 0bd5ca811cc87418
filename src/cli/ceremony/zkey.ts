import { readContributions, type Contributions } from './contributions.ts'
import { malformed, refusal } from './errors.ts'
import { BASE_FIELD, G1_BYTES, G2_BYTES, readG1, readG2, SCALAR_FIELD } from './points.ts'
import { readSections, sectionOf, uint256, type Section } from './sections.ts'

/** A Groth16 proving key whose form was checked, and nothing else. */
export interface UnverifiedKey extends Contributions {
  readonly wires: number
  readonly publicSignals: number
  readonly domain: number
  /** The points that the contributions change: one for each private wire, and the quotient's. */
  readonly changing: readonly Uint8Array[]
}

const HEADER_BYTES = 660
const DELTA_OFFSET = HEADER_BYTES - G1_BYTES - G2_BYTES
const COEFFICIENT_BYTES = 44

/**
 * Reads a proving key of Groth16 over bn254, as snarkjs writes it.
 *
 * @throws {VerificationError} `COMITY_CEREMONY_FILE_MALFORMED` when it is none, or its parts contradict each other;
 *   `COMITY_CEREMONY_CURVE` when it is of another curve.
 */
export function parseKey(bytes: Uint8Array): UnverifiedKey {
  const sections = readSections(bytes, { file: 'zkey', magic: 'zkey', maxVersion: 1, maxSection: 10 })
  if (sectionOf(sections, 1, 'zkey', 4).view.getUint32(0, true) !== 1) throw malformed('zkey', 'no Groth16')
  const header = sectionOf(sections, 2, 'zkey', HEADER_BYTES)
  const { view } = header
  const isOurCurve =
    view.getUint32(0, true) === 32 &&
    uint256(header.bytes, 4) === BASE_FIELD &&
    view.getUint32(36, true) === 32 &&
    uint256(header.bytes, 40) === SCALAR_FIELD
  if (!isOurCurve) throw refusal('COMITY_CEREMONY_CURVE', 'the key is of another curve', { file: 'zkey' })
  const [wires, publicSignals, domain] = [72, 76, 80].map((offset) => view.getUint32(offset, true)) as [
    number,
    number,
    number,
  ]
  if (publicSignals >= wires || !Number.isInteger(Math.log2(domain))) {
    throw malformed('zkey', 'numbers that contradict')
  }
  assertSizes(sections, { wires, publicSignals, domain })
  readG1(header.bytes, DELTA_OFFSET, 'zkey')
  readG2(header.bytes, DELTA_OFFSET + G1_BYTES, 'zkey')
  return {
    ...readContributions(sectionOf(sections, 10, 'zkey')),
    wires,
    publicSignals,
    domain,
    changing: [8, 9].map((id) => sectionOf(sections, id, 'zkey').bytes),
  }
}

function assertSizes(
  sections: ReadonlyMap<number, Section>,
  { wires, publicSignals, domain }: Pick<UnverifiedKey, 'wires' | 'publicSignals' | 'domain'>,
): void {
  const coefficients = sectionOf(sections, 4, 'zkey')
  if (coefficients.bytes.length < 4) throw malformed('zkey', 'cut off')
  sectionOf(sections, 4, 'zkey', 4 + coefficients.view.getUint32(0, true) * COEFFICIENT_BYTES)
  const g1 = { 3: publicSignals + 1, 5: wires, 6: wires, 8: wires - publicSignals - 1, 9: domain }
  for (const [id, count] of Object.entries(g1)) sectionOf(sections, Number(id), 'zkey', count * G1_BYTES)
  sectionOf(sections, 7, 'zkey', wires * G2_BYTES)
}
