import { canonicalizeJson, isJsonObject, parseJson, type JsonValue } from '../../encoding/index.ts'
import { blame, logFault } from './fault.ts'
import { readProof, verifiesProof, type ReadProof } from './proof.ts'
import type { WitnessConfig } from './witness-config.ts'

/** Largest file of witnesses' proofs, in bytes. */
export const MAX_WITNESS_BYTES = 1_048_576

/** An entry that must be witnessed, and by whom. */
export interface WitnessDuty {
  /** The number of the entry. */
  readonly number: number
  readonly config: WitnessConfig
}

/** A proof of a witness: it approves the entry with this number, and all before it. */
interface Approval {
  readonly number: number
  readonly versionId: string
  readonly proof: ReadProof
}

const SPEC = 'did:webvh 1.0, DID Witnesses'

/**
 * Says who must have witnessed an entry: those in force before it, or, when there were none, those that it names.
 *
 * @see {@link https://identity.foundation/didwebvh/v1.0/#witness-lists | did:webvh, Witness Lists}
 */
export function dutyOf(
  number: number,
  before: WitnessConfig | undefined,
  after: WitnessConfig | undefined,
): WitnessDuty | undefined {
  const config = before ?? after
  return config === undefined ? undefined : { number, config }
}

function malformed(message: string): never {
  throw logFault('COMITY_DID_LOG_WITNESS', message, { spec: SPEC })
}

function readRecord(record: JsonValue): { versionId: string; proofs: readonly JsonValue[] } {
  if (!isJsonObject(record)) return malformed('an entry of the witness file is not an object')
  const { versionId, proof = [] } = record
  if (typeof versionId !== 'string' || !Array.isArray(proof))
    return malformed('an entry of the witness file is malformed')
  return { versionId, proofs: proof as readonly JsonValue[] }
}

/** Reads the proofs about entries of this log. All others, and what is no such proof, count for nothing. */
function readApprovals(
  file: Uint8Array,
  numbers: ReadonlyMap<string, number>,
  now: number,
): readonly Approval[] {
  const value = blame('COMITY_DID_LOG_WITNESS', 'the witness file is not JSON', () =>
    parseJson(file, { maxBytes: MAX_WITNESS_BYTES }),
  )
  if (!Array.isArray(value)) return malformed('the witness file is not a list')
  return (value as readonly JsonValue[]).map(readRecord).flatMap(({ versionId, proofs }) => {
    const number = numbers.get(versionId)
    if (number === undefined) return []
    const fit = proofs.map((members) => (isJsonObject(members) ? readProof(members, true) : undefined))
    return fit.flatMap((proof) =>
      proof === undefined || proof.expiresAt <= now ? [] : [{ number, versionId, proof }],
    )
  })
}

/** The last entry that a witness approves of, or 0. Its latest proofs are checked first, and no more than needed. */
async function lastApproved(witness: string, approvals: readonly Approval[]): Promise<number> {
  const own = approvals
    .filter(({ proof }) => `did:key:${proof.multikey}` === witness)
    .sort((a, b) => b.number - a.number)
  for (const { number, versionId, proof } of own) {
    if (await verifiesProof(proof, canonicalizeJson({ versionId }))) return number
  }
  return 0
}

/**
 * Checks that each entry was approved by as many of its witnesses as it takes.
 *
 * @param duties - What must be witnessed.
 * @param file - The witness file; `undefined` when the host has none.
 * @param numbers - The entries of the log: `versionId` to number.
 * @param now - Seconds since the Unix epoch.
 * @throws {VerificationError} `COMITY_DID_LOG_WITNESS` when there is no file, it is malformed, or an entry has too few
 *   approvals.
 * @see {@link https://identity.foundation/didwebvh/v1.0/#verifying-witness-proofs-during-resolution | did:webvh, Witness Proofs}
 */
export async function verifyWitnesses(
  duties: readonly WitnessDuty[],
  file: Uint8Array | undefined,
  numbers: ReadonlyMap<string, number>,
  now: number,
): Promise<void> {
  if (duties.length === 0) return
  if (file === undefined) return malformed('the DID has witnesses and its host has no proofs of them')
  const approvals = readApprovals(file, numbers, now)
  const last = new Map<string, number>()
  for (const witness of new Set(duties.flatMap(({ config }) => config.witnesses)))
    last.set(witness, await lastApproved(witness, approvals))
  for (const { number, config } of duties) {
    const count = config.witnesses.filter((witness) => (last.get(witness) ?? 0) >= number).length
    if (count < config.threshold)
      throw logFault('COMITY_DID_LOG_WITNESS', 'an entry has too few approvals of witnesses', {
        spec: SPEC,
        entry: number,
      })
  }
}
