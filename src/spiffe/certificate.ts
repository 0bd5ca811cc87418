import { encodeBase64url } from '../encoding/index.ts'
import { createLruMap, sha256 } from '../runtime/index.ts'
import { readExtensions, type CertificateExtensions } from './certificate-extensions.ts'
import { readPublicKey, type CertificateKey } from './certificate-key.ts'
import { readSignature, type CertificateSignature } from './certificate-signature.ts'
import {
  close,
  cursorOver,
  isAtEnd,
  malformed,
  open,
  splitSequences,
  take,
  TAG,
  takeAll,
  takeIf,
  wholeOf,
  type DerElement,
} from './der.ts'
import { readCount, readTime } from './der-values.ts'

/** A certificate, read and not verified. Frozen; its bytes are not to be written to. */
export interface Certificate extends CertificateExtensions {
  /** Its bytes, DER. */
  readonly der: Uint8Array<ArrayBuffer>
  /** SHA-256 of its bytes, base64url. */
  readonly fingerprint: string
  /** The part that is signed. */
  readonly signed: Uint8Array<ArrayBuffer>
  /** The signature over it, and by what. */
  readonly signature: CertificateSignature
  /** The subject's key. */
  readonly key: CertificateKey
  /** The subject's name as DER in base64url; names are compared by it. */
  readonly subject: string
  /** The issuer's name, likewise. */
  readonly issuer: string
  /** The first second at which it is valid, since the Unix epoch. */
  readonly notBefore: number
  /** The last second at which it is valid. */
  readonly notAfter: number
}

const VERSION = 0xa0
const UNIQUE_IDS = [0x81, 0x82] as const
const EXTENSIONS = 0xa3
const VERSION_3 = 2
const REMEMBERED = 2048
const REMEMBERED_BYTES = 8 * 1024 * 1024

// The same authorities and intermediates come again and again.
const known = createLruMap<Certificate>({
  maxEntries: REMEMBERED,
  maxWeight: REMEMBERED_BYTES,
  weigh: ({ der }) => der.length,
})

/**
 * Reads an X.509 certificate. Nothing is verified.
 *
 * It must be DER and not just BER. What is not needed is passed over without being looked into: unknown extensions, and
 * what the parts of names say.
 *
 * @param der - At most 32 768 bytes, one certificate and nothing else.
 * @returns What it says, frozen.
 * @throws {VerificationError} `COMITY_CERTIFICATE_MALFORMED`, also when an extension is there twice or cannot be read.
 * @see {@link https://www.rfc-editor.org/rfc/rfc5280#section-4.1 | RFC 5280 §4.1}
 */
export function parseCertificate(der: Uint8Array): Certificate {
  const [bytes] = splitSequences(der, 1)
  if (bytes === undefined) throw malformed('it is empty')
  const fingerprint = encodeBase64url(sha256(bytes))
  const remembered = known.get(fingerprint)
  if (remembered !== undefined) return remembered
  const certificate = readCertificate(bytes, fingerprint)
  known.set(fingerprint, certificate)
  return certificate
}

function readCertificate(der: Uint8Array<ArrayBuffer>, fingerprint: string): Certificate {
  const outer = open(take(cursorOver(der), TAG.sequence))
  const signed = take(outer, TAG.sequence)
  const algorithm = take(outer, TAG.sequence)
  const signature = readSignature(algorithm, take(outer, TAG.bitString))
  close(outer)
  return Object.freeze({
    der,
    fingerprint,
    signed: wholeOf(signed),
    signature,
    ...readSigned(signed, algorithm),
  })
}

type Signed = Omit<Certificate, 'der' | 'fingerprint' | 'signed' | 'signature'>

/** Reads the part that is signed. */
function readSigned(signed: DerElement, algorithm: DerElement): Signed {
  const cursor = open(signed)
  const version = readVersion(takeIf(cursor, VERSION))
  take(cursor, TAG.integer) // the serial number
  // The algorithm stands in a certificate twice; only this one is signed.
  if (!isSame(take(cursor, TAG.sequence), algorithm)) throw malformed('it names two algorithms')
  const issuer = nameOf(take(cursor, TAG.sequence))
  const validity = open(take(cursor, TAG.sequence))
  const [notBefore, notAfter] = [readTime(take(validity)), readTime(take(validity))]
  close(validity)
  const subject = nameOf(take(cursor, TAG.sequence))
  const key = readPublicKey(take(cursor, TAG.sequence))
  for (const tag of UNIQUE_IDS) takeIf(cursor, tag)
  const extensions = takeIf(cursor, EXTENSIONS)
  close(cursor)
  if (extensions !== undefined && version !== VERSION_3) throw malformed('its version has no extensions')
  return { key, subject, issuer, notBefore, notAfter, ...readExtensions(extensions) }
}

function readVersion(element: DerElement | undefined): number {
  if (element === undefined) return 0
  const cursor = open(element)
  const version = readCount(take(cursor, TAG.integer))
  close(cursor)
  // The first version has no number, as that is what is meant where there is none.
  if (version < 1 || version > VERSION_3) throw malformed('its version is none')
  return version
}

/** Looks at the form of a name, and not at what stands in it. */
function nameOf(element: DerElement): string {
  const cursor = open(element)
  while (!isAtEnd(cursor)) {
    for (const part of takeAll(open(take(cursor, TAG.set)), TAG.sequence)) {
      const pair = open(part)
      take(pair, TAG.objectId)
      take(pair)
      close(pair)
    }
  }
  return encodeBase64url(wholeOf(element))
}

function isSame(a: DerElement, b: DerElement): boolean {
  const [left, right] = [wholeOf(a), wholeOf(b)]
  return left.length === right.length && left.every((byte, index) => byte === right[index])
}
