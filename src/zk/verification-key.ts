import { bn254 } from '@noble/curves/bn254.js'
import {
  canonicalizeJson,
  encodeBase64url,
  encodeUtf8,
  isJsonObject,
  type JsonValue,
} from '../encoding/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'
import { sha256 } from '../runtime/index.ts'
import { DEVELOPMENT_KEY_DIGEST } from './development-key.ts'
import { assertG1, linesOfG2, type PointName } from './groth16-points.ts'
import { finalExponentiation } from './pairing/final-exponentiation.ts'
import type { Fp12 } from './pairing/fp12.ts'
import { equals } from './pairing/fp2.ts'
import { normalizeLines, type G2Affine, type Lines } from './pairing/lines.ts'
import { millerLoop, type G1Affine } from './pairing/miller-loop.ts'

/** How a key is to be taken. */
export interface VerificationKeyOptions {
  /** Says that proofs which the makers of the development setup can forge will do. Defaults to false. */
  readonly acceptDevelopmentSetup?: boolean
  /**
   * Told once, and only where the key is the development key and that was not accepted. Nobody is told by default: the
   * key says itself what it is ({@link VerificationKey.development}), and whoever starts a program logs it.
   */
  readonly warn?: (message: string) => void
}

declare const parsed: unique symbol

/** A key to verify proofs of Groth16 with, checked and made ready. Only {@link parseVerificationKey} makes one. */
export interface VerificationKey {
  /** Only in the type. */
  readonly [parsed]: true
  /** SHA-256 of the canonical JSON of the key's numbers, in base64url: the same for every copy of the key. */
  readonly digest: string
  /** How many public inputs a proof has. */
  readonly inputs: number
  /** Whether it comes from the development setup, whose makers can forge proofs. */
  readonly development: boolean
}

/** What is computed once for all proofs. */
export interface KeyMaterial {
  /** The point α. */
  readonly alpha: InstanceType<typeof bn254.G1.Point>
  /** The lines of β. */
  readonly beta: Lines
  /** The lines of γ. */
  readonly gamma: Lines
  /** The lines of δ. */
  readonly delta: Lines
  /** The point for the constant one, then one for each public input. */
  readonly ic: readonly InstanceType<typeof bn254.G1.Point>[]
  /** The pairing of α and β. */
  readonly alphaBeta: Fp12
}

/** More public inputs than any circuit here has. */
const MAX_INPUTS = 64
const DECIMAL = /^(?:0|[1-9][0-9]{0,76})$/
const materials = new WeakMap<VerificationKey, KeyMaterial>()

const WARNING =
  'compliance proofs are verified with the development key: whoever made that key can forge them (see docs/spec/zk.md, Setup)'

/**
 * Reads a verification key in the JSON form of snarkjs, and makes it ready.
 *
 * Members that are not needed are passed over. Refused are points that are no points of their groups, and a δ that is
 * γ: so it is where the setup was begun and nobody contributed, and then anybody can forge proofs.
 *
 * @param json A value parsed from JSON: `protocol` (`groth16`), `curve` (`bn128`), `nPublic` (1 to 64), `vk_alpha_1`,
 *   `vk_beta_2`, `vk_gamma_2`, `vk_delta_2`, `IC`. Numbers are decimal texts.
 * @param options See {@link VerificationKeyOptions}.
 * @returns The key, frozen.
 * @throws {VerificationError} `COMITY_ZK_VERIFICATION_KEY_INVALID`.
 */
export function parseVerificationKey(json: unknown, options: VerificationKeyOptions = {}): VerificationKey {
  const numbers = readNumbers(json)
  const material = prepare(numbers)
  const digest = digestOf(numbers)
  const development = digest === DEVELOPMENT_KEY_DIGEST
  // Only the compiler knows of the brand.
  const key = Object.freeze({ digest, inputs: numbers.ic.length - 1, development }) as VerificationKey
  materials.set(key, material)
  if (development && options.acceptDevelopmentSetup !== true) options.warn?.(WARNING)
  return key
}

/**
 * What a key consists of.
 *
 * @throws {TypeError} The value was not made by {@link parseVerificationKey}.
 */
export function materialOf(key: VerificationKey): KeyMaterial {
  const material = materials.get(key)
  if (material === undefined) throw new TypeError('the key must be one that parseVerificationKey made')
  return material
}

interface KeyNumbers {
  readonly alpha: G1Affine
  readonly beta: G2Affine
  readonly gamma: G2Affine
  readonly delta: G2Affine
  readonly ic: readonly G1Affine[]
}

function readNumbers(json: unknown): KeyNumbers {
  if (!isJsonObject(json)) throw invalid('it is not an object')
  if (json['protocol'] !== 'groth16' || json['curve'] !== 'bn128') {
    throw invalid('it is not for Groth16 over bn128')
  }
  const { nPublic, IC } = json
  if (typeof nPublic !== 'number' || !Number.isInteger(nPublic) || nPublic < 1 || nPublic > MAX_INPUTS) {
    throw invalid('the number of public inputs is out of range')
  }
  if (!Array.isArray(IC) || IC.length !== nPublic + 1) throw invalid('IC does not fit the public inputs')
  return {
    alpha: readG1(json['vk_alpha_1'], 'alpha'),
    beta: readG2(json['vk_beta_2'], 'beta'),
    gamma: readG2(json['vk_gamma_2'], 'gamma'),
    delta: readG2(json['vk_delta_2'], 'delta'),
    ic: IC.map((point) => readG1(point, 'ic')),
  }
}

function readG1(value: unknown, name: PointName): G1Affine {
  const [x, y, z] = readList(value, 3, name)
  const point = { x: readNumber(x, name), y: readNumber(y, name) }
  if (z !== '1') throw invalid('a point is not in affine form', name)
  return point
}

function readG2(value: unknown, name: PointName): G2Affine {
  const [x, y, z] = readList(value, 3, name).map((pair) => {
    const [c0, c1] = readList(pair, 2, name)
    return { c0: readNumber(c0, name), c1: readNumber(c1, name) }
  })
  if (x === undefined || y === undefined || z?.c0 !== 1n || z.c1 !== 0n) {
    throw invalid('a point is not in affine form', name)
  }
  return { x, y }
}

function readList(value: unknown, length: number, name: PointName): readonly unknown[] {
  if (!Array.isArray(value) || value.length !== length) throw invalid('a point has another form', name)
  return value
}

function readNumber(value: unknown, name: PointName): bigint {
  if (typeof value !== 'string' || !DECIMAL.test(value)) throw invalid('a number is not decimal', name)
  return BigInt(value)
}

function prepare({ alpha, beta, gamma, delta, ic }: KeyNumbers): KeyMaterial {
  if (equals(gamma.x, delta.x)) throw invalid('delta is gamma: nobody contributed to the setup', 'delta')
  try {
    assertG1(alpha, 'alpha')
    for (const point of ic) assertG1(point, 'ic')
    const betaLines = linesOfG2(beta, 'beta')
    return {
      alpha: bn254.G1.Point.fromAffine(alpha),
      beta: betaLines,
      gamma: normalizeLines(linesOfG2(gamma, 'gamma')),
      delta: normalizeLines(linesOfG2(delta, 'delta')),
      ic: ic.map((point) => bn254.G1.Point.fromAffine(point)),
      alphaBeta: finalExponentiation(millerLoop([{ point: alpha, lines: betaLines }])),
    }
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw new VerificationError(
      'COMITY_ZK_VERIFICATION_KEY_INVALID',
      `the verification key: ${cause.message}`,
      {
        details: cause.details,
        cause,
      },
    )
  }
}

function digestOf({ alpha, beta, gamma, delta, ic }: KeyNumbers): string {
  const g1 = ({ x, y }: G1Affine): JsonValue => [String(x), String(y)]
  const g2 = ({ x, y }: G2Affine): JsonValue => [String(x.c0), String(x.c1), String(y.c0), String(y.c1)]
  const numbers = { alpha: g1(alpha), beta: g2(beta), gamma: g2(gamma), delta: g2(delta), ic: ic.map(g1) }
  return encodeBase64url(sha256(encodeUtf8(canonicalizeJson(numbers))))
}

function invalid(reason: string, point?: PointName): VerificationError {
  return new VerificationError(
    'COMITY_ZK_VERIFICATION_KEY_INVALID',
    `the verification key does not do: ${reason}`,
    {
      ...(point === undefined ? {} : { details: { point } }),
    },
  )
}
