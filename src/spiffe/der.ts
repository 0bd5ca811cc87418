import { VerificationError } from '../errors/index.ts'

/** The most bytes of one certificate. */
export const MAX_CERTIFICATE_BYTES: number = 32_768

/** The tags that certificates are made of, besides those that depend on where they stand. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

const LONG_FORM = 0x80
const MAX_LENGTH_OCTETS = 3
/** Tags with this in their lower bits go on in the next byte. Nothing in a certificate has one. */
const LONG_TAG = 0x1f

/** The failure of bytes that are no certificate. */
export function malformed(what: string, cause?: unknown): VerificationError {
  return new VerificationError('COMITY_CERTIFICATE_MALFORMED', `the certificate is malformed: ${what}`, {
    spec: 'RFC 5280 §4.1',
    ...(cause === undefined ? {} : { cause }),
  })
}

type Bytes = Uint8Array<ArrayBuffer>

/** An element of DER, as a place in the bytes that it was read from. */
export interface DerElement {
  /** What it was read from. */
  readonly bytes: Bytes
  /** One byte: kind, and whether it is constructed. */
  readonly tag: number
  /** Where its head begins. */
  readonly at: number
  /** Where its content begins. */
  readonly start: number
  /** Behind its content. */
  readonly end: number
}

/** A place among the elements of a sequence. */
export interface DerCursor {
  readonly bytes: Bytes
  readonly end: number
  /** Where the next element begins; `end` where there is none. */
  at: number
}

/** The elements that stand in bytes one after the other. */
export function cursorOver(bytes: Bytes): DerCursor {
  return { bytes, at: 0, end: bytes.length }
}

/** The elements in an element. Nothing goes into elements by itself, so how deep they are nested does not matter. */
export function open({ bytes, start, end }: DerElement): DerCursor {
  return { bytes, at: start, end }
}

/** The elements in the one element with this tag that fills another one, as in the value of an extension. */
export function openInner(element: DerElement, tag: number = TAG.sequence): DerCursor {
  const cursor = open(element)
  const inner = take(cursor, tag)
  close(cursor)
  return open(inner)
}

/** All bytes of an element, its head with them: a view. */
export function wholeOf({ bytes, at, end }: DerElement): Bytes {
  return bytes.subarray(at, end)
}

/** The content of an element: a view. */
export function contentOf({ bytes, start, end }: DerElement): Bytes {
  return bytes.subarray(start, end)
}

/**
 * Takes the next element: of one byte of tag, and a definite length in its shortest form.
 *
 * @param tag - What its tag must be. Any will do where it is left out.
 * @throws {VerificationError} `COMITY_CERTIFICATE_MALFORMED` when there is none, or another, or it is no DER.
 */
export function take(cursor: DerCursor, tag?: number): DerElement {
  const { bytes, at, end: limit } = cursor
  const [found = 0, first = 0] = at + 2 <= limit ? [bytes[at], bytes[at + 1]] : cutOff()
  if (tag !== undefined && found !== tag) throw malformed('an element is missing or of another kind')
  if ((found & LONG_TAG) === LONG_TAG) throw malformed('a tag is none of a certificate')
  const octets = first < LONG_FORM ? 0 : first - LONG_FORM
  const start = at + 2 + octets
  if (octets > MAX_LENGTH_OCTETS || first === LONG_FORM) throw malformed('a length is not definite')
  const length = octets === 0 ? first : unsigned(bytes, at + 2, start)
  const isShortest = octets === 0 || (length >= LONG_FORM && length >= 256 ** (octets - 1))
  if (!isShortest || start + length > limit) throw malformed('a length is not right')
  cursor.at = start + length
  return { bytes, tag: found, at, start, end: start + length }
}

function cutOff(): never {
  throw malformed('an element is missing or cut off')
}

/** Takes the next element if it has this tag. */
export function takeIf(cursor: DerCursor, tag: number): DerElement | undefined {
  return cursor.at < cursor.end && cursor.bytes[cursor.at] === tag ? take(cursor, tag) : undefined
}

/** Takes all elements, at least one, as `SIZE (1..MAX)` has it. */
export function takeAll(cursor: DerCursor, tag?: number): readonly DerElement[] {
  const elements = [take(cursor, tag)]
  while (!isAtEnd(cursor)) elements.push(take(cursor, tag))
  return elements
}

/** Whether there are no more elements. */
export function isAtEnd({ at, end }: DerCursor): boolean {
  return at === end
}

/**
 * Makes sure that there are no more elements.
 *
 * @throws {VerificationError} `COMITY_CERTIFICATE_MALFORMED`.
 */
export function close(cursor: DerCursor): void {
  if (!isAtEnd(cursor)) throw malformed('there is more than there should be')
}

/**
 * Cuts bytes into the DER sequences that stand in them one after the other, as the Workload API sends chains.
 *
 * @param bytes - At most `maxCount` sequences of at most 32 768 bytes each, and nothing else.
 * @returns Copies.
 * @throws {VerificationError} `COMITY_CERTIFICATE_MALFORMED`.
 */
export function splitSequences(bytes: Uint8Array, maxCount: number): readonly Bytes[] {
  if (bytes.length > maxCount * MAX_CERTIFICATE_BYTES) throw malformed('there is too much')
  const cursor = cursorOver(new Uint8Array(bytes))
  const pieces: Bytes[] = []
  while (!isAtEnd(cursor)) {
    if (pieces.length === maxCount) throw malformed('there are too many')
    const sequence = take(cursor, TAG.sequence)
    if (sequence.end - sequence.at > MAX_CERTIFICATE_BYTES) throw malformed('it is too large')
    pieces.push(wholeOf(sequence).slice())
  }
  return pieces
}

/** A few bytes, the most significant first, as a number. */
export function unsigned(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  let sum = 0
  for (let at = start; at < end; at += 1) sum = sum * 256 + (bytes[at] ?? 0)
  return sum
}
