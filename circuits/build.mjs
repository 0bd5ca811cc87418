// SPDX-License-Identifier: GPL-3.0-only
/**
 * Builds what proofs are made and checked with: `npm run circuits:build -- <ptau>`.
 *
 * Compiles src/main.circom, makes a DEVELOPMENT Groth16 setup (one contribution and a beacon, both by whoever runs this,
 * who could therefore forge proofs) and writes build/: compliance.wasm (the witness calculator), compliance.zkey (the
 * proving key), verification_key.json and manifest.json. `ptau` is a universal setup for at least 2^15 constraints,
 * prepared for phase 2. `--wasm-only` keeps the setup where the constraints are still the manifest's: for changes of
 * comments, which move the line numbers in the witness calculator's messages.
 */
import { createHash, randomBytes } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { zKey } from 'snarkjs'
import { BUILD, compile, sha256, versions } from './compile.mjs'

/** The last step of a setup takes a value that nobody chose. A development setup has no such value: this says so. */
const BEACON = createHash('sha256').update('comity development setup: not a random beacon').digest('hex')
const CONTRIBUTION = 'development'

/** @type {(from: string, ptau: string, folder: string) => Promise<void>} */
async function setUp(from, ptau, folder) {
  const steps = [0, 1].map((step) => join(folder, `${step}.zkey`))
  const zkey = join(BUILD, 'compliance.zkey')
  await step('initial key (takes minutes)', async () => {
    if ((await zKey.newZKey(from, ptau, steps[0])) === -1) throw new Error('the universal setup does not fit the circuit')
  })
  await step('contribution', () => zKey.contribute(steps[0], steps[1], CONTRIBUTION, randomBytes(64).toString('hex')))
  await step('beacon', () => zKey.beacon(steps[1], zkey, 'beacon', BEACON, 10))
  const key = await zKey.exportVerificationKey(zkey)
  await writeFile(join(BUILD, 'verification_key.json'), `${JSON.stringify(key, null, 2)}\n`)
}

/** @type {<T>(what: string, work: () => Promise<T>) => Promise<T>} */
async function step(what, work) {
  console.log(what)
  const started = performance.now()
  const result = await work()
  console.log(`  ${((performance.now() - started) / 1000).toFixed(0)} s`)
  return result
}

/** @type {(ptau: string | undefined, wasmOnly: boolean) => Promise<void>} */
async function build(ptau, wasmOnly) {
  const folder = await mkdtemp(join(tmpdir(), 'comity-circuits-'))
  try {
    await mkdir(BUILD, { recursive: true })
    const circuit = await step('compiling', () => compile(folder))
    const manifest = join(BUILD, 'manifest.json')
    if (wasmOnly) {
      const { r1cs } = JSON.parse(await readFile(manifest, 'utf8'))
      if (r1cs.sha256 !== circuit.r1csHash) throw new Error('the constraints have changed: a new setup is needed')
    } else if (ptau === undefined) {
      throw new Error('usage: build.mjs <universal setup, prepared for phase 2> | --wasm-only')
    } else {
      await setUp(circuit.r1cs, ptau, folder)
    }
    await copyFile(circuit.wasm, join(BUILD, 'compliance.wasm'))
    /** @type {Record<string, { sha256: string, bytes: number }>} */
    const artifacts = {}
    for (const name of ['compliance.wasm', 'compliance.zkey', 'verification_key.json']) {
      const bytes = await readFile(join(BUILD, name))
      artifacts[name] = { sha256: sha256(bytes), bytes: bytes.length }
    }
    const { constraints, wires } = circuit
    const described = { setup: 'development', artifacts, r1cs: { sha256: circuit.r1csHash, constraints, wires }, versions }
    await writeFile(manifest, `${JSON.stringify(described, null, 2)}\n`)
    console.log(`${constraints} constraints, ${wires} wires, r1cs ${circuit.r1csHash}`)
  } finally {
    await rm(folder, { recursive: true })
  }
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { 'wasm-only': { type: 'boolean' } } })
await build(positionals[0], values['wasm-only'] ?? false)
process.exit(0) // snarkjs leaves its worker threads running
