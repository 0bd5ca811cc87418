import 'comity/testing' // before @peculiar/x509, which asks for a polyfill that this brings
import * as x509 from '@peculiar/x509'
import {
  createBundleSet,
  createTrustBundle,
  parseCertificate,
  parseTrustDomain,
  type BundleSource,
} from 'comity/spiffe'

const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const
const { digitalSignature, keyCertSign } = x509.KeyUsageFlags
const ID = 'spiffe://acme.example'

/** A signature without all that stands around it: as Web Crypto takes it. */
export interface BareSignature {
  readonly key: CryptoKey
  readonly signature: Uint8Array<ArrayBuffer>
  readonly signed: Uint8Array<ArrayBuffer>
}

/** A trust domain with a root and an intermediate. */
export interface ChainMaker {
  readonly bundles: BundleSource
  /** Makes a chain of a new leaf, and the intermediate. */
  issue(): Promise<readonly Uint8Array[]>
  /** The bare signatures of a chain. */
  signaturesOf(chain: readonly Uint8Array[]): readonly BareSignature[]
}

/** Makes such a trust domain; all leaves are of one key, which is as good as many and quicker made. */
export async function createChainMaker(): Promise<ChainMaker> {
  const [rootKeys, betweenKeys, leafKeys] = [await keyPair(), await keyPair(), await keyPair()]
  const authority = [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(keyCertSign, true),
    new x509.SubjectAlternativeNameExtension([{ type: 'url', value: ID }]),
  ]
  const root = await make('CN=root', 'CN=root', rootKeys.publicKey, rootKeys.privateKey, authority)
  const between = await make('CN=between', 'CN=root', betweenKeys.publicKey, rootKeys.privateKey, authority)
  const extensions = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(digitalSignature, true),
    new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']),
    new x509.SubjectAlternativeNameExtension([
      { type: 'url', value: `${ID}/agents/ledger` },
      { type: 'dns', value: 'ledger.acme.example' },
    ]),
    await x509.SubjectKeyIdentifierExtension.create(leafKeys.publicKey),
    await x509.AuthorityKeyIdentifierExtension.create(betweenKeys.publicKey),
  ]
  const trustDomain = parseTrustDomain('acme.example')
  const keys = [betweenKeys.publicKey, rootKeys.publicKey]
  return {
    bundles: createBundleSet([createTrustBundle({ trustDomain, x509Authorities: [parseCertificate(root)] })]),
    async issue() {
      return [
        await make('O=SPIRE,C=US', 'CN=between', leafKeys.publicKey, betweenKeys.privateKey, extensions),
        between,
      ]
    },
    signaturesOf: (chain) =>
      chain.map((der, index) => {
        const { signature, signed } = parseCertificate(der)
        return { key: keys[index] as CryptoKey, signature: rawSignature(signature.value), signed }
      }),
  }
}

async function make(
  subject: string,
  issuer: string,
  publicKey: CryptoKey,
  signingKey: CryptoKey,
  extensions: x509.Extension[],
): Promise<Uint8Array> {
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: `01${Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('hex')}`,
    subject,
    issuer,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
    publicKey,
    signingKey,
    signingAlgorithm: SIGNING,
    extensions,
  })
  return new Uint8Array(certificate.rawData)
}

/** r and s, 32 bytes each, out of their DER. */
function rawSignature(der: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = der[3] ?? 0
  const parts = [der.subarray(4, 4 + length), der.subarray(6 + length)]
  return new Uint8Array(
    parts.flatMap((part) => [...new Uint8Array(Math.max(0, 32 - part.length)), ...part.slice(-32)]),
  )
}

function keyPair(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(KEY, true, ['sign', 'verify'])
}
