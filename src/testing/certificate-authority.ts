/**
 * A certificate authority made on the spot, so that the demo and the tests run real TLS with full
 * verification on loopback. Not for anything else: its root key lives and dies with the process.
 *
 * @module
 */
import './reflect.ts'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { systemClock } from '../runtime/index.ts'

x509.cryptoProvider.set(webcrypto as Crypto)

const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const
const HOUR = 3600
const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1'
const LOOPBACK = ['localhost', '127.0.0.1', '::1'] as const

/** What a leaf certificate is for. */
export interface LeafOptions {
  /** DNS names and IP addresses, each as a subject alternative name. Defaults to loopback's three. */
  readonly names?: readonly string[]
  /** Defaults to an hour ago. */
  readonly notBefore?: Date
  /** Defaults to 24 hours from now. */
  readonly notAfter?: Date
}

/** What `node:https` takes: `createServer({ key, cert })`. */
export interface ServerCertificate {
  /** The private key, PKCS #8 in PEM. */
  readonly key: string
  /** The certificate, PEM. */
  readonly cert: string
}

/** A certificate authority that lives as long as its process. */
export interface CertificateAuthority {
  /** The root certificate in PEM, for the `ca` option of whoever shall trust it. */
  readonly ca: string
  /**
   * Makes a P-256 server certificate under this root.
   *
   * @throws {TypeError} A name is neither a DNS name nor an IP address.
   */
  issue(options?: LeafOptions): Promise<ServerCertificate>
}

function hoursFromNow(hours: number): Date {
  return new Date((systemClock.now() + hours * HOUR) * 1000)
}

function serialNumber(): string {
  // A leading 01 keeps the integer positive and of full length (RFC 5280 §4.1.2.2 allows 20 bytes).
  return `01${Buffer.from(webcrypto.getRandomValues(new Uint8Array(16))).toString('hex')}`
}

function alternativeName(name: string): x509.JsonGeneralName {
  const isAddress = name.includes(':') || /^\d+\.\d+\.\d+\.\d+$/.test(name)
  return { type: isAddress ? 'ip' : 'dns', value: name }
}

function toPem(label: string, bytes: ArrayBuffer): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

function generateKeys(extractable: boolean): Promise<CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY, extractable, ['sign', 'verify'])
}

async function createRoot(keys: CryptoKeyPair, commonName: string): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [commonName] }],
    notBefore: hoursFromNow(-48),
    notAfter: hoursFromNow(30 * 24),
    keys,
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
}

/**
 * Makes a new P-256 root, valid for 30 days, whose private key cannot be exported.
 *
 * @param commonName - The root's name, as it shows up in error messages of TLS clients.
 */
export async function createCertificateAuthority(
  commonName = 'Comity loopback root',
): Promise<CertificateAuthority> {
  const rootKeys = await generateKeys(false)
  const root = await createRoot(rootKeys, commonName)

  async function issue(options: LeafOptions = {}): Promise<ServerCertificate> {
    const keys = await generateKeys(true)
    const leaf = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: 'CN=Comity loopback server',
      issuer: root.subject,
      notBefore: options.notBefore ?? hoursFromNow(-1),
      notAfter: options.notAfter ?? hoursFromNow(24),
      publicKey: keys.publicKey,
      signingKey: rootKeys.privateKey,
      signingAlgorithm: SIGNING,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([SERVER_AUTHENTICATION]),
        new x509.SubjectAlternativeNameExtension((options.names ?? LOOPBACK).map(alternativeName)),
        await x509.AuthorityKeyIdentifierExtension.create(root.publicKey),
      ],
    })
    const privateKey = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
    return { key: toPem('PRIVATE KEY', privateKey), cert: `${leaf.toString('pem')}\n` }
  }

  return { ca: `${root.toString('pem')}\n`, issue }
}
