import type { JsonObject, JsonValue } from '../../encoding/index.ts'
import { isJsonObject } from '../../encoding/index.ts'

/** Keywords that speak of what is absent: the holder may keep any claim and any element to itself. */
const ABSENCE_KEYWORDS: ReadonlySet<string> = new Set([
  'required',
  'minItems',
  'minProperties',
  'minContains',
])
/** Keywords whose members are names of claims, not keywords. */
const NAMED_SCHEMAS: ReadonlySet<string> = new Set(['properties', 'patternProperties', '$defs'])

/**
 * Turns the schema of a whole credential into one of what is disclosed of its claims, as they stand in an SD-JWT VC: the
 * part about `credentialSubject`, without all that asks for something to be there.
 *
 * @param schema - The JSON Schema of a type.
 * @returns A JSON Schema of the claims about the subject, with `id` for `sub`.
 */
export function disclosedSchema(schema: JsonObject): JsonObject {
  const { properties } = schema
  const subject = isJsonObject(properties) ? properties['credentialSubject'] : undefined
  if (!isJsonObject(subject)) throw new TypeError('the schema says nothing about the subject')
  return relax(subject) as JsonObject
}

function relax(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => relax(item))
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([keyword]) => !ABSENCE_KEYWORDS.has(keyword))
      .map(([keyword, inner]) => [keyword, NAMED_SCHEMAS.has(keyword) ? relaxEach(inner) : relax(inner)]),
  )
}

function relaxEach(schemas: JsonValue): JsonValue {
  if (!isJsonObject(schemas)) return schemas
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, relax(schema)]))
}
