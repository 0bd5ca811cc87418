import { CompactSign, compactVerify, errors, importSPKI } from 'jose'
import { decodeBase64url, encodeUtf8, parseJsonObject, type JsonObject } from '../encoding/index.ts'
import { ComityError, PolicyError, VerificationError, type VerificationCode } from '../errors/index.ts'
import { checkTimes, requireString } from '../keys/index.ts'
import {
  decodeBase64,
  encodeBase64,
  formatPem,
  JWT_SVID_ALGORITHMS,
  parseSpiffeId,
  signingAlgorithm,
  verifyX509Svid,
  type BundleSource,
  type SpiffeId,
  type VerifiedX509Svid,
  type X509Svid,
} from '../spiffe/index.ts'
import type { Occasion } from './binding.ts'
import { CLOCK_SKEW, MESSAGE_LIFETIME } from './signed-message.ts'
import { assertTranscript, transcriptClaim } from './transcript.ts'

/** `typ` of the proof of an X.509-SVID. */
export const SVID_PROOF_TYP = 'comity-svid+jwt'

/** The signature algorithms: SPIFFE's nine, and Ed25519. */
const ALGORITHMS: readonly string[] = [...JWT_SVID_ALGORITHMS, 'Ed25519']
const ALGORITHM_OF_CURVE: Readonly<Record<string, string>> = {
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
}
const MAX_PROOF_LENGTH = 32_768
const MAX_CERTIFICATES = 10
const MAX_CERTIFICATE_BYTES = 32_768

/** The proof of an X.509-SVID that anybody may have written. */
export interface UnverifiedSvidProof {
  /** The compact form. */
  readonly token: string
  /** One of the ten algorithms. */
  readonly alg: string
  /** The certificates in `x5c`, DER, the leaf first. */
  readonly chain: readonly Uint8Array[]
  /** The SPIFFE ID that `iss` says. */
  readonly id: SpiffeId
  /** The payload. */
  readonly claims: JsonObject
}

/**
 * Proves an X.509-SVID in one message of one run: its key signs the run, the presenter's DID and role, and the verifier.
 *
 * @param svid The own SVID.
 * @param occasion The message that will carry the proof.
 * @param now Seconds since the epoch.
 * @returns A compact JWS.
 */
export async function proveX509Svid(svid: X509Svid, occasion: Occasion, now: number): Promise<string> {
  const [leaf] = svid.chain
  if (leaf === undefined) throw new TypeError('the SVID has no certificate')
  const algorithm = signingAlgorithm(leaf)
  const key = await crypto.subtle.importKey('pkcs8', svid.privateKey, algorithm, false, ['sign'])
  const issuedAt = Math.floor(now)
  const payload = {
    th: transcriptClaim(occasion.hash),
    iss: svid.id.uri,
    sub: occasion.presenter,
    aud: occasion.verifier,
    role: occasion.role,
    iat: issuedAt,
    exp: issuedAt + MESSAGE_LIFETIME,
  }
  const x5c = svid.chain.map(({ der }) => encodeBase64(der))
  return new CompactSign(encodeUtf8(JSON.stringify(payload)))
    .setProtectedHeader({ alg: jwsAlgorithm(algorithm), typ: SVID_PROOF_TYP, x5c })
    .sign(key)
}

/**
 * Reads the proof of an X.509-SVID. Nothing is verified.
 *
 * @param token A compact JWS of at most 32,768 characters, in canonical base64url, whose header has `alg`, `typ` and
 *   `x5c` (1 to 10 certificates) and nothing else.
 * @throws {VerificationError} `COMITY_SVID_PROOF_INVALID`, `COMITY_ALG_NOT_ALLOWED`, `COMITY_JWT_TYP_MISMATCH`,
 *   `COMITY_SPIFFE_ID_INVALID`.
 */
export function parseSvidProof(token: string): UnverifiedSvidProof {
  if (token.length > MAX_PROOF_LENGTH) throw invalid('it is too large')
  const [head = '', payload = '', signature = '', ...more] = token.split('.', 4)
  if (signature === '' || more.length > 0) throw invalid('it does not have three parts')
  const { alg, typ, x5c, ...others } = reading(() => objectOf(head))
  if (typeof alg !== 'string' || !ALGORITHMS.includes(alg)) {
    throw refuse('COMITY_ALG_NOT_ALLOWED', 'the algorithm is not allowed')
  }
  if (typ !== SVID_PROOF_TYP) throw refuse('COMITY_JWT_TYP_MISMATCH', 'the token is of another type')
  if (Object.keys(others).length > 0) throw invalid('its header has another parameter')
  reading(() => decodeBase64url(signature))
  const claims = reading(() => objectOf(payload))
  const id = parseSpiffeId(reading(() => requireString(claims, 'iss')))
  return { token, alg, chain: certificatesOf(x5c), id, claims }
}

/**
 * Checks that a proof was made for this message: run, presenter, role, verifier, times, in this order.
 *
 * @throws {VerificationError} `COMITY_SVID_PROOF_RUN`, `COMITY_SVID_PROOF_PRESENTER`, `COMITY_SVID_PROOF_ROLE`;
 *   `COMITY_JWT_CLAIM_INVALID`, `COMITY_TOKEN_EXPIRED`, `COMITY_TOKEN_NOT_YET_VALID`.
 * @throws {PolicyError} `COMITY_AUDIENCE_MISMATCH`.
 */
export function assertProofOccasion({ claims }: UnverifiedSvidProof, occasion: Occasion, now: number): void {
  try {
    assertTranscript(claims['th'], occasion.hash)
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw refuse('COMITY_SVID_PROOF_RUN', 'the SVID was proven in another message', cause)
  }
  if (claims['sub'] !== occasion.presenter) {
    throw refuse('COMITY_SVID_PROOF_PRESENTER', 'the SVID was proven for another DID')
  }
  if (claims['role'] !== occasion.role) {
    throw refuse('COMITY_SVID_PROOF_ROLE', 'the SVID was proven for the other side of the run')
  }
  if (claims['aud'] !== occasion.verifier) {
    throw new PolicyError('COMITY_AUDIENCE_MISMATCH', 'the SVID was proven to somebody else', {
      spec: 'comity handshake, evidence',
    })
  }
  const times = { now, clockTolerance: CLOCK_SKEW, maxLifetime: MESSAGE_LIFETIME } as const
  checkTimes(claims, times)
}

/**
 * Verifies a proof that was made for this message: the chain, then that `iss` is whom it names, then the signature with
 * the leaf's key.
 *
 * @throws {VerificationError} The codes of `verifyX509Svid`; `COMITY_SVID_PROOF_ID`, `COMITY_SIGNATURE_INVALID`.
 * @throws {TrustError} `COMITY_TRUST_DOMAIN_UNKNOWN`.
 */
export async function verifySvidProof(
  { token, alg, chain, id }: UnverifiedSvidProof,
  options: { readonly bundles: BundleSource; readonly now: number },
): Promise<VerifiedX509Svid> {
  const svid = await verifyX509Svid(chain, options)
  if (svid.id.uri !== id.uri) {
    throw refuse('COMITY_SVID_PROOF_ID', 'the proof names another SPIFFE ID than its certificate')
  }
  try {
    const key = await importSPKI(formatPem('PUBLIC KEY', svid.leaf.key.spki), alg)
    await compactVerify(token, key, { algorithms: [alg] })
  } catch (cause) {
    // A key of another kind than the algorithm's does not import, and verifies nothing.
    if (!(cause instanceof errors.JOSEError) && !(cause instanceof Error && isKeyError(cause))) throw cause
    throw refuse('COMITY_SIGNATURE_INVALID', 'the signature does not verify', cause)
  }
  return svid
}

function jwsAlgorithm(algorithm: ReturnType<typeof signingAlgorithm>): string {
  if ('hash' in algorithm) return 'RS256'
  if (!('namedCurve' in algorithm)) return 'Ed25519'
  const alg = ALGORITHM_OF_CURVE[algorithm.namedCurve]
  if (alg === undefined) throw new TypeError('the key of the SVID is on another curve')
  return alg
}

function certificatesOf(x5c: unknown): readonly Uint8Array[] {
  if (!Array.isArray(x5c) || x5c.length === 0 || x5c.length > MAX_CERTIFICATES) {
    throw invalid('`x5c` is no list of 1 to 10 certificates')
  }
  return x5c.map((text: unknown) => {
    if (typeof text !== 'string') throw invalid('a certificate is no text')
    return reading(() => decodeBase64(text, MAX_CERTIFICATE_BYTES))
  })
}

function objectOf(part: string): JsonObject {
  const bytes = decodeBase64url(part, { maxBytes: MAX_PROOF_LENGTH })
  return parseJsonObject(bytes, { maxBytes: MAX_PROOF_LENGTH })
}

function reading<Value>(read: () => Value): Value {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw invalid('a part of it cannot be read', cause)
  }
}

function isKeyError({ name }: Error): boolean {
  return name === 'DataError' || name === 'TypeError' || name === 'OperationError'
}

function invalid(what: string, cause?: unknown): VerificationError {
  return refuse('COMITY_SVID_PROOF_INVALID', `the proof of the SVID is malformed: ${what}`, cause)
}

function refuse(code: VerificationCode, message: string, cause?: unknown): VerificationError {
  const spec = 'comity handshake, evidence'
  return new VerificationError(code, message, { spec, ...(cause === undefined ? {} : { cause }) })
}
