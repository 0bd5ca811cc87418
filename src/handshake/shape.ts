import { decodeBase64url, isJsonObject, type JsonObject, type JsonValue } from '../encoding/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'

/** The refusal of a message that has not the right form. */
export function malformed(message: string, details: Record<string, string | number> = {}): VerificationError {
  return new VerificationError('COMITY_HANDSHAKE_MALFORMED', message, {
    spec: 'comity handshake, messages',
    details,
  })
}

/** Refuses members that a message does not have: what one side ignores, the other may rely on. */
export function assertOnlyMembers(object: JsonObject, allowed: readonly string[], where: string): void {
  if (Object.keys(object).some((name) => !allowed.includes(name))) {
    throw malformed('the message has a member that it must not have', { where })
  }
}

/** A member that must be a string of 1 to `maxLength` characters. */
export function stringMember(object: JsonObject, name: string, maxLength = 2048): string {
  const value = object[name]
  if (typeof value !== 'string' || value === '' || value.length > maxLength) {
    throw malformed('a member must be a non-empty string', { member: name, maxLength })
  }
  return value
}

/** A member that must be an object. */
export function objectMember(object: JsonObject, name: string): JsonObject {
  const value = object[name]
  if (!isJsonObject(value)) throw malformed('a member must be an object', { member: name })
  return value
}

/** A member that must be an array of at most `max` items. */
export function arrayMember(object: JsonObject, name: string, max: number): readonly JsonValue[] {
  const value: unknown = object[name]
  if (!Array.isArray(value) || value.length > max) {
    throw malformed('a member must be an array within its limit', { member: name, max })
  }
  return value as readonly JsonValue[]
}

/** A member that must be base64url of exactly `bytes` bytes, or of 1 to `maxBytes`. */
export function bytesMember(
  object: JsonObject,
  name: string,
  size: { readonly bytes: number } | { readonly maxBytes: number },
): Uint8Array {
  const value = decodeMember(
    stringMember(object, name, 65_536),
    name,
    'bytes' in size ? size.bytes : size.maxBytes,
  )
  if ('bytes' in size && value.length !== size.bytes) {
    throw malformed('a member has not the right length', { member: name, bytes: size.bytes })
  }
  return value
}

function decodeMember(text: string, name: string, maxBytes: number): Uint8Array {
  try {
    return decodeBase64url(text, { maxBytes })
  } catch (error) {
    if (error instanceof ComityError) throw malformed('a member must be base64url', { member: name })
    throw error
  }
}

/** A list of 1 to 16 different names of at most 64 characters: versions or suites. */
export function namesMember(object: JsonObject, name: string): readonly string[] {
  const names = arrayMember(object, name, 16)
  const valid = names.every(
    (entry): entry is string => typeof entry === 'string' && entry !== '' && entry.length <= 64,
  )
  if (!valid || names.length === 0 || new Set(names).size !== names.length) {
    throw malformed('a member must be a list of different names', { member: name })
  }
  return names
}
