import { encodeUtf8, type JsonObject } from '../../encoding/index.ts'
import { VerificationError } from '../../errors/index.ts'
import { parseLine } from './entry.ts'
import { logFault } from './fault.ts'
import { continuationOf, linesOf, MAX_LOG_BYTES, type Line } from './lines.ts'
import { parseWebvhDid, type WebvhDid } from './location.ts'
import type { Parameters } from './parameters.ts'
import { MAX_AHEAD, verifyEntry, type Tip } from './verify-entry.ts'
import { dutyOf, verifyWitnesses, type WitnessDuty } from './witness.ts'

/** One version of a DID, as its log tells. */
export interface WebvhVersion {
  /** The number and the hash of the entry, such as `1-Qm…`. */
  readonly versionId: string
  /** The number, from 1. */
  readonly versionNumber: number
  /** When it was made, as its controller says and wrote it: ISO 8601 in UTC. */
  readonly versionTime: string
}

declare const verified: unique symbol

/** A log that was verified as a whole, frozen. Only {@link verifyWebvhLog} makes one. */
export interface VerifiedWebvhLog {
  /** Marks the type. There is no such member. */
  readonly [verified]: true
  /** The DID that it was verified for. */
  readonly did: string
  /** The versions, first to last; at least one. */
  readonly versions: readonly WebvhVersion[]
  /** What is in force after the last. */
  readonly parameters: Parameters
}

/** What is known of a log beside what it shows. */
interface Inside {
  readonly bytes: Uint8Array
  readonly lines: readonly Line[]
  readonly tip: Tip
  readonly expiresAt: number
  /** Whether some version is of the DID that was asked for. */
  readonly isNamed: boolean
}

/** What a log is verified against. */
export interface VerifyWebvhLogOptions {
  /** The log, `did.jsonl`: at most 4 MiB and 10 000 entries of at most 128 KiB. */
  readonly log: Uint8Array | string
  /** Brings the proofs of witnesses, `did-witness.json`, at most 1 MiB; asked only when an entry needs them. */
  readonly witness?: () => Promise<Uint8Array | string | undefined>
  /** The current time in seconds since the Unix epoch. */
  readonly now: number
  /** A log of the same DID verified before. Where the new one starts with all its bytes, only the rest is verified. */
  readonly previous?: VerifiedWebvhLog | undefined
}

const insides = new WeakMap<VerifiedWebvhLog, Inside>()

function insideOf(log: VerifiedWebvhLog): Inside {
  const inside = insides.get(log)
  if (inside === undefined) throw new TypeError('the log must come from verifyWebvhLog')
  return inside
}

function toBytes(file: Uint8Array | string): Uint8Array {
  return typeof file === 'string' ? encodeUtf8(file) : file
}

/** The log to go on from, where there is one that holds still and that the new log starts with. */
function usablePrevious(
  bytes: Uint8Array,
  { previous, now }: VerifyWebvhLogOptions,
  did: string,
): { inside: Inside; from: number; log: VerifiedWebvhLog } | undefined {
  if (previous?.did !== did) return undefined
  const inside = insideOf(previous)
  // A clock that was set back, or a proof that has expired since, is found by verifying again.
  if (inside.tip.time.seconds > now + MAX_AHEAD || inside.expiresAt <= now) return undefined
  const from = continuationOf(bytes, inside.bytes)
  return from === undefined ? undefined : { inside, from, log: previous }
}

interface Walk {
  readonly versions: WebvhVersion[]
  readonly duties: WitnessDuty[]
  tip: Tip | undefined
  expiresAt: number
  isNamed: boolean
}

function versionOf(tip: Tip, line: JsonObject): WebvhVersion {
  const { versionId, number: versionNumber } = tip
  return Object.freeze({ versionId, versionNumber, versionTime: line['versionTime'] as string })
}

function atEntry(error: unknown, entry: number): unknown {
  if (!(error instanceof VerificationError) || !error.code.startsWith('COMITY_DID_LOG_')) return error
  const { code, message, spec, cause } = error
  return new VerificationError(code, message, {
    details: { entry },
    ...(spec !== undefined && { spec }),
    ...(cause !== undefined && { cause }),
  })
}

/** Verifies one line, and adds what it tells. */
async function step(walk: Walk, line: Uint8Array, { did, scid }: WebvhDid, now: number): Promise<void> {
  const number = walk.versions.length + 1
  try {
    const value = parseLine(line)
    const tip = await verifyEntry(value, walk.tip, now)
    if (tip.parameters.scid !== scid)
      throw logFault('COMITY_DID_LOG_CHAIN', 'the log is of a DID with another SCID')
    const duty = dutyOf(number, walk.tip?.parameters.witness, tip.parameters.witness)
    if (duty !== undefined) walk.duties.push(duty)
    walk.versions.push(versionOf(tip, value))
    walk.tip = tip
    walk.expiresAt = Math.min(walk.expiresAt, tip.expiresAt)
    walk.isNamed ||= tip.did.did === did
  } catch (error) {
    throw atEntry(error, number)
  }
}

function seal(did: string, versions: readonly WebvhVersion[], inside: Inside): VerifiedWebvhLog {
  const log = Object.freeze({
    did,
    versions: Object.freeze(versions),
    parameters: inside.tip.parameters,
  }) as VerifiedWebvhLog
  insides.set(log, inside)
  return log
}

/**
 * Verifies the log of a DID: each entry from the first to the last, then the proofs of witnesses. One fault spoils the
 * whole log, also for who asks for a version before it.
 *
 * A log verified before is gone on from when it holds byte by byte: what it stands for does not depend on what follows.
 *
 * @param did - The DID, which some version must be of.
 * @returns The log, frozen. Its bytes are copied.
 * @throws {VerificationError} `COMITY_DID_INVALID` when it is no `did:webvh`; `COMITY_DID_LOG_MALFORMED` when the log
 *   is too large or empty, or an entry is malformed; `COMITY_DID_LOG_TIME` when time does not go on or goes ahead;
 *   `COMITY_DID_LOG_CHAIN` when the SCID, an entry's hash, a move, or the DID itself does not fit; `COMITY_DID_LOG_PROOF`
 *   when a signature, or the key that it was made with, does not; `COMITY_DID_LOG_WITNESS` when approvals are missing.
 *   `details.entry` has the number of the entry at fault.
 * @throws {TypeError} `now` is not a number.
 * @see {@link https://identity.foundation/didwebvh/v1.0/#read-resolve | did:webvh, Read}
 */
export async function verifyWebvhLog(did: string, options: VerifyWebvhLogOptions): Promise<VerifiedWebvhLog> {
  const { now, witness } = options
  if (!Number.isFinite(now)) throw new TypeError('options.now must be seconds since the epoch')
  const subject = parseWebvhDid(did)
  const bytes = toBytes(options.log)
  if (bytes.length > MAX_LOG_BYTES) throw logFault('COMITY_DID_LOG_MALFORMED', 'the log is too large')
  const known = usablePrevious(bytes, options, did)
  if (known?.inside.bytes.length === bytes.length) return known.log
  const oldLines = known?.inside.lines ?? []
  const newLines = linesOf(bytes, known?.from ?? 0, oldLines.length)
  const walk: Walk = {
    versions: [...(known?.log.versions ?? [])],
    duties: [],
    tip: known?.inside.tip,
    expiresAt: known?.inside.expiresAt ?? Infinity,
    isNamed: known?.inside.isNamed ?? false,
  }
  for (const { start, end } of newLines) await step(walk, bytes.subarray(start, end), subject, now)
  const { tip, versions, duties, isNamed } = walk
  if (tip === undefined) throw logFault('COMITY_DID_LOG_MALFORMED', 'the log has no entry')
  if (!isNamed) throw logFault('COMITY_DID_LOG_CHAIN', 'the log is of a DID in another place')
  if (duties.length > 0) {
    const file = await witness?.()
    const numbers = new Map(versions.map(({ versionId, versionNumber }) => [versionId, versionNumber]))
    await verifyWitnesses(duties, file === undefined ? undefined : toBytes(file), numbers, now)
  }
  const { expiresAt } = walk
  return seal(did, versions, {
    bytes: bytes.slice(),
    lines: [...oldLines, ...newLines],
    tip,
    expiresAt,
    isNamed,
  })
}

/**
 * Reads the document of a version out of its log.
 *
 * @returns The document as the log has it, frozen.
 * @throws {TypeError} The log does not come from {@link verifyWebvhLog}, or the version is not of it.
 */
export function stateOf(log: VerifiedWebvhLog, version: WebvhVersion): JsonObject {
  const { bytes, lines } = insideOf(log)
  const line = lines[version.versionNumber - 1]
  if (line === undefined || log.versions[version.versionNumber - 1] !== version)
    throw new TypeError('the version is not of this log')
  return parseLine(bytes.subarray(line.start, line.end))['state'] as JsonObject
}

/** The bytes that a log was verified from. They are not to be changed. */
export function bytesOf(log: VerifiedWebvhLog): Uint8Array {
  return insideOf(log).bytes
}

/** The DID that the last version is of; another than the one asked for when it has moved. */
export function currentDid(log: VerifiedWebvhLog): WebvhDid {
  return insideOf(log).tip.did
}
