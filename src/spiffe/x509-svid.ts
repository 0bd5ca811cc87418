import { VerificationError, type VerificationCode } from '../errors/index.ts'
import type { Clock } from '../runtime/index.ts'
import type { BundleSource } from './bundle-source.ts'
import { bundleFor } from './bundle.ts'
import { KEY_USAGE } from './certificate-extensions.ts'
import { buildPath, type SignatureQuestion } from './certificate-path.ts'
import { isSignedBy } from './certificate-signature.ts'
import { parseCertificate, type Certificate } from './certificate.ts'
import { malformed } from './der.ts'
import { parseSpiffeId, type SpiffeId } from './spiffe-id.ts'

declare const verified: unique symbol

/** An X.509-SVID whose path to an authority of its own trust domain was checked. Frozen. */
export interface VerifiedX509Svid {
  /** Marks the type. There is no such member. */
  readonly [verified]: true
  /** Who it is. */
  readonly id: SpiffeId
  /** The end-entity's certificate. */
  readonly leaf: Certificate
  /** From the leaf to the authority. */
  readonly path: readonly Certificate[]
  /** The last second, since the Unix epoch, at which all of the path is valid. */
  readonly expiresAt: number
}

/** What {@link verifyX509Svid} expects. */
export interface VerifyX509SvidOptions {
  /** The bundles that are trusted. Only the one of the leaf's own trust domain counts. */
  readonly bundles: BundleSource
  /** The current time in seconds since the Unix epoch: a clock's `now()`. */
  readonly now: ReturnType<Clock['now']>
}

/** The most certificates that may be sent, the leaf among them. */
export const MAX_CHAIN_LENGTH: number = 10

const verifiedSvids = new WeakSet()

/**
 * Verifies an X.509-SVID.
 *
 * The checks run in this order: size, form, the leaf's rules (one URI, a SPIFFE ID with a path, no CA, key usage), the
 * bundle of its trust domain, the path to an authority in it.
 *
 * @param chain - DER, 1 to 10 certificates, the leaf first. Whatever else is sent along is not trusted.
 * @param options - See {@link VerifyX509SvidOptions}.
 * @throws {VerificationError} `COMITY_CERTIFICATE_MALFORMED`, `COMITY_ALG_NOT_ALLOWED`; `COMITY_X509_SVID_URI`,
 *   `COMITY_SPIFFE_ID_INVALID`, `COMITY_X509_SVID_CA`, `COMITY_X509_SVID_KEY_USAGE` when the leaf is no X.509-SVID;
 *   `COMITY_CERTIFICATE_EXPIRED`, `COMITY_CERTIFICATE_NOT_YET_VALID`, `COMITY_CERTIFICATE_EXTENSION`,
 *   `COMITY_CERTIFICATE_CONSTRAINT`, `COMITY_CERTIFICATE_PATH` when no path leads to an authority.
 * @throws {TrustError} `COMITY_TRUST_DOMAIN_UNKNOWN` when there is no bundle of its trust domain.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md#5-validation | X509-SVID §5}
 */
export async function verifyX509Svid(
  chain: readonly Uint8Array[],
  options: VerifyX509SvidOptions,
): Promise<VerifiedX509Svid> {
  const run = judgeX509Svid(chain, options)
  let step = run.next()
  while (step.done !== true) {
    step = run.next(await isSignedBy(step.value.certificate, step.value.issuer))
  }
  return step.value
}

/**
 * As {@link verifyX509Svid}, where one cannot wait, as in a TLS callback.
 *
 * @param isSigned - Says whether a certificate is signed by another's key.
 */
export function verifyX509SvidNow(
  chain: readonly Uint8Array[],
  options: VerifyX509SvidOptions,
  isSigned: (question: SignatureQuestion) => boolean,
): VerifiedX509Svid {
  const run = judgeX509Svid(chain, options)
  let step = run.next()
  while (step.done !== true) step = run.next(isSigned(step.value))
  return step.value
}

function* judgeX509Svid(
  chain: readonly Uint8Array[],
  { bundles, now }: VerifyX509SvidOptions,
): Generator<SignatureQuestion, VerifiedX509Svid, boolean> {
  if (!Number.isFinite(now)) throw new TypeError('options.now must be a finite number of seconds')
  const { leaf, intermediates } = parseChain(chain)
  const id = checkLeaf(leaf)
  // Asked of peers only: some load certificates of their own where it is not.
  if (!leaf.isKeyUsageCritical)
    throw refuse('COMITY_X509_SVID_KEY_USAGE', 'its key usage is not critical', '4.3')
  const bundle = bundleFor(bundles, id.trustDomain)
  const path = yield* buildPath({
    leaf,
    intermediates,
    authorities: bundle.x509Authorities,
    now,
  })
  const expiresAt = Math.min(...path.map(({ notAfter }) => notAfter))
  const svid = Object.freeze({ id, leaf, path: Object.freeze(path), expiresAt }) as VerifiedX509Svid
  verifiedSvids.add(svid)
  return svid
}

/**
 * Asserts that a value comes from {@link verifyX509Svid}.
 *
 * @throws {TypeError} When it does not.
 */
export function assertVerifiedX509Svid(value: unknown): asserts value is VerifiedX509Svid {
  if (typeof value !== 'object' || value === null || !verifiedSvids.has(value)) {
    throw new TypeError('the value is not an SVID that verifyX509Svid returned')
  }
}

/** Reads a chain, the leaf first. */
export function parseChain(chain: readonly Uint8Array[]): {
  readonly leaf: Certificate
  readonly intermediates: readonly Certificate[]
} {
  if (chain.length > MAX_CHAIN_LENGTH) throw malformed('the chain is too long')
  const [leaf, ...intermediates] = chain.map(parseCertificate)
  if (leaf === undefined) throw malformed('the chain is empty')
  return { leaf, intermediates }
}

/**
 * Checks what makes a certificate the leaf of an X.509-SVID.
 *
 * @returns Its SPIFFE ID.
 * @throws {VerificationError} As {@link verifyX509Svid}.
 */
export function checkLeaf(leaf: Certificate): SpiffeId {
  const [uri, ...more] = leaf.uris
  if (uri === undefined || more.length > 0)
    throw refuse('COMITY_X509_SVID_URI', 'it has not exactly one URI', '2')
  const id = parseSpiffeId(uri)
  if (id.path === '') {
    throw new VerificationError('COMITY_SPIFFE_ID_INVALID', 'the SPIFFE ID of a leaf has no path', {
      spec: 'X509-SVID §5.2',
    })
  }
  if (leaf.isCa) throw refuse('COMITY_X509_SVID_CA', 'it is a certificate authority', '4.1')
  const usage = leaf.keyUsage ?? 0
  const mayNot = KEY_USAGE.keyCertSign | KEY_USAGE.cRLSign
  if ((usage & KEY_USAGE.digitalSignature) === 0 || (usage & mayNot) !== 0) {
    throw refuse('COMITY_X509_SVID_KEY_USAGE', 'its key usage is not that of a leaf', '4.3')
  }
  return id
}

function refuse(code: VerificationCode, what: string, section: string): VerificationError {
  return new VerificationError(code, `not an X.509-SVID: ${what}`, { spec: `X509-SVID §${section}` })
}
