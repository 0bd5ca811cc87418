import type { JsonObject, JsonValue } from '../../encoding/index.ts'
import { messageMalformed, type StructMessage, type ValueMessage } from './protocol.ts'

/** As deep as claims of a token may be nested. */
const MAX_DEPTH = 32

/**
 * Turns a `google.protobuf.Struct` into JSON.
 *
 * @throws {VerificationError} `COMITY_WORKLOAD_API_MESSAGE` when a value is none, a number has no form in JSON, or it is
 *   nested deeper than 32.
 */
export function readStruct(struct: StructMessage): JsonObject {
  return readObject(struct, 1)
}

/**
 * Turns JSON into a `google.protobuf.Struct`, for whoever serves the Workload API.
 *
 * @param value - Nested not deeper than the stack.
 */
export function writeStruct(value: JsonObject): StructMessage {
  return { fields: Object.fromEntries(Object.entries(value).map(([name, member]) => [name, write(member)])) }
}

function readObject({ fields }: StructMessage, depth: number): JsonObject {
  if (depth > MAX_DEPTH) throw messageMalformed('it is nested too deep', 'claims')
  const members = Object.entries(fields).map(([name, value]) => [name, readValue(value, depth)] as const)
  return Object.fromEntries(members)
}

function readValue(value: ValueMessage, depth: number): JsonValue {
  const { kind, numberValue, stringValue, boolValue, structValue, listValue } = value
  if (kind === 'nullValue') return null
  if (kind === 'structValue' && structValue !== undefined) return readObject(structValue, depth + 1)
  if (kind === 'listValue' && listValue !== undefined) {
    if (depth + 1 > MAX_DEPTH) throw messageMalformed('it is nested too deep', 'claims')
    return listValue.values.map((each) => readValue(each, depth + 1))
  }
  if (kind === 'numberValue' && numberValue !== undefined && Number.isFinite(numberValue)) return numberValue
  if (kind === 'stringValue' && stringValue !== undefined) return stringValue
  if (kind === 'boolValue' && boolValue !== undefined) return boolValue
  throw messageMalformed('a value is none', 'claims')
}

function write(value: JsonValue): ValueMessage {
  if (value === null) return { kind: 'nullValue', nullValue: 0 }
  if (typeof value === 'number') return { kind: 'numberValue', numberValue: value }
  if (typeof value === 'string') return { kind: 'stringValue', stringValue: value }
  if (typeof value === 'boolean') return { kind: 'boolValue', boolValue: value }
  if (Array.isArray(value)) return { kind: 'listValue', listValue: { values: value.map(write) } }
  return { kind: 'structValue', structValue: writeStruct(value as JsonObject) }
}
