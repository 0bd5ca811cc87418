import { format, ucs2length } from '@cfworker/json-schema'
import type { JsonObject, JsonValue } from '../encoding/index.ts'
import { isList } from './shape.ts'

/** Says whether a value is as a schema wants it. */
export type SchemaJudge = (value: JsonValue) => boolean

/** Makes the judge of a keyword, which lets values pass that the keyword says nothing about. */
type KeywordCompiler = (argument: JsonValue | undefined, schema: JsonObject) => SchemaJudge

/** Keywords that describe, and the one that `if` takes care of. */
const SILENT_KEYWORDS: ReadonlySet<string> = new Set(['$schema', '$id', 'title', 'description', 'then'])

/** All patterns of the schemas, written out: no expression is built from a value, whoever it comes from. */
const PATTERNS: readonly RegExp[] = [
  /^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$/u,
  /^did:[a-z0-9]+:[A-Za-z0-9._:%-]*[A-Za-z0-9._%-]$/u,
  /^sha256:[0-9a-f]{64}$/u,
  /^[a-z][a-z0-9+.-]*:[!-~]+$/u,
  /^[A-Z]{3}$/u,
  /^[a-z0-9]+(-[a-z0-9]+)*$/u,
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$/u,
  /^[a-z0-9._-]{1,255}$/u,
  /^https:\/\/[!-~]+$/u,
  /^spiffe:\/\/[a-z0-9._-]{1,255}(\/[A-Za-z0-9._-]+)*$/u,
  /^[!-?A-~]+@[A-Za-z0-9.-]+$/u,
  /^\+[1-9][0-9]{1,14}$/u,
]

const TYPES: ReadonlyMap<unknown, SchemaJudge> = new Map<unknown, SchemaJudge>([
  ['object', isObject],
  ['array', isList],
  ['string', (value) => typeof value === 'string'],
  ['boolean', (value) => typeof value === 'boolean'],
  ['number', (value) => typeof value === 'number'],
  ['integer', (value) => Number.isInteger(value)],
])

const COMPILERS: ReadonlyMap<string, KeywordCompiler> = new Map<string, KeywordCompiler>([
  ['type', (name) => found(TYPES.get(name), 'type')],
  ['enum', compileEnum],
  ['pattern', compilePattern],
  ['format', compileFormat],
  ['minLength', bounded((least) => ofText((text) => ucs2length(text) >= least))],
  // No text has more characters than UTF-16 units, so most need not be counted.
  ['maxLength', bounded((most) => ofText((text) => text.length <= most || ucs2length(text) <= most))],
  ['minimum', bounded((least) => (value) => typeof value !== 'number' || value >= least)],
  ['maximum', bounded((most) => (value) => typeof value !== 'number' || value <= most)],
  ['minItems', bounded((least) => (value) => !isList(value) || value.length >= least)],
  ['maxItems', bounded((most) => (value) => !isList(value) || value.length <= most)],
  ['items', compileItems],
  ['required', compileRequired],
  ['properties', compileProperties],
  ['additionalProperties', compileAdditionalProperties],
  ['minProperties', bounded((least) => ofObject((object) => Object.keys(object).length >= least))],
  ['if', compileCondition],
])

/**
 * Turns a JSON Schema into a function, once, so that holding a value against it costs little. It says whether, not why:
 * the library says why, of the few that do not match.
 *
 * Only the keywords that the schemas here use are known, in the forms in which they use them.
 *
 * @param schema - A schema of ours, draft 2020-12.
 * @returns What says of a JSON value what the library says of it.
 * @throws {TypeError} When the schema has another keyword, or one of these in another form.
 * @see {@link https://json-schema.org/draft/2020-12/json-schema-validation | JSON Schema Validation 2020-12}
 */
export function compileSchema(schema: JsonValue | undefined): SchemaJudge {
  if (!isObject(schema)) throw unknown('a schema that is no object')
  const judges = Object.keys(schema)
    .filter((keyword) => !SILENT_KEYWORDS.has(keyword))
    .map((keyword) => found(COMPILERS.get(keyword), keyword)(schema[keyword], schema))
  return (value) => judges.every((judge) => judge(value))
}

function compileEnum(values: JsonValue | undefined): SchemaJudge {
  const allowed: ReadonlySet<JsonValue> = new Set(textsOf(values))
  return (value) => allowed.has(value)
}

function compilePattern(pattern: JsonValue | undefined): SchemaJudge {
  // In the source of an expression each slash has a backslash before it.
  const expression = PATTERNS.find(({ source }) => source.replaceAll('\\/', '/') === pattern)
  const known = found(expression, 'pattern')
  return ofText((text) => known.test(text))
}

function compileFormat(name: JsonValue | undefined): SchemaJudge {
  if (name !== 'date' && name !== 'date-time') throw unknown('format')
  return ofText(found(format[name], 'format'))
}

function compileItems(schema: JsonValue | undefined): SchemaJudge {
  const judge = compileSchema(schema)
  return (value) => !isList(value) || value.every(judge)
}

function compileRequired(names: JsonValue | undefined): SchemaJudge {
  const required = textsOf(names)
  return ofObject((object) => required.every((name) => Object.hasOwn(object, name)))
}

function compileProperties(schemas: JsonValue | undefined): SchemaJudge {
  if (!isObject(schemas)) throw unknown('properties')
  const members = Object.entries(schemas).map(([name, schema]) => ({ name, judge: compileSchema(schema) }))
  return ofObject((object) =>
    members.every(({ name, judge }) => !Object.hasOwn(object, name) || judge(object[name] ?? null)),
  )
}

function compileAdditionalProperties(allowed: JsonValue | undefined, schema: JsonObject): SchemaJudge {
  const { properties } = schema
  if (allowed !== false || !isObject(properties)) throw unknown('additionalProperties')
  const names = new Set(Object.keys(properties))
  return ofObject((object) => Object.keys(object).every((name) => names.has(name)))
}

function compileCondition(condition: JsonValue | undefined, schema: JsonObject): SchemaJudge {
  if (Object.hasOwn(schema, 'else')) throw unknown('else')
  const [applies, then] = [compileSchema(condition), compileSchema(schema['then'])]
  return (value) => !applies(value) || then(value)
}

function bounded(compile: (bound: number) => SchemaJudge): KeywordCompiler {
  return (bound) => {
    if (typeof bound !== 'number') throw unknown('a bound that is no number')
    return compile(bound)
  }
}

function ofText(judge: (text: string) => boolean): SchemaJudge {
  return (value) => typeof value !== 'string' || judge(value)
}

function ofObject(judge: (object: JsonObject) => boolean): SchemaJudge {
  return (value) => !isObject(value) || judge(value)
}

/** As the library tells objects from the rest, whatever their prototype. */
function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value)
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  if (isList(value) && value.every((item) => typeof item === 'string')) return value
  throw unknown('a list of anything but texts')
}

function found<Value>(value: Value | undefined, name: string): Value {
  if (value === undefined) throw unknown(name)
  return value
}

function unknown(name: string): TypeError {
  return new TypeError(`the schema has a keyword that is not known: ${name}`)
}
