import {
  readAlternativeNames,
  readNameConstraints,
  type AlternativeNames,
  type NameConstraints,
} from './certificate-names.ts'
import { close, malformed, open, openInner, take, TAG, takeAll, takeIf, type DerElement } from './der.ts'
import { readBoolean, readCount, readFlags, readObjectId } from './der-values.ts'

/** The bits of the key usage extension. */
export const KEY_USAGE = { digitalSignature: 1, keyCertSign: 32, cRLSign: 64 } as const

/** What the extensions of a certificate say. */
export interface CertificateExtensions extends AlternativeNames {
  /** Whether it says to be a certificate authority. */
  readonly isCa: boolean
  /** How many authorities may follow below it; undefined for any number. */
  readonly pathLength?: number
  /** The bits of the key usage, see {@link KEY_USAGE}; undefined where it has none. */
  readonly keyUsage?: number
  /** Whether the key usage is marked as critical. */
  readonly isKeyUsageCritical: boolean
  /** What the key may be used for further, as object identifiers; undefined where nothing is said about it. */
  readonly extendedKeyUsage?: readonly string[]
  /** What it allows below it, where it constrains names. */
  readonly nameConstraints?: NameConstraints
  /** Whether it has a critical extension that is not understood here, so that it must not be relied on. */
  readonly hasUnknownCritical: boolean
}

const MAX_EXTENSIONS = 64
const ID = {
  keyUsage: '2.5.29.15',
  alternativeNames: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  extendedKeyUsage: '2.5.29.37',
} as const
const UNDERSTOOD: readonly string[] = Object.values(ID)

/**
 * Reads the extensions that path validation and SVIDs need.
 *
 * @param list - The element around the sequence of them; undefined for none.
 * @throws {VerificationError} `COMITY_CERTIFICATE_MALFORMED` when one is there twice, or one of these cannot be read.
 */
export function readExtensions(list: DerElement | undefined): CertificateExtensions {
  const extensions = list === undefined ? [] : takeAll(openInner(list), TAG.sequence).map(readExtension)
  if (extensions.length > MAX_EXTENSIONS) throw malformed('it has too many extensions')
  const values = new Map(extensions.map(({ id, value }) => [id, value]))
  if (values.size !== extensions.length) throw malformed('an extension is there twice')
  const [usage, extended] = [values.get(ID.keyUsage), values.get(ID.extendedKeyUsage)]
  const constraints = values.get(ID.nameConstraints)
  return {
    ...readBasicConstraints(values.get(ID.basicConstraints)),
    ...(usage !== undefined && { keyUsage: readUsage(usage) }),
    isKeyUsageCritical: extensions.some(({ id, isCritical }) => isCritical && id === ID.keyUsage),
    ...(extended !== undefined && {
      extendedKeyUsage: Object.freeze(takeAll(openInner(extended), TAG.objectId).map(readObjectId)),
    }),
    ...readAlternativeNames(values.get(ID.alternativeNames)),
    ...(constraints !== undefined && { nameConstraints: readNameConstraints(constraints) }),
    hasUnknownCritical: extensions.some(({ id, isCritical }) => isCritical && !UNDERSTOOD.includes(id)),
  }
}

interface Extension {
  readonly id: string
  readonly isCritical: boolean
  readonly value: DerElement
}

function readExtension(element: DerElement): Extension {
  const cursor = open(element)
  const id = readObjectId(take(cursor, TAG.objectId))
  const critical = takeIf(cursor, TAG.boolean)
  const value = take(cursor, TAG.octetString)
  close(cursor)
  return { id, isCritical: critical !== undefined && readBoolean(critical), value }
}

type BasicConstraints = Pick<CertificateExtensions, 'isCa' | 'pathLength'>

function readBasicConstraints(value: DerElement | undefined): BasicConstraints {
  if (value === undefined) return { isCa: false }
  const cursor = openInner(value)
  const [authority, length] = [takeIf(cursor, TAG.boolean), takeIf(cursor, TAG.integer)]
  close(cursor)
  const isCa = authority !== undefined && readBoolean(authority)
  const pathLength = length === undefined ? undefined : readCount(length)
  return { isCa, ...(isCa && pathLength !== undefined && { pathLength }) }
}

function readUsage(value: DerElement): number {
  const cursor = open(value)
  const usage = readFlags(take(cursor, TAG.bitString))
  close(cursor)
  return usage
}
