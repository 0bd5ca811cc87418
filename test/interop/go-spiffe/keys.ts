import { constants, createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { bits, element, oid, sequence } from './der.ts'
import type { Chance } from './random.ts'

const CURVES = {
  'P-256': { ecdsa: p256, oid: '1.2.840.10045.3.1.7', bytes: 32 },
  'P-384': { ecdsa: p384, oid: '1.3.132.0.34', bytes: 48 },
  'P-521': { ecdsa: p521, oid: '1.3.132.0.35', bytes: 66 },
} as const

export type KeyKind = keyof typeof CURVES | 'Ed25519' | 'RSA' | 'RSA-1024'
/** `ES…` stands for the curve's own hash, in either form of the signature. */
export type SigningAlgorithm =
  'ECDSA' | 'ECDSA-DER' | 'Ed25519' | `${'RS' | 'PS'}${'1' | '256' | '384' | '512'}`

/** A key of a test. */
export interface TestKey {
  readonly kind: KeyKind
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array
  readonly jwk: Readonly<Record<string, string>>
  /** @param saltLength - Of RSA-PSS; as long as the hash where it is not given. */
  sign(message: Uint8Array, algorithm: SigningAlgorithm, saltLength?: number): Uint8Array
}

/** Makes keys. Those on curves are the same in each run and sign the same; RSA keys are made anew in each. */
export function createKey(kind: KeyKind, chance: Chance): TestKey {
  if (kind === 'RSA' || kind === 'RSA-1024') return rsaKey(kind, chance.below(2))
  if (kind === 'Ed25519') {
    const secret = chance.bytes(32)
    const point = ed25519.getPublicKey(secret)
    return {
      kind,
      spki: sequence(sequence(oid('1.3.101.112')), bits(point)),
      jwk: { kty: 'OKP', crv: kind, x: base64url(point) },
      sign: (message) => ed25519.sign(message, secret),
    }
  }
  const { ecdsa, oid: curve, bytes } = CURVES[kind]
  const secret = ecdsa.utils.randomSecretKey(chance.bytes(ecdsa.lengths.seed!))
  const point = ecdsa.getPublicKey(secret, false)
  return {
    kind,
    spki: sequence(sequence(oid('1.2.840.10045.2.1'), oid(curve)), bits(point)),
    jwk: {
      kty: 'EC',
      crv: kind,
      x: base64url(point.slice(1, 1 + bytes)),
      y: base64url(point.slice(1 + bytes)),
    },
    sign: (message, algorithm) =>
      ecdsa.sign(message, secret, { format: algorithm === 'ECDSA-DER' ? 'der' : 'compact', lowS: false }),
  }
}

const made = new Map<string, TestKey>()

/** Making one takes long: there are two of a kind. */
function rsaKey(kind: 'RSA' | 'RSA-1024', number: number): TestKey {
  const name = `${kind} ${number}`
  const key = made.get(name) ?? createRsaKey(kind)
  made.set(name, key)
  return key
}

function createRsaKey(kind: 'RSA' | 'RSA-1024'): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: kind === 'RSA' ? 2048 : 1024,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  })
  const key: KeyObject = createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' })
  const { kty, n, e } = key.export({ format: 'jwk' })
  return {
    kind,
    spki: publicKey,
    jwk: { kty: kty!, n: n!, e: e! },
    sign(message, algorithm, saltLength = constants.RSA_PSS_SALTLEN_DIGEST) {
      const padding = algorithm.startsWith('PS')
        ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }
        : { padding: constants.RSA_PKCS1_PADDING }
      return sign(`sha${algorithm.slice(2)}`, message, { key, ...padding })
    },
  }
}

/** How certificates name the algorithm. */
export function signatureAlgorithm(algorithm: SigningAlgorithm, kind: KeyKind): Uint8Array {
  const nothing = element(0x05)
  if (algorithm === 'Ed25519') return sequence(oid('1.3.101.112'))
  if (algorithm.startsWith('ECDSA')) {
    const last = kind === 'P-521' ? 4 : kind === 'P-384' ? 3 : 2
    return sequence(oid(`1.2.840.10045.4.3.${last}`))
  }
  const last = { RS1: 5, RS256: 11, RS384: 12, RS512: 13 }[algorithm as 'RS1']
  return sequence(oid(`1.2.840.113549.1.1.${last}`), nothing)
}

export function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
