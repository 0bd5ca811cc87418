import { parseDateTimeStamp } from '../credentials/index.ts'
import { isDid } from '../did/index.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../encoding/index.ts'

/** The type of a signed trust list. */
export const TRUST_LIST_TYPE: string = 'TrustListCredential'

/** The type of an accreditation. */
export const ACCREDITATION_TYPE: string = 'AccreditationCredential'

/** The most types that one statement names. */
export const MAX_TYPES: number = 32

/** The most audiences that one statement names. */
export const MAX_AUDIENCES: number = 64

const MAX_TYPE_LENGTH = 256

/**
 * What trust itself is made of, and what every credential is. Nobody is believed these: whose lists and whose
 * accreditations count is for the verifier's own configuration to say.
 */
const NOT_TO_BE_GIVEN: ReadonlySet<string> = new Set([
  'VerifiableCredential',
  TRUST_LIST_TYPE,
  ACCREDITATION_TYPE,
])

/** What a statement covers: types of credentials, and towards whom. */
export interface Coverage {
  /** Types of credentials, compared as exact strings; no wildcards. */
  readonly types: readonly string[]
  /** DIDs, compared as exact strings. Without it, towards everyone. */
  readonly audiences?: readonly string[]
}

/** A fault of a statement's form. Words that hold nothing of the input. */
export class ShapeFault extends Error {
  override readonly name = 'ShapeFault'
}

/**
 * Refuses members that are not known: one that narrows a statement, and is passed over, would widen it.
 *
 * @throws {ShapeFault} When there is one.
 */
export function checkMembers(value: JsonObject, known: readonly string[], what: string): void {
  if (!Object.keys(value).every((name) => known.includes(name)))
    throw new ShapeFault(`${what} has an unknown member`)
}

/** @throws {ShapeFault} When the value is no object. */
export function readObject(value: JsonValue | undefined, what: string): JsonObject {
  if (!isJsonObject(value)) throw new ShapeFault(`${what} is not an object`)
  return value
}

/** @throws {ShapeFault} When the value is not a DID. */
export function readDid(value: unknown, what: string): string {
  if (!isDid(value)) throw new ShapeFault(`${what} is not a DID`)
  return value
}

/** @throws {ShapeFault} When the value is not 1 to 32 different types that may be given. */
export function readTypes(value: unknown, what: string): readonly string[] {
  const types = readTexts(value, MAX_TYPES, what)
  if (!types.every(isTypeName)) throw new ShapeFault(`${what} has an entry that is no type of credential`)
  return types
}

/** @throws {ShapeFault} When the value is there and not 1 to 64 different DIDs. */
export function readAudiences(value: unknown, what: string): Pick<Coverage, 'audiences'> {
  if (value === undefined) return {}
  const audiences = readTexts(value, MAX_AUDIENCES, what)
  audiences.forEach((audience) => readDid(audience, `an entry of ${what}`))
  return { audiences }
}

/**
 * Reads a moment that may be left out.
 *
 * @returns Seconds since the epoch; undefined where there is none.
 * @throws {ShapeFault} When it is no `xsd:dateTimeStamp`.
 */
export function readMoment(value: JsonValue | undefined, what: string): number | undefined {
  if (value === undefined) return undefined
  const seconds = typeof value === 'string' ? parseDateTimeStamp(value) : undefined
  if (seconds === undefined) throw new ShapeFault(`${what} is not a dateTimeStamp`)
  return seconds
}

/** @throws {ShapeFault} When the value is not a whole number in the range. */
export function readWhole(value: unknown, least: number, most: number, what: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw new ShapeFault(`${what} is not a whole number from ${String(least)} to ${String(most)}`)
  }
  return value
}

function readTexts(value: unknown, most: number, what: string): readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > most) {
    throw new ShapeFault(`${what} is not a list of 1 to ${String(most)} entries`)
  }
  const entries: readonly unknown[] = value
  const texts = entries.filter((entry) => typeof entry === 'string')
  if (texts.length !== entries.length) throw new ShapeFault(`${what} has an entry that is not a text`)
  if (new Set(texts).size !== texts.length) throw new ShapeFault(`${what} has an entry twice`)
  return Object.freeze(texts)
}

function isTypeName(text: string): boolean {
  const printable = /^[!-~]+$/.test(text) && text.length <= MAX_TYPE_LENGTH
  return printable && !text.includes('*') && !NOT_TO_BE_GIVEN.has(text)
}
