import { ComityError, VerificationError, type VerificationCode } from '../errors/index.ts'
import { KEY_USAGE } from './certificate-extensions.ts'
import { allowsNames } from './certificate-names.ts'
import type { Certificate } from './certificate.ts'
import { parseSpiffeId } from './spiffe-id.ts'

/** Asks whether one certificate is signed by another one's key. */
export interface SignatureQuestion {
  /** The certificate that is signed. */
  readonly certificate: Certificate
  /** The certificate with the key. */
  readonly issuer: Certificate
}

/** What a path must lead from and to, and when. */
export interface PathQuestion {
  /** The end-entity's certificate. */
  readonly leaf: Certificate
  /** What was sent along, in any order. Nothing in it is trusted. */
  readonly intermediates: readonly Certificate[]
  /** The authorities of the one trust domain that counts; self-signed or not. */
  readonly authorities: readonly Certificate[]
  /** Seconds since the Unix epoch. */
  readonly now: number
}

/** The most signatures that are looked at for one leaf: whoever sends look-alikes must not keep us busy. */
const MAX_QUESTIONS = 32
const SPIFFE_SCHEME = /^spiffe:/i

/**
 * Builds a path from a leaf to an authority: depth first, each certificate once, the authorities before what was sent.
 *
 * It asks for each signature, so that it can be driven with or without waiting. The rules of RFC 5280 are checked
 * before a signature is asked for.
 *
 * @returns The path, the leaf first and an authority last.
 * @throws {VerificationError} Where there is no path: for the first rule that a certificate on the way broke
 *   `COMITY_CERTIFICATE_EXPIRED`, `COMITY_CERTIFICATE_NOT_YET_VALID`, `COMITY_CERTIFICATE_EXTENSION` or
 *   `COMITY_CERTIFICATE_CONSTRAINT`, `COMITY_ALG_NOT_ALLOWED`; else `COMITY_CERTIFICATE_PATH`.
 * @see {@link https://www.rfc-editor.org/rfc/rfc5280#section-6 | RFC 5280 §6}
 */
export function* buildPath(
  question: PathQuestion,
): Generator<SignatureQuestion, readonly Certificate[], boolean> {
  const search: Search = { question, asked: 0, firstFault: undefined }
  const faultOfLeaf = faultOf(question.leaf, question.now)
  if (faultOfLeaf !== undefined) throw faultOfLeaf
  const path = yield* extend([question.leaf], search)
  if (path !== undefined) return path
  throw (
    search.firstFault ??
    new VerificationError('COMITY_CERTIFICATE_PATH', 'no path leads to an authority of the trust domain', {
      spec: 'X509-SVID §5.1',
    })
  )
}

interface Search {
  readonly question: PathQuestion
  asked: number
  firstFault: VerificationError | undefined
}

function* extend(
  path: readonly Certificate[],
  search: Search,
): Generator<SignatureQuestion, readonly Certificate[] | undefined, boolean> {
  const { authorities, intermediates } = search.question
  const certificate = path[path.length - 1] as Certificate
  if (certificate.signature.kind === 'unsupported') {
    search.firstFault ??= broken(
      'COMITY_ALG_NOT_ALLOWED',
      'a certificate is signed with another algorithm',
      'alg',
    )
    return undefined
  }
  for (const [candidates, isEnd] of [
    [authorities, true],
    [intermediates, false],
  ] as const) {
    for (const issuer of candidates) {
      if (issuer.subject !== certificate.issuer || path.includes(issuer)) continue
      const fault = faultOfIssuer(issuer, path, search.question, isEnd)
      if (fault !== undefined) {
        search.firstFault ??= fault
        continue
      }
      if (search.asked === MAX_QUESTIONS) return undefined
      search.asked += 1
      if (!(yield { certificate, issuer })) continue
      if (isEnd) return [...path, issuer]
      const found = yield* extend([...path, issuer], search)
      if (found !== undefined) return found
    }
  }
  return undefined
}

function faultOfIssuer(
  issuer: Certificate,
  path: readonly Certificate[],
  { now }: PathQuestion,
  isAuthority: boolean,
): VerificationError | undefined {
  const fault = faultOf(issuer, now)
  if (fault !== undefined) return fault
  if (!issuer.isCa)
    return broken('COMITY_CERTIFICATE_CONSTRAINT', 'an issuer is no certificate authority', 'ca')
  // An authority may be an old root without the extension; what was sent along must say what it is for.
  const usage = issuer.keyUsage ?? (isAuthority ? KEY_USAGE.keyCertSign : 0)
  if ((usage & KEY_USAGE.keyCertSign) === 0) {
    return broken('COMITY_CERTIFICATE_CONSTRAINT', 'an issuer must not sign certificates', 'key usage')
  }
  // Those that a CA made for itself, to go over to a new key, do not count (RFC 5280 §4.2.1.9 and §6.1.3).
  const below = path.filter(({ subject, issuer: by }, index) => index === 0 || subject !== by)
  if (issuer.pathLength !== undefined && below.length - 1 > issuer.pathLength) {
    return broken('COMITY_CERTIFICATE_CONSTRAINT', 'the path is longer than an issuer allows', 'path length')
  }
  const { nameConstraints } = issuer
  if (nameConstraints !== undefined && !below.every((each) => allowsNames(nameConstraints, each))) {
    return broken('COMITY_CERTIFICATE_CONSTRAINT', 'an issuer does not allow these names', 'names')
  }
  if (issuer.uris.some((uri) => SPIFFE_SCHEME.test(uri) && !isTrustDomainId(uri))) {
    return broken(
      'COMITY_CERTIFICATE_CONSTRAINT',
      'the SPIFFE ID of an issuer has a path or is none',
      'issuer id',
    )
  }
  return undefined
}

/** What is wrong with a certificate by itself. */
function faultOf(certificate: Certificate, now: number): VerificationError | undefined {
  if (certificate.hasUnknownCritical) {
    return broken('COMITY_CERTIFICATE_EXTENSION', 'a critical extension is not understood', 'critical')
  }
  if (now > certificate.notAfter)
    return broken('COMITY_CERTIFICATE_EXPIRED', 'a certificate has expired', 'time')
  if (now < certificate.notBefore) {
    return broken('COMITY_CERTIFICATE_NOT_YET_VALID', 'a certificate is not valid yet', 'time')
  }
  return undefined
}

function broken(code: VerificationCode, message: string, rule: string): VerificationError {
  return new VerificationError(code, message, { spec: 'RFC 5280 §6.1', details: { rule } })
}

function isTrustDomainId(uri: string): boolean {
  try {
    return parseSpiffeId(uri).path === ''
  } catch (error) {
    if (error instanceof ComityError) return false
    throw error
  }
}
