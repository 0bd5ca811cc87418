import {
  canonicalizeJson,
  isJsonObject,
  parseJson,
  type JsonObject,
  type JsonValue,
} from '../../encoding/index.ts'
import type { Signer } from '../../keys/index.ts'
import { blame, logFault } from './fault.ts'
import { witnessFile, type WebvhFile } from './files.ts'
import { assertEd25519, readProof, signProof } from './proof.ts'
import { formatLogTime } from './time.ts'
import { MAX_WITNESS_BYTES } from './witness.ts'
import { readOwnLog } from './write.ts'

/** What a witness says about a version. */
export interface WebvhApproval {
  /** The version; those before it are approved with it. */
  readonly versionId: string
  /** The proof, by `eddsa-jcs-2022`. */
  readonly proof: JsonObject
}

/** What {@link approveWebvhVersion} needs. */
export interface ApproveWebvhVersionOptions {
  /** The log with the new version, as its controller hands it in. */
  readonly log: Uint8Array | string
  /** The witness's own copy of the log as it was before; the new one must start with it. Without one for a new DID. */
  readonly known?: Uint8Array | string
  /** Signs: the Ed25519 key that the witness's `did:key` stands for. */
  readonly signer: Signer
  /** The current time in seconds since the Unix epoch. */
  readonly now: number
}

/** What {@link createWitnessFile} makes a file of. */
export interface CreateWitnessFileOptions {
  /** The log that will be served, with the new version. */
  readonly log: Uint8Array | string
  /** The file as it is hosted now, if it is. */
  readonly current?: Uint8Array | string
  /** The approvals of the new version. */
  readonly approvals: readonly WebvhApproval[]
  /** The current time in seconds since the Unix epoch. */
  readonly now: number
}

/** Approvals kept of each witness: for the last version that is served, and for the one that is about to be. */
const KEPT_APPROVALS = 2

/**
 * Approves the last version of a log, as a witness. All its entries are verified first; whether to approve is for the
 * caller to decide.
 *
 * @throws {VerificationError} `COMITY_DID_LOG_MALFORMED`, `COMITY_DID_LOG_TIME`, `COMITY_DID_LOG_CHAIN` or
 *   `COMITY_DID_LOG_PROOF` when a log does not verify; `COMITY_DID_LOG_ROLLBACK` when the new one does not go on from
 *   the known one.
 * @throws {TypeError} The signer does not sign with an Ed25519 key.
 * @see {@link https://identity.foundation/didwebvh/v1.0/#witnessing-a-did-version-update | did:webvh, Witnessing}
 */
export async function approveWebvhVersion(options: ApproveWebvhVersionOptions): Promise<WebvhApproval> {
  const { log, known, signer, now } = options
  assertEd25519(signer, 'options.signer')
  const { tip, versionIds } = await readOwnLog(log, now)
  if (known !== undefined) {
    const before = (await readOwnLog(known, now)).tip
    if (versionIds[before.number - 1] !== before.versionId)
      throw logFault('COMITY_DID_LOG_ROLLBACK', 'the log does not go on from the known one', {
        entry: before.number,
      })
  }
  const { versionId } = tip
  return Object.freeze({
    versionId,
    proof: await signProof(signer, canonicalizeJson({ versionId }), formatLogTime(now)),
  })
}

function readCurrent(current: Uint8Array | string | undefined): readonly WebvhApproval[] {
  if (current === undefined) return []
  const value = blame('COMITY_DID_LOG_WITNESS', 'the witness file is not JSON', () =>
    parseJson(current, { maxBytes: MAX_WITNESS_BYTES }),
  )
  const records = (Array.isArray(value) ? value : []) as readonly JsonValue[]
  return records.filter(isJsonObject).flatMap(({ versionId, proof }) => {
    if (typeof versionId !== 'string' || !Array.isArray(proof)) return []
    return (proof as readonly JsonValue[])
      .filter(isJsonObject)
      .map((members) => ({ versionId, proof: members }))
  })
}

/** The latest approvals of each witness, first to last, one for each version. */
function latest(
  approvals: readonly WebvhApproval[],
  versionIds: readonly string[],
): readonly WebvhApproval[] {
  const byWitness = new Map<string, WebvhApproval[]>()
  const order = ({ versionId }: WebvhApproval): number => versionIds.indexOf(versionId)
  for (const approval of approvals) {
    const witness = readProof(approval.proof, true)?.multikey
    if (witness === undefined || order(approval) === -1) continue
    const others = (byWitness.get(witness) ?? []).filter(({ versionId }) => versionId !== approval.versionId)
    byWitness.set(witness, [...others, approval].sort((a, b) => order(a) - order(b)).slice(-KEPT_APPROVALS))
  }
  return [...byWitness.values()].flat().sort((a, b) => order(a) - order(b))
}

/**
 * Puts approvals into the file that the host serves beside the log, and prunes it: of each witness the approvals of two
 * versions stay, since those who see the old log cannot use the ones of the new.
 *
 * The file is to be served before the log with the new version is.
 *
 * @throws {VerificationError} `COMITY_DID_LOG_WITNESS` when the current file is no JSON; the log's own codes when that
 *   does not verify.
 * @see {@link https://identity.foundation/didwebvh/v1.0/#the-witness-proofs-file | did:webvh, The Witness Proofs File}
 */
export async function createWitnessFile(options: CreateWitnessFileOptions): Promise<WebvhFile> {
  const { log, current, approvals, now } = options
  const { tip, versionIds } = await readOwnLog(log, now)
  const kept = latest([...readCurrent(current), ...approvals], versionIds)
  const named = [...new Set(kept.map(({ versionId }) => versionId))]
  const records = named.map((versionId) => {
    return {
      versionId,
      proof: kept.filter((approval) => approval.versionId === versionId).map(({ proof }) => proof),
    }
  })
  return witnessFile(tip.did, records)
}
