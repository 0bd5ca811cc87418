import { encodeUtf8 } from '../../encoding/index.ts'
import { malformed, type CeremonyFile } from './errors.ts'

/** One section of a file, and how it is read. */
export interface Section {
  readonly bytes: Uint8Array
  readonly view: DataView
}

/** A file of iden3's binary format is a magic word, a version, and numbered sections. */
export interface SectionRules {
  readonly file: CeremonyFile
  /** The four letters that it begins with. */
  readonly magic: string
  /** Versions from 1 to this one. */
  readonly maxVersion: number
  /** The largest number that a section may have. */
  readonly maxSection: number
}

const HEADER_BYTES = 12
const SECTION_HEADER_BYTES = 12

/**
 * Takes a file apart. Each section is there once at most, and together they are the whole file.
 *
 * @throws {VerificationError} `COMITY_CEREMONY_FILE_MALFORMED` when it is not such a file.
 * @see {@link https://github.com/iden3/r1csfile/blob/master/doc/r1cs_bin_format.md The binary format}
 */
export function readSections(
  bytes: Uint8Array,
  { file, magic, maxVersion, maxSection }: SectionRules,
): ReadonlyMap<number, Section> {
  const view = viewOf(bytes)
  const begins = encodeUtf8(magic).every((byte, index) => bytes[index] === byte)
  if (bytes.length < HEADER_BYTES || !begins) throw malformed(file, 'another kind of file')
  const version = view.getUint32(4, true)
  if (version < 1 || version > maxVersion) throw malformed(file, 'another version')
  const count = view.getUint32(8, true)
  if (count > maxSection) throw malformed(file, 'too many sections')

  const sections = new Map<number, Section>()
  let position = HEADER_BYTES
  for (let index = 0; index < count; index++) {
    if (position + SECTION_HEADER_BYTES > bytes.length) throw malformed(file, 'cut off')
    const id = view.getUint32(position, true)
    const size = view.getBigUint64(position + 4, true)
    position += SECTION_HEADER_BYTES
    if (id < 1 || id > maxSection || sections.has(id)) throw malformed(file, 'a section too many')
    if (size > BigInt(bytes.length - position)) throw malformed(file, 'cut off')
    const part = bytes.subarray(position, position + Number(size))
    sections.set(id, { bytes: part, view: viewOf(part) })
    position += part.length
  }
  if (position !== bytes.length) throw malformed(file, 'more than its sections')
  return sections
}

/**
 * One section of a file, of exactly this size where one is given.
 *
 * @throws {VerificationError} `COMITY_CEREMONY_FILE_MALFORMED` when it is missing or of another size.
 */
export function sectionOf(
  sections: ReadonlyMap<number, Section>,
  id: number,
  file: CeremonyFile,
  size?: number,
): Section {
  const section = sections.get(id)
  if (section === undefined) throw malformed(file, 'a section is missing')
  if (size !== undefined && section.bytes.length !== size) throw malformed(file, 'a section of another size')
  return section
}

/** A number of 32 bytes, little-endian. */
export function uint256(bytes: Uint8Array, offset: number): bigint {
  const view = viewOf(bytes)
  let value = 0n
  for (let at = 24; at >= 0; at -= 8) value = (value << 64n) | view.getBigUint64(offset + at, true)
  return value
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
