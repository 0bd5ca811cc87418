import {
  canonicalizeJson,
  isJsonObject,
  parseJson,
  type JsonObject,
  type JsonValue,
} from '../../encoding/index.ts'
import { blame, logFault } from './fault.ts'
import { hashText } from './hash.ts'
import { readProof, type ReadProof } from './proof.ts'
import { parseLogTime, type LogTime } from './time.ts'

/** Largest entry of a log, in bytes. */
export const MAX_ENTRY_BYTES = 131_072

/** Stands for the SCID where it is not known yet: in what the SCID is the hash of. */
export const PLACEHOLDER = '{SCID}'

/** An entry of a log, its members read and nothing verified. */
export interface Entry {
  readonly versionId: string
  readonly versionTime: string
  readonly time: LogTime
  readonly parameters: JsonObject
  readonly state: JsonObject
  readonly proofs: readonly ReadProof[]
}

const MEMBERS: readonly string[] = ['versionId', 'versionTime', 'parameters', 'state', 'proof']
const MAX_PROOFS = 8

function malformed(message: string): never {
  throw logFault('COMITY_DID_LOG_MALFORMED', message, { spec: 'did:webvh 1.0, The DID Log File' })
}

/** Parses one line of a log. */
export function parseLine(line: Uint8Array): JsonObject {
  const value = blame('COMITY_DID_LOG_MALFORMED', 'a line of the log is not JSON', () =>
    parseJson(line, { maxBytes: MAX_ENTRY_BYTES, maxDepth: 32 }),
  )
  return isJsonObject(value) ? value : malformed('a line of the log is not an object')
}

function readProofs(value: JsonValue | undefined): readonly ReadProof[] {
  const list = (Array.isArray(value) ? value : [value]) as readonly JsonValue[]
  if (list.length === 0 || list.length > MAX_PROOFS)
    throw logFault('COMITY_DID_LOG_PROOF', 'an entry has no proof, or too many')
  return list.map((members) => {
    const proof = isJsonObject(members) ? readProof(members, false) : undefined
    if (proof === undefined)
      throw logFault('COMITY_DID_LOG_PROOF', 'a proof is not of the kind that logs have')
    return proof
  })
}

/**
 * Reads the members of an entry.
 *
 * @throws {VerificationError} `COMITY_DID_LOG_MALFORMED` when one is missing, unknown or malformed;
 *   `COMITY_DID_LOG_TIME` when the time is not in UTC as ISO 8601 has it; `COMITY_DID_LOG_PROOF` when there is no
 *   proof, or one that is not by `eddsa-jcs-2022` for assertions, with a `did:key`.
 * @see {@link https://identity.foundation/didwebvh/v1.0/#the-did-log-file | did:webvh, The DID Log File}
 */
export function readEntry(line: JsonObject): Entry {
  if (!Object.keys(line).every((name) => MEMBERS.includes(name))) malformed('an entry has an unknown member')
  const { versionId, versionTime, parameters, state, proof } = line
  if (typeof versionId !== 'string') return malformed('an entry has no `versionId`')
  if (!isJsonObject(parameters)) return malformed('the parameters of an entry are not an object')
  if (!isJsonObject(state)) return malformed('the state of an entry is not an object')
  const time = parseLogTime(versionTime)
  if (typeof versionTime !== 'string' || time === undefined)
    throw logFault('COMITY_DID_LOG_TIME', 'the time of an entry is not ISO 8601 in UTC')
  return { versionId, versionTime, time, parameters, state, proofs: readProofs(proof) }
}

/** What of an entry is hashed and signed: all but its proof, under some `versionId`. */
export interface EntryContent {
  /** Canonical JSON of the content under a `versionId`. */
  under(versionId: string): string
}

/** Spells the content of an entry in canonical JSON. The large members are spelled once. */
export function contentOf(entry: Pick<Entry, 'parameters' | 'state' | 'versionTime'>): EntryContent {
  const [parameters, state] = [canonicalizeJson(entry.parameters), canonicalizeJson(entry.state)]
  const time = JSON.stringify(entry.versionTime)
  return {
    // Canonical JSON has the members in this order.
    under: (id) =>
      `{"parameters":${parameters},"state":${state},"versionId":${JSON.stringify(id)},"versionTime":${time}}`,
  }
}

/**
 * Names an entry by its number and the hash of its content.
 *
 * @param predecessor - The `versionId` before it; the SCID for the first.
 * @see {@link https://identity.foundation/didwebvh/v1.0/#generate-entry-hash | did:webvh, Generate Entry Hash}
 */
export function versionIdOf(content: EntryContent, number: number, predecessor: string): string {
  return `${String(number)}-${hashText(content.under(predecessor))}`
}

/**
 * Computes the SCID that the content of a first entry has.
 *
 * @param content - The content, with the SCID or {@link PLACEHOLDER} in it.
 * @param scid - The text that stands for the SCID in it.
 * @see {@link https://identity.foundation/didwebvh/v1.0/#verify-scid | did:webvh, Verify SCID}
 */
export function scidOf(content: EntryContent, scid: string): string {
  // Replaced in names of members too, which may put them into another order.
  const text = content.under(scid).replaceAll(scid, PLACEHOLDER)
  const value = blame('COMITY_DID_LOG_MALFORMED', 'the first entry names a member by the SCID', () =>
    parseJson(text, { maxBytes: 2 * MAX_ENTRY_BYTES, maxDepth: 32 }),
  )
  return hashText(canonicalizeJson(value))
}
