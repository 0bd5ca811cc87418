import { malformed, refusal } from './errors.ts'
import { BASE_FIELD, G1_BYTES, G2_BYTES } from './points.ts'
import type { R1csFacts } from './r1cs.ts'
import { readSections, sectionOf, uint256, type Section } from './sections.ts'

const HEADER_BYTES = 44
const MAX_POWER = 28

/**
 * Reads the form of a file of powers of tau, which is the part of a setup that does not depend on the circuit, and says
 * how far they reach. Who made them is not judged here.
 *
 * @throws {VerificationError} `COMITY_CEREMONY_FILE_MALFORMED` when it is none; `COMITY_CEREMONY_CURVE` when it is of another
 *   curve; `COMITY_CEREMONY_PTAU_UNPREPARED` when it was not prepared for the second phase.
 */
export function parsePtau(bytes: Uint8Array): { readonly power: number } {
  const sections = readSections(bytes, { file: 'ptau', magic: 'ptau', maxVersion: 1, maxSection: 15 })
  const header = sectionOf(sections, 1, 'ptau', HEADER_BYTES)
  if (header.view.getUint32(0, true) !== 32 || uint256(header.bytes, 4) !== BASE_FIELD) {
    throw refusal('COMITY_CEREMONY_CURVE', 'the powers of tau are of another curve', { file: 'ptau' })
  }
  const power = header.view.getUint32(36, true)
  if (power < 1 || power > MAX_POWER) throw malformed('ptau', 'a power out of range')
  if (!sections.has(12)) {
    throw refusal(
      'COMITY_CEREMONY_PTAU_UNPREPARED',
      'the powers of tau are not prepared for the second phase',
    )
  }
  assertSizes(sections, 2 ** power)
  return { power }
}

/**
 * Checks that the powers of tau reach as far as a circuit needs.
 *
 * @throws {VerificationError} `COMITY_CEREMONY_PTAU_TOO_SMALL`.
 */
export function assertReaches(ptau: { readonly power: number }, circuit: R1csFacts): void {
  if (circuit.power <= ptau.power) return
  throw refusal('COMITY_CEREMONY_PTAU_TOO_SMALL', 'the circuit needs more powers of tau', {
    power: ptau.power,
    needed: circuit.power,
  })
}

function assertSizes(sections: ReadonlyMap<number, Section>, domain: number): void {
  const g1 = {
    2: 2 * domain - 1,
    4: domain,
    5: domain,
    12: 4 * domain - 1,
    14: 2 * domain - 1,
    15: 2 * domain - 1,
  }
  const g2 = { 3: domain, 6: 1, 13: 2 * domain - 1 }
  for (const [id, count] of Object.entries(g1)) sectionOf(sections, Number(id), 'ptau', count * G1_BYTES)
  for (const [id, count] of Object.entries(g2)) sectionOf(sections, Number(id), 'ptau', count * G2_BYTES)
  sectionOf(sections, 7, 'ptau')
}
