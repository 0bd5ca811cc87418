import { malformed, refusal } from './errors.ts'
import { SCALAR_FIELD } from './points.ts'
import { readSections, sectionOf, uint256, type Section } from './sections.ts'

/** What a ceremony has to know of a circuit. */
export interface R1csFacts {
  readonly wires: number
  /** Public outputs and inputs together. */
  readonly publicSignals: number
  readonly constraints: number
  /** The domain has 2^power points; the powers of tau must reach that far. */
  readonly power: number
}

const HEADER_BYTES = 64
const WORD = 32
const TERM_BYTES = 4 + WORD

/**
 * Reads a circuit's constraints, as circom writes them with `--r1cs`.
 *
 * @throws {VerificationError} `COMITY_CEREMONY_FILE_MALFORMED` when it is none, or has custom gates;
 *   `COMITY_CEREMONY_CURVE` when it is over another field.
 */
export function parseR1cs(bytes: Uint8Array): R1csFacts {
  const sections = readSections(bytes, { file: 'r1cs', magic: 'r1cs', maxVersion: 1, maxSection: 5 })
  const header = sectionOf(sections, 1, 'r1cs', HEADER_BYTES)
  const { view } = header
  if (view.getUint32(0, true) !== WORD || uint256(header.bytes, 4) !== SCALAR_FIELD) {
    throw refusal('COMITY_CEREMONY_CURVE', 'the circuit is over another field', { file: 'r1cs' })
  }
  if ((sections.get(4)?.bytes.length ?? 0) > 4 || (sections.get(5)?.bytes.length ?? 0) > 4) {
    throw malformed('r1cs', 'custom gates')
  }
  const [wires, outputs, inputs] = [36, 40, 44].map((offset) => view.getUint32(offset, true)) as [
    number,
    number,
    number,
  ]
  const publicSignals = outputs + inputs
  const constraints = view.getUint32(60, true)
  if (wires < 1 || publicSignals >= wires || constraints < 1)
    throw malformed('r1cs', 'numbers that contradict')
  walkConstraints(sectionOf(sections, 2, 'r1cs'), constraints, wires)
  sectionOf(sections, 3, 'r1cs', wires * 8)
  return { wires, publicSignals, constraints, power: Math.floor(Math.log2(constraints + publicSignals)) + 1 }
}

/** Each constraint is three sums of wires times coefficients. */
function walkConstraints({ bytes, view }: Section, constraints: number, wires: number): void {
  let position = 0
  for (let sums = constraints * 3; sums > 0; sums--) {
    if (position + 4 > bytes.length) throw malformed('r1cs', 'cut off')
    const end = position + 4 + view.getUint32(position, true) * TERM_BYTES
    if (end > bytes.length) throw malformed('r1cs', 'cut off')
    for (position += 4; position < end; position += TERM_BYTES) {
      if (view.getUint32(position, true) >= wires) throw malformed('r1cs', 'a wire that is not there')
      if (uint256(bytes, position + 4) >= SCALAR_FIELD)
        throw malformed('r1cs', 'a coefficient is out of range')
    }
  }
  if (position !== bytes.length) throw malformed('r1cs', 'more than its constraints')
}
