/**
 * Writes src/zk/poseidon-constants.ts: the numbers with which Poseidon over bn254's scalar field is computed in few
 * multiplications. Round constants and matrices are those of the Grain generator (Poseidon paper, appendix F), with the
 * round numbers that circomlib takes; all else is derived here.
 *
 * A partial round raises one element to the fifth power and multiplies the whole state by a matrix M. Let s be that
 * element, z the n = t − 1 others, and M = [[m, v], [w, L]]. With u = (s + k)⁵ the round is s′ = v·z + m·u and
 * z′ = L·z + w·u. In the basis r = D·z with rows d(0) = v and d(i) = d(i − 1)·L − a(i)·v, where a(1) … a(n) are those of
 * Lⁿ = a(1)·Lⁿ⁻¹ + … + a(n) (Cayley and Hamilton), it becomes
 *
 *   s′ = r(0) + m·u,   r(i)′ = r(i + 1) + a(i + 1)·s′ + b(i + 1)·u,   b(i + 1) = (D·w)(i) − m·a(i + 1)
 *
 * so it takes 2t − 1 products with the same factors in all rounds, and reduces one sum. The last full round before goes
 * into this basis, and D⁻¹ leads back.
 *
 * node tools/poseidon-constants.mjs [--check]
 */
import { bn254_Fr as Fr } from '@noble/curves/bn254.js'
import { grainGenConstants } from '@noble/curves/abstract/poseidon.js'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './support/main.mjs'

/** Partial rounds by the width of the state, which is one more than there are inputs. */
const PARTIAL_ROUNDS = new Map([
  [2, 56],
  [3, 57],
  [4, 56],
  [6, 60],
  [8, 64],
  [17, 68],
])
const FULL_ROUNDS = 8
const FILE = join(ROOT, 'src/zk/poseidon-constants.ts')

/** @typedef {bigint[]} Vector */
/** @typedef {Vector[]} Matrix */

/** @type {(a: Vector, b: Vector) => bigint} */
const dot = (a, b) => Fr.create(a.reduce((sum, x, i) => sum + x * (b[i] ?? 0n), 0n))
/** @type {(m: Matrix, x: Vector) => Vector} */
const apply = (m, x) => m.map((row) => dot(row, x))
/** @type {(m: Matrix) => Matrix} */
const transpose = (m) => (m[0] ?? []).map((_, j) => m.map((row) => row[j] ?? 0n))
/** @type {(a: Matrix, b: Matrix) => Matrix} */
const product = (a, b) => {
  const columns = transpose(b)
  return a.map((row) => columns.map((column) => dot(row, column)))
}
/** @type {(n: number) => Matrix} */
const identity = (n) =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1n : 0n)))

/**
 * By Gauss and Jordan. The matrices here have no zero pivot, else it throws.
 *
 * @param {Matrix} matrix
 * @returns {Matrix}
 */
function inverse(matrix) {
  const n = matrix.length
  const rows = matrix.map((row, i) => [...row, ...(identity(n)[i] ?? [])])
  for (let i = 0; i < n; i++) {
    const pivot = rows[i] ?? []
    const factor = Fr.inv(pivot[i] ?? 0n)
    rows[i] = pivot.map((x) => Fr.mul(x, factor))
    for (let k = 0; k < n; k++) {
      if (k === i) continue
      const multiple = rows[k]?.[i] ?? 0n
      rows[k] = (rows[k] ?? []).map((x, j) => Fr.create(x - multiple * (rows[i]?.[j] ?? 0n)))
    }
  }
  return rows.map((row) => row.slice(n))
}

/**
 * The a(i) of the recurrence, by the method of Faddeev and LeVerrier.
 *
 * @param {Matrix} matrix
 * @returns {Vector}
 */
function recurrenceOf(matrix) {
  const n = matrix.length
  /** @type {Vector} */
  const coefficients = []
  let power = matrix
  for (let i = 1; i <= n; i++) {
    const trace = power.reduce((sum, row, j) => sum + (row[j] ?? 0n), 0n)
    const a = Fr.mul(Fr.create(trace), Fr.inv(BigInt(i)))
    coefficients.push(a)
    power = product(
      matrix,
      power.map((row, j) => row.map((x, k) => (j === k ? Fr.sub(x, a) : x))),
    )
  }
  return coefficients
}

/**
 * Moves what is added to elements that a partial round only multiplies to the round after it.
 *
 * @param {Matrix} constants By round.
 * @param {Matrix} m
 * @param {number} partial
 * @returns {{ full: Vector, partial: Vector }} The constants of the full rounds, and one for each partial round.
 */
function mergeConstants(constants, m, partial) {
  const first = FULL_ROUNDS / 2
  /** @type {Vector} */
  const kept = []
  let carried = m.map(() => 0n)
  for (let p = 0; p < partial; p++) {
    const [head = 0n, ...rest] = (constants[first + p] ?? []).map((c, i) => Fr.create(c + (carried[i] ?? 0n)))
    kept.push(head)
    carried = apply(m, [0n, ...rest])
  }
  const last = constants.slice(first + partial).map((round) => [...round])
  last[0] = (last[0] ?? []).map((c, i) => Fr.create(c + (carried[i] ?? 0n)))
  return { full: [...constants.slice(0, first), ...last].flat(), partial: kept }
}

/**
 * All numbers for one width, in the order in which src/zk/poseidon.ts reads them.
 *
 * @param {number} t
 * @param {number} partialRounds
 * @returns {Vector}
 */
function numbersOf(t, partialRounds) {
  const grain = grainGenConstants({ Fp: Fr, t, roundsFull: FULL_ROUNDS, roundsPartial: partialRounds })
  const m = grain.mds
  const n = t - 1
  const constants = mergeConstants(grain.roundConstants, m, partialRounds)
  const [[corner = 0n, ...v] = [], ...below] = m
  const w = below.map(([x = 0n]) => x)
  const lower = below.map((row) => row.slice(1))
  const a = recurrenceOf(lower)

  const basis = [v]
  for (let i = 1; i < n; i++) {
    const moved = apply(transpose(lower), basis[i - 1] ?? [])
    basis.push(moved.map((x, j) => Fr.create(x - (a[i - 1] ?? 0n) * (v[j] ?? 0n))))
  }
  const b = [corner, ...apply(basis, w).map((x, i) => Fr.create(x - corner * (a[i] ?? 0n)))]
  const before = [m[0] ?? [], ...product(basis, below)]
  const after = inverse(basis)
  // What an element of r can grow to must fit into 512 bits, as must a row of a matrix times a state.
  const sum = [...a, ...b].reduce((total, x) => total + x, 1n)
  if (sum * Fr.ORDER >= 1n << 512n || BigInt(t + 1) * Fr.ORDER ** 2n >= 1n << 512n)
    throw new Error('too wide')
  return [...constants.full, ...constants.partial, ...m.flat(), ...before.flat(), ...a, ...b, ...after.flat()]
}

/** @returns {string} The text of the file. */
function render() {
  const entries = [...PARTIAL_ROUNDS].map(([t, partialRounds]) => {
    const hex = numbersOf(t, partialRounds)
      .map((x) => x.toString(16).padStart(64, '0'))
      .join('')
    return `  ${t}: '${Buffer.from(hex, 'hex').toString('base64url')}',\n`
  })
  return `/**
 * The numbers of Poseidon by the width of the state, 32 bytes each, in base64url. Written by
 * tools/poseidon-constants.mjs, which says what they are.
 */
export const POSEIDON_CONSTANTS: Readonly<Record<number, string>> = {
${entries.join('')}}

/** Partial rounds by the width of the state. */
export const PARTIAL_ROUNDS: Readonly<Record<number, number>> = {
${[...PARTIAL_ROUNDS].map(([t, rounds]) => `  ${t}: ${rounds},\n`).join('')}}
`
}

const text = render()
if (!process.argv.includes('--check')) writeFileSync(FILE, text)
else if (readFileSync(FILE, 'utf8') !== text) {
  console.error('src/zk/poseidon-constants.ts is not what the tool writes')
  process.exitCode = 1
}
