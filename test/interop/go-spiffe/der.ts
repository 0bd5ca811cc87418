/** Just enough DER to write certificates with, right and wrong ones. */

/** One element: a tag, and what is in it. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content])
}

function lengthOf(length: number): readonly number[] {
  if (length < 128) return [length]
  if (length < 256) return [0x81, length]
  return [0x82, length >> 8, length & 255]
}

export const sequence = (...parts: readonly Uint8Array[]): Uint8Array => element(0x30, ...parts)
export const set = (...parts: readonly Uint8Array[]): Uint8Array => element(0x31, ...parts)
export const octets = (...parts: readonly Uint8Array[]): Uint8Array => element(0x04, ...parts)
export const bits = (bytes: Uint8Array, unused = 0): Uint8Array => element(0x03, Uint8Array.of(unused), bytes)
export const boolean = (value: boolean): Uint8Array => element(0x01, Uint8Array.of(value ? 255 : 0))
export const text = (value: string): Uint8Array => element(0x0c, Buffer.from(value))
export const explicit = (number: number, ...parts: readonly Uint8Array[]): Uint8Array =>
  element(0xa0 | number, ...parts)
export const implicit = (number: number, content: Uint8Array): Uint8Array => element(0x80 | number, content)

/** A positive number, most significant byte first. */
export function integer(bytes: Uint8Array | number): Uint8Array {
  const raw = typeof bytes === 'number' ? Uint8Array.of(bytes) : bytes
  const start = raw.findIndex((byte) => byte !== 0)
  const short = start === -1 ? Uint8Array.of(0) : raw.slice(start)
  return element(0x02, short[0]! < 128 ? short : Buffer.concat([Uint8Array.of(0), short]))
}

/** An object identifier, from its dotted form. */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return element(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)))
}

function base128(value: number): readonly number[] {
  const digits = [value & 127]
  for (let left = value >> 7; left > 0; left >>= 7) digits.unshift((left & 127) | 128)
  return digits
}

/** A time until 2049 as UTCTime, later ones as GeneralizedTime (RFC 5280 §4.1.2.5). */
export function time(seconds: number): Uint8Array {
  const digits = new Date(seconds * 1000).toISOString().replace(/\.\d+|[-:T]/g, '')
  return Number(digits.slice(0, 4)) < 2050
    ? element(0x17, Buffer.from(digits.slice(2)))
    : element(0x18, Buffer.from(digits))
}
