import { concatBytes } from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'
import { KEY_USAGE } from './certificate-extensions.ts'
import type { Certificate } from './certificate.ts'
import { malformed, splitSequences } from './der.ts'
import { parsePem } from './pem.ts'
import type { SpiffeId } from './spiffe-id.ts'
import { checkLeaf, MAX_CHAIN_LENGTH, parseChain } from './x509-svid.ts'

/** An X.509-SVID of one's own, with its private key. Frozen, and nothing to be logged. */
export interface X509Svid {
  /** Who one is. */
  readonly id: SpiffeId
  /** The leaf, then what is sent along. */
  readonly chain: readonly Certificate[]
  /** The last second, since the Unix epoch, at which the leaf is valid. */
  readonly expiresAt: number
  /** The private key, PKCS #8 in DER. */
  readonly privateKey: Uint8Array<ArrayBuffer>
  /** What tells it from others that the workload has; empty where the Workload API gave none. */
  readonly hint: string
}

/**
 * Reads an X.509-SVID of one's own, as the Workload API gives it.
 *
 * It is checked to be of the right form, and the key to be the leaf's. Whether anybody will trust it, and whether it has
 * expired, is not looked at.
 *
 * @param chain - DER certificates one after the other, the leaf first; 1 to 10.
 * @param privateKey - PKCS #8, DER, unencrypted.
 * @param hint - See {@link X509Svid.hint}.
 * @throws {VerificationError} `COMITY_CERTIFICATE_MALFORMED`, `COMITY_X509_SVID_URI`, `COMITY_SPIFFE_ID_INVALID`,
 *   `COMITY_X509_SVID_CA`, `COMITY_X509_SVID_KEY_USAGE`; `COMITY_CERTIFICATE_CONSTRAINT` when one that is sent along may
 *   not sign certificates; `COMITY_X509_SVID_KEY` when the key is none or not the leaf's.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Workload_API.md#521-x509-svid | Workload API §5.2.1}
 */
export async function parseX509Svid(chain: Uint8Array, privateKey: Uint8Array, hint = ''): Promise<X509Svid> {
  const { leaf, intermediates } = parseChain(splitSequences(chain, MAX_CHAIN_LENGTH))
  const id = checkLeaf(leaf)
  for (const { isCa, keyUsage = 0 } of intermediates) {
    if (isCa && (keyUsage & KEY_USAGE.keyCertSign) !== 0) continue
    throw new VerificationError('COMITY_CERTIFICATE_CONSTRAINT', 'an issuer must not sign certificates', {
      spec: 'X509-SVID §4.3',
      details: { rule: isCa ? 'key usage' : 'ca' },
    })
  }
  const key = privateKey.slice()
  await checkKey(leaf, key)
  const certificates = Object.freeze([leaf, ...intermediates])
  return Object.freeze({ id, chain: certificates, expiresAt: leaf.notAfter, privateKey: key, hint })
}

/**
 * Reads an X.509-SVID of one's own from PEM: certificates, the leaf first, and a key.
 *
 * @param certificates - At most 1 MiB. Blocks that are no certificates are passed over.
 * @param key - The text with the key, where it is another; the first `PRIVATE KEY` counts.
 * @throws {VerificationError} As {@link parseX509Svid}.
 */
export async function parsePemX509Svid(certificates: string, key: string = certificates): Promise<X509Svid> {
  const chain = parsePem(certificates).filter(({ label }) => label === 'CERTIFICATE')
  const privateKey = parsePem(key).find(({ label }) => label === 'PRIVATE KEY')
  if (chain.length === 0) throw malformed('there is none')
  if (privateKey === undefined) throw badKey('there is none')
  return parseX509Svid(concatBytes(...chain.map(({ bytes }) => bytes)), privateKey.bytes)
}

type KeyAlgorithm = RsaHashedImportParams | EcKeyImportParams | Algorithm

/** What the private key of a certificate signs with. */
export function signingAlgorithm(leaf: Certificate): KeyAlgorithm {
  const { kty, crv } = leaf.key.jwk
  if (kty === 'RSA') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  if (kty === 'OKP') return { name: 'Ed25519' }
  if (crv === undefined) throw badKey('it is of another kind')
  return { name: 'ECDSA', namedCurve: crv }
}

async function checkKey(leaf: Certificate, privateKey: Uint8Array<ArrayBuffer>): Promise<void> {
  let jwk: JsonWebKey
  try {
    const key = await crypto.subtle.importKey('pkcs8', privateKey, signingAlgorithm(leaf), true, ['sign'])
    jwk = await crypto.subtle.exportKey('jwk', key)
  } catch (cause) {
    if (cause instanceof VerificationError) throw cause
    throw badKey('it is no PKCS #8, or of another kind than the certificate', cause)
  }
  const members = Object.entries(leaf.key.jwk)
  if (members.some(([name, value]) => jwk[name as keyof JsonWebKey] !== value)) {
    throw badKey('it is not the key of the certificate')
  }
}

function badKey(what: string, cause?: unknown): VerificationError {
  return new VerificationError('COMITY_X509_SVID_KEY', `the private key is not right: ${what}`, {
    spec: 'Workload API §5.2.1',
    ...(cause === undefined ? {} : { cause }),
  })
}
