import type { JsonObject, JsonValue } from '../encoding/index.ts'

/** The longest URL that a credential may name anything by, in characters. */
const MAX_URL_LENGTH = 2048

/** RFC 3986 characters after a scheme. `URL` alone would strip spaces and line breaks, and mend the rest. */
const ABSOLUTE_URL = /^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/

/** One in which nothing can be wrong that the characters do not show: a DID, or another name without a host. */
const HOSTLESS_URL = /^(?:did|urn):(?!\/)[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/

/** The term of a type. */
const TERM = /^[^\s\p{Cc}@:][^\s\p{Cc}:]*$/u

/** Says whether a value is a string that spells an absolute URL, such as a DID, a URN or an https URL. */
export function isAbsoluteUrl(value: JsonValue | undefined): value is string {
  return (
    typeof value === 'string' &&
    value.length <= MAX_URL_LENGTH &&
    (HOSTLESS_URL.test(value) || (ABSOLUTE_URL.test(value) && URL.canParse(value)))
  )
}

/** A member that may hold one value or several, as a list; absent is the empty list. */
export function asList(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined) return []
  return isList(value) ? value : [value]
}

/** `Array.isArray`, which by itself does not narrow a readonly array out of a union. */
export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** The strings of a member that may hold one string or several; undefined where it holds anything else. */
export function stringList(value: JsonValue | undefined): readonly string[] | undefined {
  const strings: string[] = []
  for (const item of asList(value)) {
    if (typeof item !== 'string' || item === '') return undefined
    strings.push(item)
  }
  return strings.length === 0 ? undefined : strings
}

/** Says whether an object names its type: `type` is a term or a URL, or several of those. */
export function hasType(value: JsonObject): boolean {
  return stringList(value['type'])?.every(isTypeName) === true
}

/**
 * Says whether a text can name a type: an absolute URL, or a term, which has no colon, is no keyword of JSON-LD
 * and holds neither spaces nor control characters.
 *
 * @see {@link https://www.w3.org/TR/vc-data-model-2.0/#types | VCDM 2.0 §4.5}
 */
export function isTypeName(text: string): boolean {
  return text.includes(':') ? isAbsoluteUrl(text) : TERM.test(text)
}

/** Says whether an object has no `id`, or one that is a URL. */
export function hasNoOrUrlId(value: JsonObject): boolean {
  return value['id'] === undefined || isAbsoluteUrl(value['id'])
}
