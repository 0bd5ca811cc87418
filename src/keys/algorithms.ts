import type { PublicJwk } from './jwk.ts'

/**
 * The signature algorithms, and there are no others.
 *
 * `EdDSA` is the older name of `Ed25519` and is accepted for Ed25519 keys only.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9864 | RFC 9864 §2}
 */
export const SIGNATURE_ALGORITHMS: readonly ['Ed25519', 'EdDSA', 'ES256', 'ES384'] = Object.freeze([
  'Ed25519',
  'EdDSA',
  'ES256',
  'ES384',
] as const)

/** One of {@link SIGNATURE_ALGORITHMS}. */
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number]

/** What Web Crypto has to be told about an algorithm. */
export interface AlgorithmParameters {
  /** For generating and importing keys. */
  readonly key: EcKeyImportParams | { readonly name: 'Ed25519' }
  /** For signing and verifying. */
  readonly signature: EcdsaParams | { readonly name: 'Ed25519' }
  /** How long a signature is, in bytes: it is never of any other length. */
  readonly signatureBytes: number
}

const ED25519: AlgorithmParameters = {
  key: { name: 'Ed25519' },
  signature: { name: 'Ed25519' },
  signatureBytes: 64,
}

const PARAMETERS: Readonly<Record<SignatureAlgorithm, AlgorithmParameters>> = {
  Ed25519: ED25519,
  EdDSA: ED25519,
  ES256: {
    key: { name: 'ECDSA', namedCurve: 'P-256' },
    signature: { name: 'ECDSA', hash: 'SHA-256' },
    signatureBytes: 64,
  },
  ES384: {
    key: { name: 'ECDSA', namedCurve: 'P-384' },
    signature: { name: 'ECDSA', hash: 'SHA-384' },
    signatureBytes: 96,
  },
}

const BY_CURVE: Readonly<Record<PublicJwk['crv'], readonly SignatureAlgorithm[]>> = {
  Ed25519: Object.freeze(['Ed25519', 'EdDSA'] as const),
  X25519: Object.freeze([]),
  'P-256': Object.freeze(['ES256'] as const),
  'P-384': Object.freeze(['ES384'] as const),
}

/**
 * Says which algorithms a key may be used with to verify signatures.
 *
 * @param jwk - A public key.
 * @returns The algorithms of its curve; none where `use` or `key_ops` says that the key is not for
 *   signatures, and none but `alg` where the key names its algorithm. For an Ed25519 key `Ed25519` and
 *   `EdDSA` are one algorithm, so that naming either allows both.
 */
export function algorithmsFor(jwk: PublicJwk): readonly SignatureAlgorithm[] {
  if (jwk.use !== undefined && jwk.use !== 'sig') return []
  if (jwk.key_ops !== undefined && !jwk.key_ops.includes('verify')) return []
  const algorithms = BY_CURVE[jwk.crv]
  const { alg } = jwk
  return alg === undefined || algorithms.some((algorithm) => algorithm === alg) ? algorithms : []
}

/**
 * Says whether a value is one of {@link SIGNATURE_ALGORITHMS}.
 *
 * @param value - Any value.
 * @returns Whether it is one of these strings, exactly.
 */
export function isSignatureAlgorithm(value: unknown): value is SignatureAlgorithm {
  return SIGNATURE_ALGORITHMS.some((algorithm) => algorithm === value)
}

/**
 * Gives what Web Crypto needs for an algorithm.
 *
 * @param alg - The algorithm.
 * @returns Its parameters.
 */
export function parametersOf(alg: SignatureAlgorithm): AlgorithmParameters {
  return PARAMETERS[alg]
}
