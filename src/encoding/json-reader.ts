import { VerificationError } from '../errors/index.ts'
import { hasLoneSurrogate } from './utf8.ts'

/** A value that JSON can spell. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject

/** A JSON object. */
export interface JsonObject {
  /** The members, by name. */
  readonly [name: string]: JsonValue
}

/** Where the reader stands. */
interface Cursor {
  readonly text: string
  readonly maxDepth: number
  at: number
}

/** Escapes need decoding, control characters are for `JSON.parse` to judge: U+0000 to U+001F are not allowed. */
const NEEDS_DECODING = /[\\\p{Cc}]/u

/**
 * Reads one JSON text.
 *
 * One pass builds the values and checks depth and member names on the way. Recursion goes no deeper
 * than `maxDepth`, so that nesting cannot overflow the stack.
 *
 * @param text - The JSON text, already bounded in size and free of lone surrogates.
 * @param maxDepth - The most arrays and objects that may be open at once.
 * @returns The value, frozen at all levels. Its objects have no prototype.
 * @throws {VerificationError} `COMITY_JSON_MALFORMED`, `COMITY_JSON_TOO_DEEP` or
 *   `COMITY_JSON_DUPLICATE_KEY`, whichever shows first from the left.
 */
export function readJson(text: string, maxDepth: number): JsonValue {
  const cursor: Cursor = { text, maxDepth, at: 0 }
  const value = readValue(cursor, 0)
  skipSpace(cursor)
  if (cursor.at !== text.length) throw malformed(cursor)
  return value
}

/**
 * Makes an object without members and without a prototype, to be filled and frozen.
 *
 * Engines know those that are made like this, with the same members in the same order, as alike, also once they are
 * frozen. Each one that `Object.create(null)` makes is to them of a kind of its own, and reading it is slow.
 *
 * @returns A new object, in which `__proto__` is a name like any other.
 */
export function emptyJsonObject(): Record<string, JsonValue> {
  return Object.setPrototypeOf({}, null) as Record<string, JsonValue>
}

function readValue(cursor: Cursor, depth: number): JsonValue {
  skipSpace(cursor)
  switch (cursor.text.charCodeAt(cursor.at)) {
    case 0x22: // "
      return readString(cursor)
    case 0x7b: // {
      return readObject(cursor, depth + 1)
    case 0x5b: // [
      return readArray(cursor, depth + 1)
    case 0x74: // t
      return readWord(cursor, 'true', true)
    case 0x66: // f
      return readWord(cursor, 'false', false)
    case 0x6e: // n
      return readWord(cursor, 'null', null)
    default:
      return readNumber(cursor)
  }
}

function readObject(cursor: Cursor, depth: number): JsonObject {
  enter(cursor, depth)
  const object = emptyJsonObject()
  skipSpace(cursor)
  if (take(cursor, 0x7d)) return Object.freeze(object)
  do {
    skipSpace(cursor)
    if (cursor.text.charCodeAt(cursor.at) !== 0x22) throw malformed(cursor)
    const name = readString(cursor)
    if (name in object) {
      throw new VerificationError('COMITY_JSON_DUPLICATE_KEY', 'a member name occurs twice in one object', {
        spec: 'RFC 7493 §2.3',
        details: { at: cursor.at },
      })
    }
    skipSpace(cursor)
    if (!take(cursor, 0x3a)) throw malformed(cursor)
    object[name] = readValue(cursor, depth)
    skipSpace(cursor)
  } while (take(cursor, 0x2c))
  if (!take(cursor, 0x7d)) throw malformed(cursor)
  return Object.freeze(object)
}

function readArray(cursor: Cursor, depth: number): readonly JsonValue[] {
  enter(cursor, depth)
  const array: JsonValue[] = []
  skipSpace(cursor)
  if (take(cursor, 0x5d)) return Object.freeze(array)
  do {
    array.push(readValue(cursor, depth))
    skipSpace(cursor)
  } while (take(cursor, 0x2c))
  if (!take(cursor, 0x5d)) throw malformed(cursor)
  return Object.freeze(array)
}

function readString(cursor: Cursor): string {
  const { text } = cursor
  const start = cursor.at + 1
  let end = text.indexOf('"', start)
  if (end === -1) throw malformed(cursor)
  const plain = text.slice(start, end)
  if (!NEEDS_DECODING.test(plain)) {
    cursor.at = end + 1
    return plain
  }
  end = start
  for (let code = text.charCodeAt(end); code !== 0x22; code = text.charCodeAt(end)) {
    if (end >= text.length) throw malformed(cursor)
    end += code === 0x5c ? 2 : 1
  }
  let decoded: string
  try {
    decoded = JSON.parse(text.slice(cursor.at, end + 1)) as string
  } catch {
    throw malformed(cursor)
  }
  if (hasLoneSurrogate(decoded)) throw malformed(cursor)
  cursor.at = end + 1
  return decoded
}

function readNumber(cursor: Cursor): number {
  const start = cursor.at
  take(cursor, 0x2d)
  if (!take(cursor, 0x30)) skipDigits(cursor)
  if (take(cursor, 0x2e)) skipDigits(cursor)
  if (take(cursor, 0x65) || take(cursor, 0x45)) {
    if (!take(cursor, 0x2b)) take(cursor, 0x2d)
    skipDigits(cursor)
  }
  const value = Number(cursor.text.slice(start, cursor.at))
  if (!Number.isFinite(value)) throw malformed(cursor)
  return value
}

function readWord<Value extends boolean | null>(cursor: Cursor, word: string, value: Value): Value {
  if (!cursor.text.startsWith(word, cursor.at)) throw malformed(cursor)
  cursor.at += word.length
  return value
}

function skipDigits(cursor: Cursor): void {
  const start = cursor.at
  for (let code = cursor.text.charCodeAt(cursor.at); code >= 0x30 && code <= 0x39;) {
    code = cursor.text.charCodeAt(++cursor.at)
  }
  if (cursor.at === start) throw malformed(cursor)
}

function skipSpace(cursor: Cursor): void {
  for (;;) {
    const code = cursor.text.charCodeAt(cursor.at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
    cursor.at++
  }
}

function take(cursor: Cursor, code: number): boolean {
  if (cursor.text.charCodeAt(cursor.at) !== code) return false
  cursor.at++
  return true
}

function enter(cursor: Cursor, depth: number): void {
  if (depth > cursor.maxDepth) {
    throw new VerificationError('COMITY_JSON_TOO_DEEP', 'the JSON text is nested too deeply', {
      details: { maxDepth: cursor.maxDepth },
    })
  }
  cursor.at++
}

function malformed(cursor: Cursor): VerificationError {
  return new VerificationError('COMITY_JSON_MALFORMED', 'the text is not JSON', {
    spec: 'RFC 8259 §2',
    details: { at: cursor.at },
  })
}
