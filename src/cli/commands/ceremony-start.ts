import { assertFree, readCeremonyFile, sha256Hex, writeFolder } from '../ceremony/files.ts'
import { createProgress } from '../ceremony/progress.ts'
import { parseR1cs } from '../ceremony/r1cs.ts'
import { makeFirstKey, verifyPtau } from '../ceremony/verify-key.ts'
import { parseKey } from '../ceremony/zkey.ts'
import { print, type ProgramOutput } from '../output.ts'

/** The flags that name what a setup is made from. */
export interface SetupFlags {
  readonly r1cs: string
  readonly ptau: string
  readonly json: boolean
}

/** The flags of `comity ceremony start`. */
export interface StartFlags extends SetupFlags {
  readonly out: string
  readonly checkPtau: boolean
}

/** Makes the first key of a ceremony, and says what it was made from. Gives the exit code. */
export async function start(flags: StartFlags, output: ProgramOutput): Promise<number> {
  const { out, json } = flags
  await assertFree(out)
  const progress = createProgress(output, json)
  const { r1cs, ptau } = await readSetup(flags)
  if (flags.checkPtau) await verifyPtau(ptau, progress)
  const key = await makeFirstKey({ r1cs, ptau }, progress)
  const { constraints, wires } = parseR1cs(r1cs)
  const made = {
    format: 'comity-ceremony/1',
    circuit: parseKey(key).circuit,
    r1cs: { sha256: sha256Hex(r1cs), constraints, wires },
    ptau: { sha256: sha256Hex(ptau) },
    'start.zkey': { sha256: sha256Hex(key), bytes: key.length },
  }
  await writeFolder(out, { 'start.zkey': key, 'ceremony.json': `${JSON.stringify(made, null, 2)}\n` })
  print(output, json, { ok: true, ...made }, [
    `made: ${out}/start.zkey`,
    `r1cs sha256: ${made.r1cs.sha256}`,
    `ptau sha256: ${made.ptau.sha256}`,
    `circuit: ${made.circuit}`,
  ])
  return 0
}

/** Reads what a setup is made from. */
export async function readSetup({
  r1cs,
  ptau,
}: SetupFlags): Promise<{ readonly r1cs: Uint8Array; readonly ptau: Uint8Array }> {
  return { r1cs: await readCeremonyFile(r1cs, 'r1cs'), ptau: await readCeremonyFile(ptau, 'ptau') }
}
