import { VerificationError } from '../errors/index.ts'
import { readJson, type JsonObject, type JsonValue } from './json-reader.ts'
import { readPlainJson } from './plain-json.ts'
import { decodeUtf8, hasLoneSurrogate } from './utf8.ts'

const DEFAULT_MAX_BYTES = 65_536
const DEFAULT_MAX_DEPTH = 16
const MAX_DEPTH_CEILING = 128

/** Bounds for {@link parseJson}. */
export interface JsonLimits {
  /** The most bytes of UTF-8 that the text may take. Defaults to 65536. */
  readonly maxBytes?: number
  /** The most arrays and objects that may be open at once, 1 to 128. Defaults to 16. */
  readonly maxDepth?: number
}

/**
 * Parses JSON from a stranger.
 *
 * The checks run in this order: size, UTF-8, then grammar, depth and member names from left to right.
 * Beyond the grammar of RFC 8259 a text is refused that starts with a byte order mark, spells a lone
 * surrogate, or has a number that no double can hold (`1e999`): what is accepted is I-JSON.
 *
 * Objects in the result have no prototype. A member named `__proto__` is a member like any other and
 * sets nothing, and a name that the text does not have reads as `undefined`, also `constructor`. Copy
 * with a spread, not with `Object.assign` into an ordinary object, which would run its setter.
 *
 * @param input - The text, or its UTF-8 bytes.
 * @param limits - See {@link JsonLimits}.
 * @returns The value, frozen at all levels.
 * @throws {VerificationError} `COMITY_JSON_TOO_LARGE`; `COMITY_UTF8_INVALID` for bytes that are no text;
 *   `COMITY_JSON_MALFORMED`; `COMITY_JSON_TOO_DEEP`; `COMITY_JSON_DUPLICATE_KEY` when two members of an
 *   object have one name, however it is escaped.
 * @throws {TypeError} When a limit is out of range.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7493#section-2 | RFC 7493 §2}
 */
export function parseJson(input: string | Uint8Array, limits: JsonLimits = {}): JsonValue {
  const { maxBytes = DEFAULT_MAX_BYTES, maxDepth = DEFAULT_MAX_DEPTH } = limits
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
    throw new TypeError('limits.maxBytes must be a positive integer')
  }
  if (!Number.isSafeInteger(maxDepth) || maxDepth < 1 || maxDepth > MAX_DEPTH_CEILING) {
    throw new TypeError(`limits.maxDepth must be 1 to ${String(MAX_DEPTH_CEILING)}`)
  }
  if (exceeds(input, maxBytes)) {
    throw new VerificationError('COMITY_JSON_TOO_LARGE', 'the JSON text is too large', {
      details: { length: input.length, maxBytes },
    })
  }
  if (typeof input !== 'string') return read(decodeUtf8(input), maxDepth)
  if (hasLoneSurrogate(input)) {
    throw new VerificationError('COMITY_JSON_MALFORMED', 'the text holds a lone surrogate', {
      spec: 'RFC 7493 §2.1',
    })
  }
  return read(input, maxDepth)
}

function read(text: string, maxDepth: number): JsonValue {
  return readPlainJson(text, maxDepth) ?? readJson(text, maxDepth)
}

/**
 * Parses a JSON object from a stranger.
 *
 * @param input - As for {@link parseJson}.
 * @param limits - As for {@link parseJson}.
 * @returns The object, without a prototype, frozen at all levels.
 * @throws {VerificationError} As {@link parseJson}, and `COMITY_JSON_MALFORMED` for any other value.
 * @throws {TypeError} When a limit is out of range.
 */
export function parseJsonObject(input: string | Uint8Array, limits: JsonLimits = {}): JsonObject {
  const value = parseJson(input, limits)
  if (!isJsonObject(value)) {
    throw new VerificationError('COMITY_JSON_MALFORMED', 'the JSON text is not an object')
  }
  return value
}

/**
 * Says whether a value is an object as JSON has them: no array, not null, no instance of a class.
 *
 * Only the outermost level is looked at.
 *
 * @param value - Any value.
 * @returns Whether its prototype is `Object.prototype` or none.
 */
export function isJsonObject(value: unknown): value is JsonObject {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

/** A UTF-16 unit takes one to three bytes, so most texts are judged without encoding them. */
function exceeds(input: string | Uint8Array, maxBytes: number): boolean {
  if (input.length > maxBytes) return true
  if (typeof input !== 'string' || input.length * 3 <= maxBytes) return false
  return new TextEncoder().encode(input).length > maxBytes
}
