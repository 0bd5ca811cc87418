import type { Contribution } from './contributions.ts'
import { refusal } from './errors.ts'
import { assertAllOnG1 } from './points.ts'
import { assertReaches, parsePtau } from './ptau.ts'
import type { Progress } from './progress.ts'
import { parseR1cs } from './r1cs.ts'
import { bytesOf, withSnarkjs } from './snarkjs.ts'
import { assertContained, type PublishedContribution } from './transcript.ts'
import { parseKey, type UnverifiedKey } from './zkey.ts'

/** The circuit and the powers of tau that a key was made from. */
export interface SetupInputs {
  readonly r1cs: Uint8Array
  /** Prepared for the second phase. */
  readonly ptau: Uint8Array
}

/** What a key is judged by. */
export interface KeyEvidence extends SetupInputs {
  readonly zkey: Uint8Array
  /** Contributions that must be in it. */
  readonly published: readonly PublishedContribution[]
}

/**
 * Makes the key that nobody has contributed to yet. It follows from circuit and powers of tau alone, and whoever uses it can
 * forge proofs.
 *
 * @throws {VerificationError} `COMITY_CEREMONY_FILE_MALFORMED`, `…_CURVE`, `…_PTAU_UNPREPARED` or `…_PTAU_TOO_SMALL` for what
 *   cannot be used; `COMITY_CEREMONY_KEY_REFUSED` when snarkjs makes no key of it.
 * @throws {NetworkError} `COMITY_ZK_SNARKJS_MISSING`.
 */
export async function makeFirstKey({ r1cs, ptau }: SetupInputs, progress: Progress): Promise<Uint8Array> {
  assertReaches(parsePtau(ptau), parseR1cs(r1cs))
  progress.step('making the first key from the circuit and the powers of tau')
  return withSnarkjs(progress, async ({ zKey }, log, saidLast) => {
    const out: { type: 'mem'; data?: Uint8Array } = { type: 'mem' }
    const made = await snarkjsWork(() => zKey.newZKey(r1cs, ptau, out, log))
    if (made === -1) {
      throw refusal('COMITY_CEREMONY_KEY_REFUSED', 'snarkjs makes no key of this', { reason: saidLast() })
    }
    return bytesOf(out)
  })
}

/**
 * Verifies a key: that it is of this circuit and these powers of tau, that each contribution follows from the one before it,
 * that there is one at all, and that those published are among them.
 *
 * @returns The contributions, first to last; a beacon is the last.
 * @throws {VerificationError} `COMITY_CEREMONY_CIRCUIT_MISMATCH`, `COMITY_CEREMONY_CONTRIBUTIONS_NONE`,
 *   `COMITY_CEREMONY_CONTRIBUTION_MISSING`, `COMITY_CEREMONY_TRANSCRIPT_INVALID`; and what {@link makeFirstKey} throws.
 * @throws {NetworkError} `COMITY_ZK_SNARKJS_MISSING`.
 */
export async function verifyKey(evidence: KeyEvidence, progress: Progress): Promise<readonly Contribution[]> {
  const { r1cs, ptau, zkey, published } = evidence
  const key = parseKey(zkey)
  const first = await makeFirstKey({ r1cs, ptau }, progress)
  assertSameCircuit(key, parseKey(first))
  assertContributed(key)
  for (const contribution of published) assertContained(key, contribution)
  for (const points of key.changing) assertAllOnG1(points, 'zkey')
  progress.step('verifying each contribution')
  await withSnarkjs(progress, async ({ zKey }, log, saidLast) => {
    assertVerified('zkey', await snarkjsWork(() => zKey.verifyFromInit(first, ptau, zkey, log)), saidLast())
  })
  return key.contributions
}

/**
 * Verifies who contributed to the powers of tau: long work.
 *
 * @throws {VerificationError} `COMITY_CEREMONY_PTAU_INVALID`.
 */
export async function verifyPtau(ptau: Uint8Array, progress: Progress): Promise<void> {
  parsePtau(ptau)
  progress.step('verifying the powers of tau')
  await withSnarkjs(progress, async ({ powersOfTau }, log) => {
    assertVerified('ptau', await snarkjsWork(() => powersOfTau.verify(ptau, log)), '')
  })
}

/**
 * Turns what snarkjs answers into an error.
 *
 * @param reason - What it said last; empty where that is not its own text.
 * @throws {VerificationError} `COMITY_CEREMONY_PTAU_INVALID` or `COMITY_CEREMONY_TRANSCRIPT_INVALID` when it is not true.
 */
export function assertVerified(file: 'ptau' | 'zkey', answer: boolean, reason: string): void {
  if (answer) return
  if (file === 'ptau') throw refusal('COMITY_CEREMONY_PTAU_INVALID', 'the powers of tau do not verify')
  throw refusal('COMITY_CEREMONY_TRANSCRIPT_INVALID', 'the contributions do not lead to this key', { reason })
}

/**
 * Checks that somebody contributed, beside the beacon: that one is known to all.
 *
 * @throws {VerificationError} `COMITY_CEREMONY_CONTRIBUTIONS_NONE`.
 */
export function assertContributed({ contributions }: UnverifiedKey): void {
  if (contributions.some(({ beacon }) => beacon === undefined)) return
  throw refusal(
    'COMITY_CEREMONY_CONTRIBUTIONS_NONE',
    'nobody has contributed to the key: anyone can forge proofs with it',
  )
}

/**
 * Checks that a key can be contributed to.
 *
 * @throws {VerificationError} `COMITY_CEREMONY_FINISHED` when a beacon has ended it.
 */
export function assertOpen({ contributions }: UnverifiedKey): void {
  if (contributions.at(-1)?.beacon === undefined) return
  throw refusal('COMITY_CEREMONY_FINISHED', 'the beacon was applied: nothing follows it')
}

/**
 * Checks that a key begins where one does that was made of the circuit and the powers of tau at hand.
 *
 * @throws {VerificationError} `COMITY_CEREMONY_CIRCUIT_MISMATCH`.
 */
export function assertSameCircuit(key: UnverifiedKey, first: UnverifiedKey): void {
  const isSame =
    key.circuit === first.circuit &&
    key.wires === first.wires &&
    key.publicSignals === first.publicSignals &&
    key.domain === first.domain
  if (isSame) return
  throw refusal(
    'COMITY_CEREMONY_CIRCUIT_MISMATCH',
    'the key is of another circuit, or was made with other powers of tau',
  )
}

/** What snarkjs throws for bytes that passed every check here is still about them. */
export async function snarkjsWork<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    throw refusal('COMITY_CEREMONY_KEY_REFUSED', 'snarkjs cannot work with these files', {}, cause)
  }
}
