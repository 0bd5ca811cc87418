import {
  bits,
  boolean,
  element,
  explicit,
  implicit,
  integer,
  octets,
  oid,
  sequence,
  set,
  text,
  time,
} from './der.ts'
import { signatureAlgorithm, type SigningAlgorithm, type TestKey } from './keys.ts'

/** A certificate before it is written; features change it. */
export interface CertificateRecipe {
  version: 1 | 3
  serial: Uint8Array
  /** The common name; empty for a name without parts. */
  subject: string
  /** Instead of the issuer's subject. */
  issuer?: string
  notBefore: number
  notAfter: number
  key: TestKey
  /** Instead of the issuer's key. */
  signWith?: TestKey
  algorithm?: SigningAlgorithm
  /** What stands beside the signature, where it is another than what is signed. */
  outerAlgorithm?: Uint8Array
  extensions: Extensions
  /** More extensions, DER. */
  more: Uint8Array[]
  /** What happens to its bytes at last. */
  finish: ((der: Uint8Array) => Uint8Array)[]
}

/** The extensions that matter, each left out where undefined. */
export interface Extensions {
  basic?: { ca: boolean; pathLength?: number; critical?: boolean }
  usage?: { bits: readonly number[]; critical?: boolean }
  extendedUsage?: { oids: readonly string[]; critical?: boolean }
  names?: { entries: readonly Uint8Array[]; critical?: boolean }
  constraints?: { permitted?: readonly Uint8Array[]; excluded?: readonly Uint8Array[]; critical?: boolean }
}

/** Bits of the key usage. */
export const USAGE = {
  digitalSignature: 0,
  keyEncipherment: 2,
  keyAgreement: 4,
  certSign: 5,
  crlSign: 6,
} as const
export const uriName = (uri: string | Uint8Array): Uint8Array => implicit(6, Buffer.from(uri))
export const dnsName = (name: string): Uint8Array => implicit(2, Buffer.from(name))
export const mailName = (name: string): Uint8Array => implicit(1, Buffer.from(name))
export const addressName = (...bytes: readonly number[]): Uint8Array => implicit(7, Uint8Array.from(bytes))

/** An extension. */
export function extension(id: string, value: Uint8Array, critical = false): Uint8Array {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value))
}

/** Writes a certificate, signed by another one's key. */
export function certificateOf(
  recipe: CertificateRecipe,
  issuer: Pick<CertificateRecipe, 'subject' | 'key'>,
): Uint8Array {
  const signer = recipe.signWith ?? issuer.key
  const algorithm = recipe.algorithm ?? defaultAlgorithm(signer)
  const named = signatureAlgorithm(algorithm, signer.kind)
  const extensions = [...extensionsOf(recipe.extensions), ...recipe.more]
  const signed = sequence(
    ...(recipe.version === 3 ? [explicit(0, integer(2))] : []),
    element(0x02, recipe.serial),
    named,
    nameOf(recipe.issuer ?? issuer.subject),
    sequence(time(recipe.notBefore), time(recipe.notAfter)),
    nameOf(recipe.subject),
    recipe.key.spki,
    ...(extensions.length === 0 ? [] : [explicit(3, sequence(...extensions))]),
  )
  const signature = signer.sign(signed, algorithm)
  const der = sequence(signed, recipe.outerAlgorithm ?? named, bits(signature))
  return recipe.finish.reduce((bytes, change) => change(bytes), der)
}

function defaultAlgorithm({ kind }: TestKey): SigningAlgorithm {
  if (kind === 'Ed25519') return 'Ed25519'
  return kind === 'RSA' || kind === 'RSA-1024' ? 'RS256' : 'ECDSA-DER'
}

function nameOf(commonName: string): Uint8Array {
  return commonName === '' ? sequence() : sequence(set(sequence(oid('2.5.4.3'), text(commonName))))
}

function extensionsOf({
  basic,
  usage,
  extendedUsage,
  names,
  constraints,
}: Extensions): readonly Uint8Array[] {
  return [
    ...(basic === undefined ? [] : [extension('2.5.29.19', basicValue(basic), basic.critical ?? true)]),
    ...(usage === undefined ? [] : [extension('2.5.29.15', usageValue(usage.bits), usage.critical ?? true)]),
    ...(extendedUsage === undefined
      ? []
      : [extension('2.5.29.37', sequence(...extendedUsage.oids.map(oid)), extendedUsage.critical)]),
    ...(names === undefined ? [] : [extension('2.5.29.17', sequence(...names.entries), names.critical)]),
    ...(constraints === undefined
      ? []
      : [extension('2.5.29.30', constraintsValue(constraints), constraints.critical ?? true)]),
  ]
}

function basicValue({ ca, pathLength }: NonNullable<Extensions['basic']>): Uint8Array {
  return sequence(...(ca ? [boolean(true)] : []), ...(pathLength === undefined ? [] : [integer(pathLength)]))
}

function usageValue(numbers: readonly number[]): Uint8Array {
  const highest = Math.max(...numbers)
  const byte = numbers.reduce((sum, bit) => sum | (0x80 >> bit), 0)
  return bits(Uint8Array.of(byte), 7 - highest)
}

function constraintsValue({ permitted, excluded }: NonNullable<Extensions['constraints']>): Uint8Array {
  const subtrees = (names: readonly Uint8Array[] | undefined, number: number): readonly Uint8Array[] =>
    names === undefined ? [] : [explicit(number, ...names.map((name) => sequence(name)))]
  return sequence(...subtrees(permitted, 0), ...subtrees(excluded, 1))
}
