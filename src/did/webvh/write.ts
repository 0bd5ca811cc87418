import { encodeUtf8, type JsonObject } from '../../encoding/index.ts'
import { ComityError } from '../../errors/index.ts'
import type { PublicJwk, Signer } from '../../keys/index.ts'
import { parseDidDocument } from '../document.ts'
import { encodeMultikey } from '../multikey.ts'
import { contentOf, parseLine, versionIdOf } from './entry.ts'
import { logFault } from './fault.ts'
import { logFile, webFile, type WebvhFile } from './files.ts'
import { hashText } from './hash.ts'
import { linesOf, MAX_LOG_BYTES } from './lines.ts'
import { parallelDid, parallelDidWeb } from './parallel-web.ts'
import { assertEd25519, signProof } from './proof.ts'
import { formatLogTime } from './time.ts'
import { verifyEntry, type Tip } from './verify-entry.ts'
import { dutyOf } from './witness.ts'
import type { WitnessConfig } from './witness-config.ts'

/** A new version of a DID, and the files to host for it. Nothing is published before the host serves them. */
export interface WrittenWebvhDid {
  /** The DID. It is another than before when it moved. */
  readonly did: string
  /** The new version. */
  readonly versionId: string
  /** The document of the new version. */
  readonly document: JsonObject
  /** The log with the new version, as text. */
  readonly log: string
  /**
   * Who must approve the new version, where somebody must. The file with their approvals is to be served before the
   * log is; see `createWitnessFile`.
   */
  readonly approvers: WitnessConfig | undefined
  /** The log, and the document of the parallel `did:web` where there is one. */
  readonly files: readonly WebvhFile[]
}

/** A log of one's own, its entries verified. */
export interface OwnLog {
  /** The log as text, with a newline at its end. */
  readonly text: string
  readonly tip: Tip
  /** The document of the last version. */
  readonly state: JsonObject
  /** The `versionId`s in order. */
  readonly versionIds: readonly string[]
}

/**
 * Verifies the entries of a log, for who is about to add one or to approve the last. Witnesses are not looked at.
 *
 * @throws {VerificationError} `COMITY_DID_LOG_MALFORMED`, `COMITY_DID_LOG_TIME`, `COMITY_DID_LOG_CHAIN` or
 *   `COMITY_DID_LOG_PROOF`.
 */
export async function readOwnLog(log: Uint8Array | string, now: number): Promise<OwnLog> {
  const bytes = typeof log === 'string' ? encodeUtf8(log) : log
  if (bytes.length > MAX_LOG_BYTES) throw logFault('COMITY_DID_LOG_MALFORMED', 'the log is too large')
  let tip: Tip | undefined
  let line: JsonObject = {}
  const versionIds: string[] = []
  for (const { start, end } of linesOf(bytes, 0, 0)) {
    line = parseLine(bytes.subarray(start, end))
    tip = await verifyEntry(line, tip, now)
    versionIds.push(tip.versionId)
  }
  if (tip === undefined) throw logFault('COMITY_DID_LOG_MALFORMED', 'the log has no entry')
  const text = new TextDecoder().decode(bytes)
  return {
    text: text.endsWith('\n') ? text : `${text}\n`,
    tip,
    state: line['state'] as JsonObject,
    versionIds,
  }
}

/** Spells keys as `updateKeys` has them. */
export function toMultikeys(keys: readonly PublicJwk[]): readonly string[] {
  return keys.map(encodeMultikey)
}

/** Hashes keys as `nextKeyHashes` has them. */
export function toKeyHashes(keys: readonly PublicJwk[]): readonly string[] {
  return toMultikeys(keys).map(hashText)
}

/** Spells witnesses as the `witness` parameter has them. */
export function toWitnessParameter(witness: WitnessConfig | null): JsonObject {
  if (witness === null) return {}
  return { threshold: witness.threshold, witnesses: witness.witnesses.map((id) => ({ id })) }
}

/** What a new version is made of. */
export interface Draft {
  readonly parameters: JsonObject
  readonly state: JsonObject
  /** What the version is chained to: the last `versionId`, or the SCID. */
  readonly predecessor: string
  readonly signer: Signer
  readonly now: number
}

/** Blames the caller for options that do not make a valid version. */
async function blameCaller<Value>(run: () => Promise<Value>): Promise<Value> {
  try {
    return await run()
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw new TypeError(`options do not make a version of the DID: ${cause.message}`, { cause })
  }
}

/** Signs a new version, verifies it as others will, and puts it behind the ones before it. */
export async function writeVersion(draft: Draft, before: OwnLog | undefined): Promise<WrittenWebvhDid> {
  const { parameters, state, predecessor, signer, now } = draft
  assertEd25519(signer, 'options.signer')
  const versionTime = formatLogTime(now)
  const content = contentOf({ parameters, state, versionTime })
  const versionId = versionIdOf(content, (before?.tip.number ?? 0) + 1, predecessor)
  const proof = [await signProof(signer, content.under(versionId), versionTime)]
  const line = JSON.stringify({ versionId, versionTime, parameters, state, proof })
  const tip = await blameCaller(async () => {
    parseDidDocument(state, state['id'] as string)
    return verifyEntry(parseLine(encodeUtf8(line)), before?.tip, now)
  })
  const log = `${before?.text ?? ''}${line}\n`
  const duty = dutyOf(tip.number, before?.tip.parameters.witness, tip.parameters.witness)
  return Object.freeze({
    did: tip.did.did,
    versionId,
    document: state,
    log,
    approvers: duty?.config,
    files: Object.freeze([logFile(tip.did, log), ...webFiles(state, tip)]),
  })
}

function webFiles(state: JsonObject, { did, parameters }: Tip): readonly WebvhFile[] {
  const aliases: unknown = state['alsoKnownAs'] ?? []
  const isParallel = Array.isArray(aliases) && aliases.includes(parallelDid(did))
  return isParallel && !parameters.deactivated ? [webFile(did, parallelDidWeb(state))] : []
}
