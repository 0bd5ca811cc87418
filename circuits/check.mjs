// SPDX-License-Identifier: GPL-3.0-only
/**
 * Whether build/ is what the sources give: `npm run circuits:check`.
 *
 * Compiles the circuit again and compares the constraints and the witness calculator with the manifest, then the files
 * with their hashes in it. That the proving key was made for these constraints is not shown here (that takes the
 * universal setup: `snarkjs zkey verify`); a proof that verifies shows it well enough.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BUILD, compile, sha256, versions } from './compile.mjs'

/** @type {string[]} */
const faults = []
/** @type {(what: string, is: unknown, expected: unknown) => void} */
const compare = (what, is, expected) => {
  if (is !== expected) faults.push(`${what}: ${is}, and in the manifest ${expected}`)
}

const manifest = JSON.parse(await readFile(join(BUILD, 'manifest.json'), 'utf8'))
const folder = await mkdtemp(join(tmpdir(), 'comity-circuits-'))
try {
  const circuit = await compile(folder)
  compare('constraints', circuit.constraints, manifest.r1cs.constraints)
  compare('wires', circuit.wires, manifest.r1cs.wires)
  compare('r1cs', circuit.r1csHash, manifest.r1cs.sha256)
  compare('compiled wasm', sha256(await readFile(circuit.wasm)), manifest.artifacts['compliance.wasm'].sha256)
} finally {
  await rm(folder, { recursive: true })
}
for (const [name, version] of Object.entries(versions)) compare(`version of ${name}`, version, manifest.versions[name])
for (const [name, { sha256: hash, bytes }] of Object.entries(manifest.artifacts)) {
  const content = await readFile(join(BUILD, name))
  compare(name, sha256(content), hash)
  compare(`bytes of ${name}`, content.length, bytes)
}
for (const fault of faults) console.error(fault)
if (faults.length === 0) console.log(`the artifacts are those of the sources: r1cs ${manifest.r1cs.sha256}`)
process.exitCode = faults.length === 0 ? 0 : 1
