/**
 * The circuit's hashes and curve, by circomlibjs: another implementation than that of `src/zk`, so that what these
 * tests expect of the circuit does not rest on the code that makes its inputs in earnest.
 */
import { createRequire } from 'node:module'

/** A point of BabyJubJub. */
export type Point = readonly [bigint, bigint]

interface Circomlibjs {
  buildEddsa(): Promise<{
    prv2pub(key: Uint8Array): Element[]
    signPoseidon(key: Uint8Array, message: Element): { R8: Element[]; S: bigint }
  }>
  buildBabyjub(): Promise<{
    F: Field
    Base8: Element[]
    mulPointEscalar(point: Element[], scalar: bigint): Element[]
    addPoint(a: Element[], b: Element[]): Element[]
  }>
  buildPoseidon(): Promise<(inputs: readonly bigint[]) => Element>
}
type Element = Uint8Array
interface Field {
  e(value: bigint): Element
  toObject(element: Element): bigint
}

const { buildBabyjub, buildEddsa, buildPoseidon } = createRequire(import.meta.url)(
  'circomlibjs',
) as Circomlibjs
const [curve, eddsa, rawPoseidon] = await Promise.all([buildBabyjub(), buildEddsa(), buildPoseidon()])
const { F } = curve
const fromPoint = (point: readonly Element[]): Point => [F.toObject(point[0]!), F.toObject(point[1]!)]
const toPoint = (point: Point): Element[] => point.map((coordinate) => F.e(coordinate))

/** The order of the scalar field of bn254: what signals are numbers of. */
export const FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617n

/** The order of BabyJubJub's prime subgroup. */
export const ORDER = 2736030358979909402780800718157159386076813972158567259200215660948447373041n

/** The generator of the prime subgroup. */
export const BASE8: Point = fromPoint(curve.Base8)

/** Poseidon of 1 to 16 field elements. */
export function poseidon(...inputs: bigint[]): bigint {
  return F.toObject(rawPoseidon(inputs))
}

/** The sponge: state = the count, then Poseidon16 of the state and each 15 items. */
export function sponge(items: readonly bigint[]): bigint {
  let state = BigInt(items.length)
  for (let at = 0; at < items.length; at += 15) {
    const block = items.slice(at, at + 15)
    state = poseidon(state, ...block, ...Array<bigint>(15 - block.length).fill(0n))
  }
  return state
}

/** scalar * point. */
export function multiply(point: Point, scalar: bigint): Point {
  return fromPoint(curve.mulPointEscalar(toPoint(point), scalar))
}

/** a + b. */
export function add(a: Point, b: Point): Point {
  return fromPoint(curve.addPoint(toPoint(a), toPoint(b)))
}

/** The public key of a signing key. */
export function publicKey(key: Uint8Array): Point {
  return fromPoint(eddsa.prv2pub(key))
}

/** An EdDSA-Poseidon signature. */
export function sign(key: Uint8Array, message: bigint): { r8: Point; s: bigint } {
  const { R8, S } = eddsa.signPoseidon(key, F.e(message))
  return { r8: fromPoint(R8), s: S }
}

/** The roots of empty trees: item k is that of depth k. */
const EMPTY: bigint[] = [0n]

/** The root of a sparse tree, and the siblings of one leaf, the lowest first. */
export function tree(
  depth: number,
  leaves: ReadonlyMap<number, bigint>,
  index: number,
): { root: bigint; siblings: bigint[] } {
  const siblings: bigint[] = []
  let level = new Map(leaves)
  let at = index
  for (let k = 0; k < depth; k++) {
    const empty = (EMPTY[k] ??= poseidon(EMPTY[k - 1]!, EMPTY[k - 1]!))
    siblings.push(level.get(at % 2 === 0 ? at + 1 : at - 1) ?? empty)
    const parents = new Map<number, bigint>()
    for (const node of level.keys()) {
      const left = node - (node % 2)
      parents.set(left / 2, poseidon(level.get(left) ?? empty, level.get(left + 1) ?? empty))
    }
    level = parents
    at = Math.floor(at / 2)
  }
  EMPTY[depth] ??= poseidon(EMPTY[depth - 1]!, EMPTY[depth - 1]!)
  return { root: level.get(0) ?? EMPTY[depth], siblings }
}
