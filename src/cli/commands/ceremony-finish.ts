import { join } from 'node:path'
import { MAX_ITERATIONS, MIN_ITERATIONS, type Contribution } from '../ceremony/contributions.ts'
import { malformed, refusal } from '../ceremony/errors.ts'
import { assertFree, readCeremonyFile, sha256Hex, writeFolder } from '../ceremony/files.ts'
import { createProgress, type Progress } from '../ceremony/progress.ts'
import { bytesOf, withSnarkjs } from '../ceremony/snarkjs.ts'
import {
  assertContributed,
  assertOpen,
  snarkjsWork,
  verifyKey,
  type KeyEvidence,
} from '../ceremony/verify-key.ts'
import { parseKey } from '../ceremony/zkey.ts'
import { isJsonObject, type JsonObject } from '../../encoding/index.ts'
import { readJson } from '../folder.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'
import { readSetup, type SetupFlags } from './ceremony-start.ts'
import { readPublished } from './ceremony-verify.ts'

/** The flags of `comity ceremony finish`. */
export interface FinishFlags extends SetupFlags {
  readonly in: string
  readonly circuit: string
  readonly beacon: string
  readonly iterations: string
  readonly contribution: readonly string[]
  readonly out: string
}

const BEACON = /^(?:[0-9a-f]{2}){16,64}$/

/** Verifies the last key, applies the beacon and writes what is deployed. Gives the exit code. */
export async function finish(flags: FinishFlags, output: ProgramOutput): Promise<number> {
  const { out, json } = flags
  const beacon = beaconOf(flags)
  await assertFree(out)
  const { r1cs, ptau } = await readSetup(flags)
  const last = await readCeremonyFile(flags.in, 'zkey')
  const key = parseKey(last)
  assertOpen(key)
  assertContributed(key)
  const circuit = await readCircuit(flags.circuit, sha256Hex(r1cs))
  const published = await readPublished(flags.contribution)

  const progress = createProgress(output, json)
  const zkey = await applyBeacon(last, beacon, progress)
  const { contributions, verificationKey } = await judge({ r1cs, ptau, zkey, published }, progress)
  const verification = `${JSON.stringify(verificationKey, null, 2)}\n`
  const files = {
    'compliance.wasm': circuit.wasm,
    'compliance.zkey': zkey,
    'verification_key.json': verification,
  }
  const manifest = {
    setup: 'ceremony',
    artifacts: Object.fromEntries(Object.entries(files).map(([name, content]) => [name, digestOf(content)])),
    ...circuit.described,
    ceremony: { circuit: key.circuit, ptau: { sha256: sha256Hex(ptau) }, contributions },
  }
  await writeFolder(out, { ...files, 'manifest.json': `${JSON.stringify(manifest, null, 2)}\n` })
  print(output, json, { ok: true, out, ...manifest }, [
    `written: ${out}, with ${contributions.length} contributions, the beacon among them`,
    ...Object.entries(manifest.artifacts).map(([name, { sha256 }]) => `${sha256}  ${name}`),
  ])
  return 0
}

function beaconOf({ beacon, iterations }: FinishFlags): {
  readonly hex: string
  readonly iterations: number
} {
  if (!BEACON.test(beacon)) throw new UsageError('--beacon must be 16 to 64 bytes in lower-case hexadecimal')
  const exponent = /^\d{1,2}$/.test(iterations) ? Number(iterations) : 0
  if (exponent < MIN_ITERATIONS || exponent > MAX_ITERATIONS) {
    throw new UsageError(`--iterations must be ${MIN_ITERATIONS} to ${MAX_ITERATIONS}`)
  }
  return { hex: beacon, iterations: exponent }
}

/** The witness calculator, which no setup changes, and what the manifest beside it says of the circuit. */
async function readCircuit(
  folder: string,
  r1cs: string,
): Promise<{ readonly wasm: Uint8Array; readonly described: JsonObject }> {
  const manifest = await readJson(join(folder, 'manifest.json'))
  const { artifacts, r1cs: circuit, versions } = isJsonObject(manifest) ? manifest : {}
  const named = isJsonObject(artifacts) ? artifacts['compliance.wasm'] : undefined
  if (!isJsonObject(circuit) || !isJsonObject(named))
    throw new UsageError(`${folder}/manifest.json is malformed`)
  if (circuit.sha256 !== r1cs) {
    throw refusal('COMITY_CEREMONY_CIRCUIT_MISMATCH', 'the r1cs file is not that of the manifest')
  }
  const wasm = await readCeremonyFile(join(folder, 'compliance.wasm'), 'wasm')
  if (named.sha256 !== sha256Hex(wasm)) throw malformed('wasm', 'not that of the manifest')
  return { wasm, described: { r1cs: circuit, ...(isJsonObject(versions) && { versions }) } }
}

async function applyBeacon(
  last: Uint8Array,
  { hex, iterations }: { readonly hex: string; readonly iterations: number },
  progress: Progress,
): Promise<Uint8Array> {
  progress.step('applying the beacon')
  return withSnarkjs(progress, async ({ zKey }, log) => {
    const to: { type: 'mem'; data?: Uint8Array } = { type: 'mem' }
    await snarkjsWork(() => zKey.beacon(last, to, 'beacon', hex, iterations, log))
    return bytesOf(to)
  })
}

/** The finished key is verified as anybody would: nothing unverified is written. */
async function judge(
  evidence: KeyEvidence,
  progress: Progress,
): Promise<{ readonly contributions: readonly Contribution[]; readonly verificationKey: unknown }> {
  const contributions = await verifyKey(evidence, progress)
  const verificationKey = await withSnarkjs(progress, async ({ zKey }, log) => {
    return snarkjsWork(() => zKey.exportVerificationKey(evidence.zkey, log))
  })
  return { contributions, verificationKey }
}

function digestOf(content: string | Uint8Array): { readonly sha256: string; readonly bytes: number } {
  return { sha256: sha256Hex(content), bytes: Buffer.byteLength(content) }
}
