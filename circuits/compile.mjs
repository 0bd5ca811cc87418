// SPDX-License-Identifier: GPL-3.0-only
/** Compiles a circuit, and says what came out: shared by build.mjs, check.mjs and the tests. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const require = createRequire(import.meta.url)
const here = fileURLToPath(new URL('.', import.meta.url))

/** Where the sources are, and where the artifacts are kept. */
export const SOURCE = join(here, 'src')
export const BUILD = join(here, 'build')

/** Groth16's work doubles above this many constraints. */
const MOST_CONSTRAINTS = 2 ** 15

/** What the circuit is compiled with and from. The same versions give the same constraints, byte for byte. */
export const versions = Object.fromEntries(
  ['circom2', 'circomlib', 'snarkjs'].map((name) => [name, readVersion(name)]),
)

/** @type {(name: string) => string} */
function readVersion(name) {
  // snarkjs and circomlib do not export their package.json, so it is looked for where Node would.
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return require(join(folder, name, 'package.json')).version
    } catch {
      continue
    }
  }
  throw new Error(`${name} is not installed`)
}

/** @type {(bytes: Uint8Array) => string} */
export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex')
}

/** @typedef {{ r1cs: string, wasm: string, sym: string, r1csHash: string, constraints: number, wires: number }} Compiled */

/**
 * Compiles `source`/main.circom into `folder`. `--O2` simplifies linear constraints away, which halves their number.
 *
 * @type {(folder: string, source?: string) => Promise<Compiled>}
 */
export async function compile(folder, source = SOURCE) {
  const compiler = join(dirname(require.resolve('circom2')), 'cli.js')
  const libraries = dirname(dirname(require.resolve('circomlib/circuits/poseidon.circom')))
  const args = ['--O2', '--r1cs', '--wasm', '--sym', '-l', dirname(libraries), '-o', folder, join(source, 'main.circom')]
  // The compiler finds what a file includes only under the folder that it runs in: the repository's.
  await promisify(execFile)(process.execPath, [compiler, ...args], { cwd: dirname(dirname(SOURCE)), maxBuffer: 2 ** 24 })
  const [r1cs, wasm, sym] = ['main.r1cs', 'main_js/main.wasm', 'main.sym'].map((name) => join(folder, name))
  const bytes = await readFile(r1cs)
  const { wires, constraints } = readCounts(bytes)
  if (constraints >= MOST_CONSTRAINTS) throw new Error(`${constraints} constraints are too many`)
  return { r1cs, wasm, sym, r1csHash: sha256(bytes), constraints, wires }
}

/**
 * The counts of an r1cs file: its first section is the header (the compiler writes it after the constraints, so it is
 * looked for by its type).
 *
 * @type {(bytes: Buffer) => { wires: number, constraints: number }}
 * @see {@link https://github.com/iden3/r1csfile/blob/master/doc/r1cs_bin_format.md the format}
 */
function readCounts(bytes) {
  const HEADER = 1
  let at = 12
  while (bytes.readUInt32LE(at) !== HEADER) at += 12 + Number(bytes.readBigUInt64LE(at + 4))
  const prime = 12 + 4 + bytes.readUInt32LE(at + 12) // section type and length, size of the prime, the prime
  return { wires: bytes.readUInt32LE(at + prime), constraints: bytes.readUInt32LE(at + prime + 24) }
}
