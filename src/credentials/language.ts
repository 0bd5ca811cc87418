import { isJsonObject, type JsonValue } from '../encoding/index.ts'
import { isList } from './shape.ts'

/** Longer tags are well-formed and mean nothing that anybody speaks. */
const MAX_TAG_LENGTH = 128

/** The parts of a tag in their order, each with how often it may come. RFC 5646 §2.1. */
const SUBTAGS: readonly { readonly form: RegExp; readonly most: number }[] = [
  { form: /^[a-z]{3}$/, most: 3 },
  { form: /^[a-z]{4}$/, most: 1 },
  { form: /^(?:[a-z]{2}|[0-9]{3})$/, most: 1 },
  { form: /^(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3})$/, most: Infinity },
]

/**
 * Says whether a value is text for people: a string, a language value object, or several such objects.
 *
 * A language value object has `@value`, a string; it may have `@language`, a well-formed language tag, and
 * `@direction`, `ltr` or `rtl`; and it has nothing else.
 *
 * @see {@link https://www.w3.org/TR/vc-data-model-2.0/#language-and-base-direction | VCDM 2.0 §11.1}
 */
export function isLanguageValue(value: JsonValue): boolean {
  if (typeof value === 'string') return true
  if (!isList(value)) return isLanguageObject(value)
  return value.length > 0 && value.every(isLanguageObject)
}

/**
 * Says whether a text is a well-formed language tag, such as `en` or `zh-Hant-TW`; not whether anybody registered it.
 * The grandfathered tags that fit no rule, such as `i-klingon`, are not.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc5646#section-2.1 | RFC 5646 §2.1}
 */
export function isLanguageTag(text: string): boolean {
  if (text.length > MAX_TAG_LENGTH) return false
  const [language = '', ...rest] = text.toLowerCase().split('-')
  if (language === 'x') return isPrivateUse(rest)
  if (!/^[a-z]{2,8}$/.test(language)) return false
  return areExtensions(skipSubtags(rest, language.length))
}

/** What is left after the extended language, script, region and variants. */
function skipSubtags(parts: readonly string[], languageLength: number): readonly string[] {
  let at = 0
  for (const { form, most } of languageLength > 3 ? SUBTAGS.slice(1) : SUBTAGS) {
    for (let count = 0; count < most && form.test(parts[at] ?? ''); count++) at++
  }
  return parts.slice(at)
}

/** Extensions are introduced by a single character, each once, and private use by `x`, at the end. */
function areExtensions(parts: readonly string[]): boolean {
  const seen = new Set<string>()
  let at = 0
  while (at < parts.length) {
    const singleton = parts[at++] ?? ''
    if (singleton === 'x') return isPrivateUse(parts.slice(at))
    if (!/^[a-z0-9]$/.test(singleton) || seen.has(singleton)) return false
    seen.add(singleton)
    const first = at
    while (/^[a-z0-9]{2,8}$/.test(parts[at] ?? '')) at++
    if (at === first) return false
  }
  return true
}

function isPrivateUse(parts: readonly string[]): boolean {
  return parts.length > 0 && parts.every((part) => /^[a-z0-9]{1,8}$/.test(part))
}

function isLanguageObject(value: JsonValue): boolean {
  if (!isJsonObject(value) || typeof value['@value'] !== 'string') return false
  return Object.entries(value).every(([name, member]) => {
    if (name === '@direction') return member === 'ltr' || member === 'rtl'
    if (name === '@language') return typeof member === 'string' && isLanguageTag(member)
    return name === '@value'
  })
}
