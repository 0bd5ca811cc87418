import { isJsonObject, type JsonValue } from '../../encoding/index.ts'
import { logFault } from './fault.ts'
import { readDidKey } from './update-key.ts'

/** Who must approve changes of a DID. */
export interface WitnessConfig {
  /** How many of them, at least 1 and at most all. */
  readonly threshold: number
  /** Their `did:key`s, each once, at least one and at most 64. */
  readonly witnesses: readonly string[]
}

const MAX_WITNESSES = 64

function invalid(message: string): never {
  throw logFault('COMITY_DID_LOG_MALFORMED', message, { spec: 'did:webvh 1.0, The witness Parameter' })
}

function readWitness(entry: JsonValue): string {
  const id = isJsonObject(entry) ? entry['id'] : undefined
  // The key is judged here and not when it signs, so that no witness can be named that never could.
  if (typeof id !== 'string' || readDidKey(id) === undefined)
    invalid('a witness is not the `did:key` of an Ed25519 key')
  return id
}

/**
 * Reads the `witness` parameter.
 *
 * @param value - The parameter; `{}` and `null` stand for none.
 * @returns The configuration, frozen; `undefined` for none.
 * @throws {VerificationError} `COMITY_DID_LOG_MALFORMED` when it is neither, names nobody, somebody twice or more than
 *   64, names what is not the `did:key` of an Ed25519 key, or its threshold is not an integer from 1 to their number.
 * @see {@link https://identity.foundation/didwebvh/v1.0/#the-witness-parameter | did:webvh, The witness Parameter}
 */
export function parseWitnessConfig(value: JsonValue): WitnessConfig | undefined {
  if (value === null) return undefined
  if (!isJsonObject(value)) return invalid('`witness` is not an object')
  if (Object.keys(value).length === 0) return undefined
  const { threshold, witnesses: list } = value
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_WITNESSES)
    return invalid('`witnesses` is not a list of allowed length')
  const witnesses = (list as readonly JsonValue[]).map(readWitness)
  if (new Set(witnesses).size !== witnesses.length) return invalid('a witness is named twice')
  if (
    typeof threshold !== 'number' ||
    !Number.isInteger(threshold) ||
    threshold < 1 ||
    threshold > witnesses.length
  )
    return invalid('the threshold is not an integer from 1 to the number of witnesses')
  return Object.freeze({ threshold, witnesses: Object.freeze(witnesses) })
}
