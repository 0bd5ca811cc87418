import { emptyJsonObject, type JsonValue } from './json-reader.ts'

/**
 * Reads a JSON text with the engine's own parser, where it is certain that `readJson` would give the same value: most
 * texts, in half the time.
 *
 * The engine forgets all but the last of several members of one name. Then the value has fewer names than the text has
 * colons outside of strings. A text with a backslash is left alone: an escaped name can repeat another, an escape can
 * spell half of a surrogate pair, and without one every quotation mark begins or ends a string.
 *
 * @param text - The JSON text, already bounded in size and free of lone surrogates.
 * @param maxDepth - The most arrays and objects that may be open at once, at most 128.
 * @returns The value, frozen at all levels, its objects without a prototype; undefined where `readJson` has to say
 *   whether it is one, and if not, what is wrong.
 */
export function readPlainJson(text: string, maxDepth: number): JsonValue | undefined {
  if (text.includes('\\')) return undefined
  let value: JsonValue
  try {
    value = JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
  const tally: Tally = { names: 0 }
  const sealed = seal(value, maxDepth, tally)
  return tally.names === countColons(text) ? sealed : undefined
}

/** Counts on the way. */
interface Tally {
  /** The members of all objects; NaN once something was found that is for `readJson` to judge. */
  names: number
}

/** Freezes the arrays of a value that nobody else has, and copies its objects into frozen ones without a prototype. */
function seal(value: JsonValue, depthLeft: number, tally: Tally): JsonValue {
  if (typeof value === 'number' && !Number.isFinite(value)) tally.names = Number.NaN
  if (typeof value !== 'object' || value === null) return value
  if (depthLeft === 0) {
    tally.names = Number.NaN
    return null
  }
  if (isArray(value)) return Object.freeze(value.map((item) => seal(item, depthLeft - 1, tally)))
  const object = emptyJsonObject()
  for (const name of Object.keys(value)) {
    tally.names++
    object[name] = seal(value[name] ?? null, depthLeft - 1, tally)
  }
  return Object.freeze(object)
}

/** `Array.isArray`, which by itself does not narrow a readonly array out of a union. */
function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** The colons outside of strings, in a JSON text without backslashes: one for each member of each object. */
function countColons(text: string): number {
  let colons = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x3a) colons++
    else if (code === 0x22) at = text.indexOf('"', at + 1)
  }
  return colons
}
