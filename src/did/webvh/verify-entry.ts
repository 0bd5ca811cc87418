import type { JsonObject, JsonValue } from '../../encoding/index.ts'
import {
  contentOf,
  PLACEHOLDER,
  readEntry,
  scidOf,
  versionIdOf,
  type Entry,
  type EntryContent,
} from './entry.ts'
import { blame, logFault } from './fault.ts'
import { hashText } from './hash.ts'
import { parseWebvhDid, type WebvhDid } from './location.ts'
import { firstParameters, nextParameters, type Parameters } from './parameters.ts'
import { verifiesProof } from './proof.ts'
import type { LogTime } from './time.ts'

/** How far after the verifier's time an entry may claim to be, in seconds. */
export const MAX_AHEAD = 300

/** Where a log stands after an entry that was verified. */
export interface Tip {
  /** The number of the entry, from 1. */
  readonly number: number
  readonly versionId: string
  readonly time: LogTime
  readonly parameters: Parameters
  /** The DID as this entry's document has it. */
  readonly did: WebvhDid
  /** When the first of its proofs ceases to hold. */
  readonly expiresAt: number
}

/** Checks that time goes on, and has not gone ahead of the verifier's. */
function checkTime(entry: Entry, before: Tip | undefined, now: number): void {
  if (before !== undefined && entry.time.order <= before.time.order)
    throw logFault('COMITY_DID_LOG_TIME', 'an entry is not later than the one before it')
  if (entry.time.seconds > now + MAX_AHEAD)
    throw logFault('COMITY_DID_LOG_TIME', 'an entry is from the future')
}

/** Checks that the SCID is the hash of the first entry, in which nothing else may stand for it. */
function checkScid(content: EntryContent, scid: string): void {
  if (content.under(scid).includes(PLACEHOLDER))
    throw logFault('COMITY_DID_LOG_CHAIN', 'the first entry has the placeholder of the SCID in it')
  if (scidOf(content, scid) !== scid)
    throw logFault('COMITY_DID_LOG_CHAIN', 'the SCID is not the hash of the first entry', {
      spec: 'did:webvh 1.0, Verify SCID',
    })
}

/** Checks that the entry has the next number and the hash of its content after the entry before it. */
function checkVersionId(entry: Entry, content: EntryContent, number: number, predecessor: string): void {
  if (entry.versionId !== versionIdOf(content, number, predecessor))
    throw logFault('COMITY_DID_LOG_CHAIN', 'an entry does not follow from the one before it', {
      spec: 'did:webvh 1.0, Verify The Entry Hash',
    })
}

function readStateDid(state: JsonObject, scid: string): WebvhDid {
  const id = state['id']
  if (typeof id !== 'string') throw logFault('COMITY_DID_LOG_MALFORMED', 'a document has no `id`')
  const did = blame('COMITY_DID_LOG_MALFORMED', 'the `id` of a document is not a `did:webvh`', () =>
    parseWebvhDid(id),
  )
  if (did.scid !== scid) throw logFault('COMITY_DID_LOG_CHAIN', 'a document is of a DID with another SCID')
  return did
}

/** Checks that the DID has only moved where it may, and names the place that it left. */
function checkMove(entry: Entry, did: WebvhDid, before: Tip, parameters: Parameters): void {
  if (did.did === before.did.did) return
  if (!parameters.portable) throw logFault('COMITY_DID_LOG_CHAIN', 'the DID moves and is not portable')
  const aliases: JsonValue | undefined = entry.state['alsoKnownAs']
  if (!Array.isArray(aliases) || !aliases.includes(before.did.did))
    throw logFault('COMITY_DID_LOG_CHAIN', 'the DID moves and does not name where it was')
}

/** Checks that each key was committed to by the entry before. */
function checkCommitment(parameters: Parameters, before: Parameters): void {
  if (before.nextKeyHashes.length === 0) return
  if (!parameters.updateKeys.every((key) => before.nextKeyHashes.includes(hashText(key))))
    throw logFault('COMITY_DID_LOG_PROOF', 'an update key was not committed to by the entry before', {
      spec: 'did:webvh 1.0, Pre-Rotation',
    })
}

/** The keys that may sign an entry: those before it, unless it is the first or follows a commitment. */
function signersOf(parameters: Parameters, before: Parameters | undefined): readonly string[] {
  return before === undefined || before.nextKeyHashes.length > 0 ? parameters.updateKeys : before.updateKeys
}

async function checkProofs(
  entry: Entry,
  canonical: string,
  keys: readonly string[],
  now: number,
): Promise<number> {
  for (const proof of entry.proofs) {
    if (!keys.includes(proof.multikey))
      throw logFault('COMITY_DID_LOG_PROOF', 'an entry is signed with a key that may not', {
        spec: 'did:webvh 1.0, Authorized Keys',
      })
    if (proof.expiresAt <= now) throw logFault('COMITY_DID_LOG_PROOF', 'a proof has expired')
    if (!(await verifiesProof(proof, canonical)))
      throw logFault('COMITY_DID_LOG_PROOF', 'the signature of an entry does not verify', {
        spec: 'did:webvh 1.0, Authorized Keys',
      })
  }
  return Math.min(...entry.proofs.map(({ expiresAt }) => expiresAt))
}

/**
 * Verifies one entry after those before it: form, deactivation, parameters, time, chain, DID, commitment, signatures.
 * What is cheap comes before what is not. Witnesses are not looked at.
 *
 * @param before - Where the log stands; `undefined` for the first entry.
 * @param now - Seconds since the Unix epoch.
 * @throws {VerificationError} `COMITY_DID_LOG_MALFORMED`, `COMITY_DID_LOG_TIME`, `COMITY_DID_LOG_CHAIN` or
 *   `COMITY_DID_LOG_PROOF`.
 * @see {@link https://identity.foundation/didwebvh/v1.0/#read-resolve | did:webvh, Read}
 */
export async function verifyEntry(line: JsonObject, before: Tip | undefined, now: number): Promise<Tip> {
  const entry = readEntry(line)
  if (before?.parameters.deactivated === true)
    throw logFault('COMITY_DID_LOG_CHAIN', 'there is an entry after the one that deactivates the DID')
  const parameters =
    before === undefined
      ? firstParameters(entry.parameters)
      : nextParameters(entry.parameters, before.parameters)
  checkTime(entry, before, now)
  const content = contentOf(entry)
  const number = (before?.number ?? 0) + 1
  if (before === undefined) checkScid(content, parameters.scid)
  checkVersionId(entry, content, number, before?.versionId ?? parameters.scid)
  const did = readStateDid(entry.state, parameters.scid)
  if (before !== undefined) {
    checkMove(entry, did, before, parameters)
    checkCommitment(parameters, before.parameters)
  }
  const keys = signersOf(parameters, before?.parameters)
  const expiresAt = await checkProofs(entry, content.under(entry.versionId), keys, now)
  return { number, versionId: entry.versionId, time: entry.time, parameters, did, expiresAt }
}
