import { ComityError } from '../errors/index.ts'
import type { SignatureKind } from './certificate-key.ts'
import type { Certificate } from './certificate.ts'
import type { DerElement } from './der.ts'
import { readAlgorithm, readBits, readEcdsaSignature } from './der-values.ts'

/** A signature over a certificate. */
export interface CertificateSignature {
  /** The family of the algorithm; `unsupported` for what no signature is accepted of, such as one with SHA-1. */
  readonly kind: SignatureKind
  /** What was hashed with; Ed25519 has its own. */
  readonly hash?: 'SHA-256' | 'SHA-384' | 'SHA-512'
  /** As the certificate has it. */
  readonly value: Uint8Array<ArrayBuffer>
}

/** By object identifier. SHA-1 and RSA-PSS are not among them: nobody signs SVIDs with these. */
const ALGORITHMS: ReadonlyMap<string, Omit<CertificateSignature, 'value'>> = new Map<
  string,
  Omit<CertificateSignature, 'value'>
>([
  ['1.2.840.10045.4.3.2', { kind: 'ECDSA', hash: 'SHA-256' }],
  ['1.2.840.10045.4.3.3', { kind: 'ECDSA', hash: 'SHA-384' }],
  ['1.2.840.10045.4.3.4', { kind: 'ECDSA', hash: 'SHA-512' }],
  ['1.2.840.113549.1.1.11', { kind: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }],
  ['1.2.840.113549.1.1.12', { kind: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' }],
  ['1.2.840.113549.1.1.13', { kind: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' }],
  ['1.3.101.112', { kind: 'Ed25519' }],
])
const COORDINATE_BYTES: Readonly<Record<string, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66 }

/** Reads what a certificate is signed with. Nobody looks at the signature of an authority, so any will do there. */
export function readSignature(algorithm: DerElement, bits: DerElement): CertificateSignature {
  const known = ALGORITHMS.get(readAlgorithm(algorithm).id) ?? { kind: 'unsupported' as const }
  return Object.freeze({ ...known, value: readBits(bits) })
}

/** For ECDSA and Ed25519 one for all, for RSA one for each hash. */
const imported = new WeakMap<Certificate, Map<string, Promise<CryptoKey>>>()

/**
 * Says whether one certificate is signed by the key of another. Names and times are not looked at.
 *
 * A key that the platform does not take for one has signed nothing.
 */
export async function isSignedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  const { kind, hash, value } = certificate.signature
  const { crv = '' } = issuer.key.jwk
  if (kind === 'unsupported' || kind !== issuer.key.kind) return false
  const algorithm = { name: kind, ...(kind === 'ECDSA' && { namedCurve: crv }), ...(hash && { hash }) }
  const signature = kind === 'ECDSA' ? rawSignature(value, COORDINATE_BYTES[crv] ?? 0) : value
  if (signature === undefined) return false
  const key = await importOnce(issuer, algorithm)
  return key !== undefined && crypto.subtle.verify(algorithm, key, signature, certificate.signed)
}

function rawSignature(value: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> | undefined {
  try {
    return readEcdsaSignature(value, size)
  } catch (error) {
    if (error instanceof ComityError) return undefined
    throw error
  }
}

async function importOnce(
  issuer: Certificate,
  algorithm: { readonly name: string; readonly hash?: string; readonly namedCurve?: string },
): Promise<CryptoKey | undefined> {
  const keys = imported.get(issuer) ?? new Map<string, Promise<CryptoKey>>()
  imported.set(issuer, keys)
  const name = algorithm.name === 'ECDSA' ? '' : (algorithm.hash ?? '')
  const key = keys.get(name) ?? crypto.subtle.importKey('spki', issuer.key.spki, algorithm, false, ['verify'])
  keys.set(name, key)
  try {
    return await key
  } catch {
    return undefined
  }
}
