import { emptyJsonObject, isJsonObject, type JsonObject, type JsonValue } from '../../encoding/index.ts'
import { VerificationError } from '../../errors/index.ts'
import { MAX_SD_JWT_DEPTH, type Disclosure } from './disclosure.ts'

/** What one processing has found. */
interface Progress {
  readonly disclosures: ReadonlyMap<string, Disclosure>
  /** Every digest that was met, with a disclosure or without. */
  readonly digests: Set<string>
  /** How many of the disclosures were put in their places. */
  used: number
}

/**
 * Puts disclosures in the places of their digests, and removes all that selective disclosure has added.
 *
 * Stricter than the steps of the RFC: what looks like a digest and is not one is refused and not left as a claim, so
 * that `_sd`, `...` and, below the top, `_sd_alg` never are names of claims.
 *
 * @param payload - The payload that the issuer signed.
 * @param disclosures - The disclosures that came with it.
 * @returns The claims, frozen. Objects have no prototype.
 * @throws {VerificationError} `COMITY_SD_JWT_DIGEST` when a digest occurs twice, a disclosure is repeated or belongs
 *   nowhere or in another kind of place, a claim is there already, or a carrier of digests is malformed;
 *   `COMITY_JSON_TOO_DEEP` when the claims are nested more than 16 deep.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9901#section-7.1 | RFC 9901 §7.1, steps 3 to 5}
 */
export function processPayload(payload: JsonObject, disclosures: readonly Disclosure[]): JsonObject {
  const byDigest = new Map(disclosures.map((disclosure) => [disclosure.digest, disclosure]))
  if (byDigest.size !== disclosures.length) throw broken('a disclosure is there twice')
  const progress: Progress = { disclosures: byDigest, digests: new Set(), used: 0 }
  const processed = processObject(payload, progress, 1)
  if (progress.used !== disclosures.length) throw broken('a disclosure belongs nowhere')
  return processed
}

function processValue(value: JsonValue, progress: Progress, depth: number): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  const levels = levelsOf(value)
  if (levels !== undefined) {
    checkDepth(depth + levels - 1)
    return value
  }
  return isJsonObject(value) ? processObject(value, progress, depth) : processArray(value, progress, depth)
}

/** How deep a value is nested; undefined where something in it has to be replaced or refused. */
function levelsOf(value: JsonValue): number | undefined {
  if (typeof value !== 'object' || value === null) return 0
  if (isJsonObject(value) && ('_sd' in value || '...' in value || '_sd_alg' in value)) return undefined
  let deepest = 0
  for (const inner of Object.values(value) as readonly JsonValue[]) {
    const levels = levelsOf(inner)
    if (levels === undefined) return undefined
    if (levels > deepest) deepest = levels
  }
  return deepest + 1
}

function processObject(object: JsonObject, progress: Progress, depth: number): JsonObject {
  checkDepth(depth)
  const result = emptyJsonObject()
  for (const name of Object.keys(object)) {
    if (name === '_sd') continue
    if (name === '...') throw broken('... is not a claim')
    if (name === '_sd_alg' && depth === 1) continue
    if (name === '_sd_alg') throw broken('_sd_alg is not at the top')
    result[name] = processValue(object[name] ?? null, progress, depth + 1)
  }
  for (const digest of digestsOf(object)) {
    const disclosure = take(digest, progress)
    if (disclosure === undefined) continue
    const { name, value } = disclosure
    if (name === undefined) throw broken('an element of an array is disclosed as a claim')
    if (name === '_sd_alg') throw broken('_sd_alg is disclosed as a claim')
    if (name in result) throw broken('a claim is there twice')
    result[name] = processValue(value, progress, depth + 1)
  }
  return Object.freeze(result)
}

function processArray(array: readonly JsonValue[], progress: Progress, depth: number): readonly JsonValue[] {
  checkDepth(depth)
  const result: JsonValue[] = []
  for (const element of array) {
    if (!isJsonObject(element) || !Object.hasOwn(element, '...')) {
      result.push(processValue(element, progress, depth + 1))
      continue
    }
    const digest = element['...']
    if (typeof digest !== 'string' || Object.keys(element).length !== 1) {
      throw broken('the place of an element is malformed')
    }
    const disclosure = take(digest, progress)
    if (disclosure === undefined) continue
    if (disclosure.name !== undefined) throw broken('a claim is disclosed as an element of an array')
    result.push(processValue(disclosure.value, progress, depth + 1))
  }
  return Object.freeze(result)
}

function digestsOf(object: JsonObject): readonly string[] {
  if (!Object.hasOwn(object, '_sd')) return []
  const digests: unknown = object['_sd']
  if (Array.isArray(digests) && digests.every((digest) => typeof digest === 'string')) return digests
  throw broken('_sd is not a list of texts')
}

/** The disclosure of a digest. A digest that is met again is refused whether it has one or not. */
function take(digest: string, progress: Progress): Disclosure | undefined {
  if (progress.digests.has(digest)) throw broken('a digest is there twice')
  progress.digests.add(digest)
  const disclosure = progress.disclosures.get(digest)
  if (disclosure !== undefined) progress.used++
  return disclosure
}

function checkDepth(depth: number): void {
  if (depth <= MAX_SD_JWT_DEPTH) return
  throw new VerificationError('COMITY_JSON_TOO_DEEP', 'the disclosed claims are nested too deeply', {
    details: { maxDepth: MAX_SD_JWT_DEPTH },
  })
}

function broken(message: string): VerificationError {
  return new VerificationError('COMITY_SD_JWT_DIGEST', message, { spec: 'RFC 9901 §7.1' })
}
