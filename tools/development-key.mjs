/**
 * Writes src/zk/development-key.ts from the verification key of the circuits' build, so that verifying needs no file:
 *
 * node tools/development-key.mjs [--check]
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, runAsProgram } from './support/main.mjs'

const SOURCE = 'circuits/build/verification_key.json'
const TARGET = 'src/zk/development-key.ts'

/** @typedef {[string, string, string]} G1 */
/** @typedef {[[string, string], [string, string], [string, string]]} G2 */
/** @typedef {{ protocol: string, curve: string, nPublic: number, vk_alpha_1: G1, vk_beta_2: G2, vk_gamma_2: G2, vk_delta_2: G2, IC: G1[] }} Key */

/**
 * The digest that `VerificationKey.digest` has too: SHA-256 of the canonical JSON of the numbers.
 *
 * @param {Key} key
 */
function digestOf({ vk_alpha_1, vk_beta_2, vk_gamma_2, vk_delta_2, IC }) {
  const g1 = (/** @type {G1} */ [x, y]) => [x, y]
  const g2 = (/** @type {G2} */ [x, y]) => [...x, ...y]
  // The names are in alphabetical order, so that this is the canonical form.
  const numbers = {
    alpha: g1(vk_alpha_1),
    beta: g2(vk_beta_2),
    delta: g2(vk_delta_2),
    gamma: g2(vk_gamma_2),
    ic: IC.map(g1),
  }
  return createHash('sha256').update(JSON.stringify(numbers)).digest('base64url')
}

/** @param {Key} key */
function moduleOf(key) {
  const { protocol, curve, nPublic, vk_alpha_1, vk_beta_2, vk_gamma_2, vk_delta_2, IC } = key
  const kept = { protocol, curve, nPublic, vk_alpha_1, vk_beta_2, vk_gamma_2, vk_delta_2, IC }
  return [
    "import { parseJsonObject, type JsonObject } from '../encoding/index.ts'",
    '',
    '/** `VerificationKey.digest` of the development key. */',
    `export const DEVELOPMENT_KEY_DIGEST: string = '${digestOf(key)}'`,
    '',
    '/**',
    ' * The verification key of the development setup, in the JSON form of snarkjs. Whoever ran that setup can forge proofs:',
    ' * it is for trying things out, and not for production (see docs/spec/zk.md, Setup). Written by',
    ' * tools/development-key.mjs.',
    ' */',
    'export const DEVELOPMENT_VERIFICATION_KEY: JsonObject = parseJsonObject(`',
    JSON.stringify(kept, null, 2),
    '`)',
    '',
  ].join('\n')
}

runAsProgram(import.meta.url, (mode) => {
  /** @type {Key} */
  const key = JSON.parse(readFileSync(join(ROOT, SOURCE), 'utf8'))
  const text = moduleOf(key)
  if (mode !== '--check') writeFileSync(join(ROOT, TARGET), text)
  else if (readFileSync(join(ROOT, TARGET), 'utf8') !== text) return [`${TARGET} is not of ${SOURCE}`]
  return []
})
