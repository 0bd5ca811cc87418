import { decodeBase64url } from '../encoding/index.ts'
import { PARTIAL_ROUNDS, POSEIDON_CONSTANTS } from './poseidon-constants.ts'

/** The order of bn254's scalar field, in which all hashes and proofs compute. */
export const FIELD_ORDER: bigint =
  21888242871839275222246405745257275088548364400416034343698204186575808495617n

const FULL_ROUNDS = 8
const BYTES = 32

/** Sums of products stand side by side in one big integer, each in a slot of so many bits, which none outgrows. */
const SLOT = 512
const SHIFT = BigInt(SLOT)

/**
 * What is needed for one width of the state; see tools/poseidon-constants.mjs. A bigint multiplication costs little more
 * than its allocation, so a column of a matrix is one number, and takes one multiplication.
 */
interface Parameters {
  /** The constants of the first round. */
  readonly first: readonly bigint[]
  /** Each full round's columns, and the next one's constants. The last round's is left out. */
  readonly rounds: readonly Layer[]
  /** The constants of the partial rounds. */
  readonly partial: readonly bigint[]
  readonly a: bigint
  readonly b: bigint
  /** Back into the basis of the full rounds. */
  readonly after: Layer
  /** Of all that the last round would give only the first element is wanted. */
  readonly last: readonly bigint[]
}

/** A matrix and a vector: columns, and what is added, each packed. */
interface Layer {
  readonly columns: readonly bigint[]
  readonly added: bigint
}

const loaded = new Map<number, Parameters>()

/**
 * Poseidon over bn254's scalar field with the parameters of circomlib: state of one element more than there are
 * inputs, first element 0, the first element of the result.
 *
 * @param inputs - 1 to 7 or 16 numbers, each from 0 and below {@link FIELD_ORDER}.
 * @returns A number below {@link FIELD_ORDER}.
 * @throws {TypeError} Another number of inputs, or an input out of range.
 * @see {@link https://eprint.iacr.org/2019/458 | Poseidon}
 */
export function poseidon(inputs: readonly bigint[]): bigint {
  const parameters = parametersOf(inputs.length + 1)
  for (const input of inputs) assertFieldElement(input)
  return permute(inputs, parameters)
}

/** @throws {TypeError} It is no number from 0 and below {@link FIELD_ORDER}. */
export function assertFieldElement(value: bigint): void {
  if (typeof value === 'bigint' && value >= 0n && value < FIELD_ORDER) return
  throw new TypeError('a number of the field must be from 0 and below its order')
}

function permute(inputs: readonly bigint[], parameters: Parameters): bigint {
  const { first, rounds, partial, a, b, after, last } = parameters
  let state = first.map((constant, i) => fifth(constant + (i === 0 ? 0n : (inputs[i - 1] ?? 0n))))
  for (const [round, layer] of rounds.entries()) {
    state = apply(layer, state)
    if (round === FULL_ROUNDS / 2 - 1) state = partialRounds(state, partial, a, b, after)
    state = state.map(fifth)
  }
  let sum = 0n
  for (let i = 0; i < last.length; i++) sum += (last[i] ?? 0n) * (state[i] ?? 0n)
  return sum % FIELD_ORDER
}

function partialRounds(
  state: readonly bigint[],
  constants: readonly bigint[],
  a: bigint,
  b: bigint,
  after: Layer,
): bigint[] {
  let [head = 0n] = state
  let rest = pack(state.slice(1))
  for (const constant of constants) {
    const sum = rest + b * fifth(head + constant)
    head = BigInt.asUintN(SLOT, sum) % FIELD_ORDER
    rest = (sum >> SHIFT) + a * head
  }
  return apply(after, [head, ...unpack(rest, state.length - 1)])
}

/** The fifth power of what is below twice the order. */
function fifth(value: bigint): bigint {
  const square = (value * value) % FIELD_ORDER
  return (square * square * value) % FIELD_ORDER
}

function apply({ columns, added }: Layer, state: readonly bigint[]): bigint[] {
  let sum = added
  for (let i = 0; i < columns.length; i++) sum += (columns[i] ?? 0n) * (state[i] ?? 0n)
  return unpack(sum, columns.length)
}

function pack(values: readonly bigint[]): bigint {
  return values.reduceRight((packed, value) => (packed << SHIFT) | value, 0n)
}

function unpack(packed: bigint, count: number): bigint[] {
  const values: bigint[] = []
  for (let rest = packed; values.length < count; rest >>= SHIFT) {
    values.push(BigInt.asUintN(SLOT, rest) % FIELD_ORDER)
  }
  return values
}

function parametersOf(t: number): Parameters {
  const known = loaded.get(t)
  if (known !== undefined) return known
  const text = POSEIDON_CONSTANTS[t]
  const partialRounds = PARTIAL_ROUNDS[t]
  if (text === undefined || partialRounds === undefined) {
    throw new TypeError('Poseidon is not made for so many inputs')
  }
  const parameters = readParameters(readNumbers(decodeBase64url(text)), t, partialRounds)
  loaded.set(t, parameters)
  return parameters
}

function readParameters(numbers: readonly bigint[], t: number, partialRounds: number): Parameters {
  let offset = 0
  const take = (count: number): bigint[] => numbers.slice(offset, (offset += count))
  const constants = Array.from({ length: FULL_ROUNDS }, () => take(t))
  const partial = take(partialRounds)
  const matrix = columnsOf(take(t * t), t)
  const before = columnsOf(take(t * t), t)
  const [a, b] = [take(t - 1), take(t)]
  const back = columnsOf(take((t - 1) * (t - 1)), t - 1)
  const half = FULL_ROUNDS / 2
  const rounds = constants.slice(1).map((next, round): Layer => {
    // The constants after the partial rounds are added when these are done.
    if (round === half - 1) return { columns: before.map(pack), added: 0n }
    return { columns: matrix.map(pack), added: pack(next) }
  })
  return {
    first: constants[0] ?? [],
    rounds,
    partial,
    a: pack(a),
    b: pack(b),
    after: {
      columns: [1n, ...back.map((column) => pack([0n, ...column]))],
      added: pack(constants[half] ?? []),
    },
    last: matrix.map(([top = 0n]) => top),
  }
}

/** The columns of a square matrix that is written row by row. */
function columnsOf(rows: readonly bigint[], size: number): readonly (readonly bigint[])[] {
  return Array.from({ length: size }, (_, j) => rows.filter((_value, at) => at % size === j))
}

function readNumbers(bytes: Uint8Array): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return Array.from({ length: bytes.length / BYTES }, (_, i) => {
    let number = 0n
    for (let at = 0; at < BYTES; at += 8) number = (number << 64n) | view.getBigUint64(i * BYTES + at)
    return number
  })
}
