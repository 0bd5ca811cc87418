import { isJsonObject, type JsonObject } from '../encoding/index.ts'
import { parseDateTimeStamp } from './date-time.ts'
import { isLanguageValue } from './language.ts'
import { areRelatedResources, hasGoodIntegrity } from './related-resource.ts'
import { asList, hasNoOrUrlId, hasType, isAbsoluteUrl, isTypeName, stringList } from './shape.ts'

const MAX_TYPES = 16
const MAX_TYPE_LENGTH = 256

/** One rule of the data model, and what is wrong with a document that breaks it. */
export interface DocumentRule {
  /** The member that the rule is about. */
  readonly name: string
  /** The section that states it. */
  readonly spec: string
  /** What is wrong, in words that hold nothing of the input; undefined where nothing is. */
  readonly broken: (document: JsonObject) => string | undefined
}

/** A rule about one member that looks at nothing else. */
export function memberRule(
  name: string,
  spec: string,
  broken: (document: JsonObject, name: string) => string | undefined,
): DocumentRule {
  return { name, spec, broken: (document) => broken(document, name) }
}

/** What is wrong with the types of a document that must have one of them, where anything is. */
export function brokenType(document: JsonObject, base: string): string | undefined {
  const types = stringList(document['type'])
  if (types === undefined) return 'type is not a string or a list of strings'
  if (!types.includes(base)) return `type does not include ${base}`
  if (types.length > MAX_TYPES || types.some((type) => type.length > MAX_TYPE_LENGTH)) {
    return 'type is too long'
  }
  if (!types.every(isTypeName)) return 'type is neither a term nor a URL'
  return new Set(types).size === types.length ? undefined : 'type names a type twice'
}

/** What is wrong with the `id` of a document, which may have none. */
export function brokenId(document: JsonObject): string | undefined {
  return hasNoOrUrlId(document) ? undefined : 'id is not a URL'
}

/** What is wrong with a member that is text for people, or absent. */
export function brokenText(document: JsonObject, name: string): string | undefined {
  const value = document[name]
  return value === undefined || isLanguageValue(value) ? undefined : `${name} is not text with a language`
}

/** What is wrong with a member that names a party: a URL, or an object with a URL as `id` and texts for people. */
export function brokenParty(document: JsonObject, name: string): string | undefined {
  const party = document[name]
  if (!isJsonObject(party)) return isAbsoluteUrl(party) ? undefined : `${name} is not a URL`
  if (!isAbsoluteUrl(party['id'])) return `${name}.id is not a URL`
  const text = brokenText(party, 'name') ?? brokenText(party, 'description')
  return text === undefined ? undefined : `${name}: ${text}`
}

/** What is wrong with a member that is a date and time with a time zone, or absent. */
export function brokenDate(document: JsonObject, name: string): string | undefined {
  const value = document[name]
  if (value === undefined) return undefined
  const valid = typeof value === 'string' && parseDateTimeStamp(value) !== undefined
  return valid ? undefined : `${name} is not a date and time with a time zone`
}

/** What is wrong with a member that is absent, or holds one or several objects that each name their type. */
export function brokenTyped(document: JsonObject, name: string): string | undefined {
  if (document[name] === undefined) return undefined
  const list = asList(document[name])
  if (list.length === 0) return `${name} is an empty list`
  const valid = list.every((item) => isJsonObject(item) && hasType(item) && hasGoodIntegrity(item))
  return valid ? undefined : `${name} lacks a type, or has an id or a digest that is none`
}

/** What is wrong with a member as for {@link brokenTyped} whose objects must also have a URL as `id`. */
export function brokenTypedWithId(document: JsonObject, name: string): string | undefined {
  const broken = brokenTyped(document, name)
  if (broken !== undefined) return broken
  const valid = asList(document[name]).every((item) => isJsonObject(item) && isAbsoluteUrl(item['id']))
  return valid ? undefined : `${name} lacks an id`
}

/** What is wrong with the related resources of a document, which may have none. */
export function brokenResources(document: JsonObject, name: string): string | undefined {
  const value = document[name]
  if (value === undefined || areRelatedResources(asList(value))) return undefined
  return `${name} lacks an id of its own or a digest, or has one that is none`
}
