import '../../src/testing/reflect.ts'
import * as x509 from '@peculiar/x509'
import {
  createBundleSet,
  createTrustBundle,
  parseCertificate,
  parseTrustDomain,
  type BundleSource,
} from '../../src/spiffe/index.ts'

export { Extension, ExtendedKeyUsageExtension, KeyUsageFlags, type JsonGeneralName } from '@peculiar/x509'

x509.cryptoProvider.set(crypto)

/** When the certificates made here are looked at; they are good for a day before and after. */
export const NOW = 1_893_499_200
const DAY = 86_400
const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const
const { keyCertSign, cRLSign, digitalSignature } = x509.KeyUsageFlags
const ISSUING: x509.KeyUsageFlags = keyCertSign | cRLSign

/** A certificate and its keys. */
export interface Party {
  readonly name: string
  readonly keys: CryptoKeyPair
  readonly der: Uint8Array<ArrayBuffer>
}

/** What a certificate says. Without anything it is that of a self-signed authority of nobody. */
export interface Recipe {
  /** Its subject, a distinguished name; empty for none. */
  readonly name?: string
  /** Who signs it. Defaults to itself. */
  readonly issuer?: Party
  /** The issuer's name as it stands there, where that is not the signer's. */
  readonly issuerName?: string
  readonly keys?: CryptoKeyPair
  /** Defaults to no alternative names. */
  readonly names?: readonly x509.JsonGeneralName[]
  readonly areNamesCritical?: boolean
  /** `false` for basic constraints that say so, undefined for none at all. */
  readonly isCa?: boolean | undefined
  readonly pathLength?: number
  /** The bits; undefined for no such extension. */
  readonly keyUsage?: x509.KeyUsageFlags | undefined
  readonly isUsageCritical?: boolean
  readonly extensions?: readonly x509.Extension[]
  readonly notBefore?: number
  readonly notAfter?: number
  readonly algorithm?: EcKeyGenParams | RsaHashedKeyGenParams | Algorithm
  readonly hash?: string
}

/** Makes a certificate exactly as it is asked for, be it right or wrong. */
export async function forge(recipe: Recipe): Promise<Party> {
  const {
    name = 'CN=root',
    issuer,
    algorithm = KEY,
    keys = await generateKeys(algorithm),
    names = [],
    areNamesCritical = false,
    isUsageCritical = true,
    hash = 'SHA-256',
  } = recipe
  const isCa = 'isCa' in recipe ? recipe.isCa : true
  const usage = 'keyUsage' in recipe ? recipe.keyUsage : ISSUING
  const signer = issuer?.keys.privateKey ?? keys.privateKey
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: `01${Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString('hex')}`,
    subject: name,
    issuer: recipe.issuerName ?? issuer?.name ?? name,
    notBefore: new Date((recipe.notBefore ?? NOW - DAY) * 1000),
    notAfter: new Date((recipe.notAfter ?? NOW + DAY) * 1000),
    publicKey: keys.publicKey,
    signingKey: signer,
    signingAlgorithm: { ...signer.algorithm, hash },
    extensions: [
      ...(isCa === undefined ? [] : [new x509.BasicConstraintsExtension(isCa, recipe.pathLength, true)]),
      ...(usage === undefined ? [] : [new x509.KeyUsagesExtension(usage, isUsageCritical)]),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension([...names], areNamesCritical)]),
      ...(recipe.extensions ?? []),
    ],
  })
  return { name, keys, der: new Uint8Array(certificate.rawData) }
}

/** Makes the certificate of a workload, right but for what is said otherwise. */
export function forgeLeaf(
  issuer: Party,
  uri = 'spiffe://acme.example/a',
  recipe: Recipe = {},
): Promise<Party> {
  return forge({
    name: 'CN=leaf',
    issuer,
    isCa: false,
    keyUsage: digitalSignature,
    names: [{ type: 'url', value: uri }],
    ...recipe,
  })
}

/** The bundles of one trust domain with these authorities. */
export function bundlesOf(name: string, ...authorities: readonly Party[]): BundleSource {
  return createBundleSet([
    createTrustBundle({
      trustDomain: parseTrustDomain(name),
      x509Authorities: authorities.map(({ der }) => parseCertificate(der)),
    }),
  ])
}

function generateKeys(algorithm: EcKeyGenParams | RsaHashedKeyGenParams | Algorithm): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<CryptoKeyPair>
}
