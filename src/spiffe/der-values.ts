import {
  close,
  contentOf,
  cursorOver,
  isAtEnd,
  malformed,
  open,
  take,
  TAG,
  unsigned,
  type DerElement,
} from './der.ts'

type Bytes = Uint8Array<ArrayBuffer>

const NEGATIVE = 0x80
const MORE = 0x80
const MAX_OBJECT_ID_BYTES = 64
const MAX_COUNT_BYTES = 4
const MAX_SMALL_PART = 2 ** 40
const ZERO = 0x30
const ZULU = 0x5a

/** Reads a truth value. `FALSE` may be spelled out, which DER says to leave out and some do. */
export function readBoolean({ bytes, start, end }: DerElement): boolean {
  const value = bytes[start]
  if (end - start !== 1 || (value !== 0 && value !== 0xff)) throw malformed('a truth value is none')
  return value === 0xff
}

/**
 * Reads an integer above zero, or zero where that is allowed.
 *
 * @returns Its bytes, the most significant first, without a leading zero; empty for zero.
 */
export function readUnsigned(element: DerElement, isZeroAllowed = false): Bytes {
  const content = contentOf(element)
  const [first = NEGATIVE, second = NEGATIVE] = content
  // A leading zero stands only before a byte that would else make the number negative.
  const isLong = first === 0 && content.length > 1 && second < NEGATIVE
  const isZero = first === 0 && content.length === 1
  if (first >= NEGATIVE || isLong || (isZero && !isZeroAllowed)) throw malformed('a number is not right')
  return first === 0 ? content.subarray(1) : content
}

/** Reads a count, 0 to 2^32 - 1. */
export function readCount(element: DerElement): number {
  const bytes = readUnsigned(element, true)
  if (bytes.length > MAX_COUNT_BYTES) throw malformed('a number is too large')
  return unsigned(bytes)
}

/** Reads whole bytes that are written as bits: a key or a signature. */
export function readBits({ bytes, start, end }: DerElement): Bytes {
  if (start === end || bytes[start] !== 0) throw malformed('there are not whole bytes')
  return bytes.subarray(start + 1, end)
}

/**
 * Reads named bits.
 *
 * @returns A number with bit 0 for the first of them; those after the sixteenth are passed over.
 */
export function readFlags(element: DerElement): number {
  const content = contentOf(element)
  const [unused = 8, first = 0, second = 0] = content
  const last = content[content.length - 1] ?? 0
  const isEmpty = content.length === 1
  if (unused > 7 || (isEmpty ? unused > 0 : (last & ((1 << unused) - 1)) !== 0))
    throw malformed('bits are not right')
  return reversed(first) | (reversed(second) << 8)
}

function reversed(byte: number): number {
  let bits = 0
  for (let at = 0; at < 8; at += 1) if ((byte & (NEGATIVE >> at)) !== 0) bits |= 1 << at
  return bits
}

/** Reads an object identifier, such as `2.5.29.17`. */
export function readObjectId({ bytes, start, end }: DerElement): string {
  if (start === end || (bytes[end - 1] ?? 0) >= MORE || end - start > MAX_OBJECT_ID_BYTES) {
    throw malformed('an object identifier is none')
  }
  let text = ''
  let part: number | bigint = 0
  let isStart = true
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0
    if (isStart && byte === MORE) throw malformed('an object identifier is not in its shortest form')
    part = append(part, byte & 0x7f)
    isStart = byte < MORE
    if (!isStart) continue
    text += text === '' ? firstTwo(part) : `.${part.toString()}`
    part = 0
  }
  return text
}

/** Parts may be of any size, such as UUIDs, and most are small. */
function append(part: number | bigint, bits: number): number | bigint {
  return typeof part === 'number' && part < MAX_SMALL_PART
    ? part * 128 + bits
    : (BigInt(part) << 7n) | BigInt(bits)
}

function firstTwo(part: number | bigint): string {
  if (part < 40) return `0.${part.toString()}`
  if (part < 80) return `1.${(BigInt(part) - 40n).toString()}`
  return `2.${(BigInt(part) - 80n).toString()}`
}

/** Reads what an algorithm is called, and what is said about it further. */
export function readAlgorithm(element: DerElement): {
  readonly id: string
  readonly parameters?: DerElement
} {
  const cursor = open(element)
  const id = readObjectId(take(cursor, TAG.objectId))
  if (isAtEnd(cursor)) return { id }
  const parameters = take(cursor)
  close(cursor)
  return { id, parameters }
}

/** Reads text that is all ASCII. */
export function readAscii({ bytes, start, end }: DerElement): string {
  let text = ''
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte >= 0x80) throw malformed('a text is not ASCII')
    text += String.fromCharCode(byte)
  }
  return text
}

/**
 * Reads a time in one of its two forms, each with seconds and in UTC.
 *
 * @returns Seconds since the Unix epoch.
 * @see {@link https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5 | RFC 5280 §4.1.2.5}
 */
export function readTime({ bytes, tag, start, end }: DerElement): number {
  const isShort = tag === TAG.utcTime
  const yearEnd = start + (isShort ? 2 : 4)
  const isForm = isShort || tag === TAG.generalizedTime
  if (!isForm || end - yearEnd !== 11 || bytes[end - 1] !== ZULU) throw malformed('a time is none')
  const written = readDigits(bytes, start, yearEnd)
  const year = isShort ? written + (written < 50 ? 2000 : 1900) : written
  const pair = (index: number): number => readDigits(bytes, yearEnd + 2 * index, yearEnd + 2 * index + 2)
  const [month, day, hour, minute, second] = [pair(0), pair(1), pair(2), pair(3), pair(4)]
  const time = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  // The 31st of February would have become a day in March, and the 25th hour one of the next day.
  const isSame =
    time.getUTCFullYear() === year &&
    time.getUTCMonth() === month - 1 &&
    time.getUTCDate() === day &&
    time.getUTCHours() === hour &&
    time.getUTCMinutes() === minute
  if (!isSame || second > 59) throw malformed('a time is none')
  return time.getTime() / 1000
}

function readDigits(bytes: Bytes, start: number, end: number): number {
  let number = 0
  for (let at = start; at < end; at += 1) {
    const digit = (bytes[at] ?? 0) - ZERO
    if (digit < 0 || digit > 9) throw malformed('a time is none')
    number = number * 10 + digit
  }
  return number
}

/**
 * Reads a sequence of two positive integers: an ECDSA signature, or an RSA public key.
 *
 * @returns Their bytes, the most significant first and not zero.
 * @throws {VerificationError} `COMITY_CERTIFICATE_MALFORMED`.
 * @see {@link https://www.rfc-editor.org/rfc/rfc3279#section-2.2.3 | RFC 3279 §2.2.3}
 */
export function readIntegerPair(der: Bytes): readonly [Bytes, Bytes] {
  const whole = cursorOver(der)
  const cursor = open(take(whole, TAG.sequence))
  close(whole)
  const pair = [readUnsigned(take(cursor, TAG.integer)), readUnsigned(take(cursor, TAG.integer))] as const
  close(cursor)
  return pair
}

/**
 * Turns an ECDSA signature from X.509's form into that of Web Crypto.
 *
 * @param size - The bytes of one number: 32 for P-256.
 * @returns r and s, each of that size.
 * @throws {VerificationError} `COMITY_CERTIFICATE_MALFORMED`.
 */
export function readEcdsaSignature(der: Bytes, size: number): Bytes {
  const signature = new Uint8Array(2 * size)
  for (const [index, number] of readIntegerPair(der).entries()) {
    if (number.length > size) throw malformed('the signature has a number that is too large')
    signature.set(number, (index + 1) * size - number.length)
  }
  return signature
}
