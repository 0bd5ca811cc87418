import { canonicalizeJson, type JsonObject } from '../encoding/index.ts'
import { findForeignJwk, isDidUrlOf, type DidResolver } from '../did/index.ts'
import { VerificationError } from '../errors/index.ts'
import { systemClock } from '../runtime/index.ts'
import { encodeFieldElement, parseBabyJubJubJwk, type BabyJubJubPoint } from './baby-jubjub.ts'
import { buildDocument } from './claims-document.ts'
import { encodeClaim, encodeClaims, encodeType, leavesOf, MAX_CLAIMS, type ClaimSlot } from './claims.ts'
import {
  COMPLIANCE_FORMAT,
  parseComplianceCredential,
  type ComplianceContents,
  type ComplianceStatus,
  type UnverifiedComplianceCredential,
} from './compliance-parse.ts'
import {
  encodeSignature,
  verifyEdDsaPoseidon,
  type EdDsaPoseidonSignature,
  type ZkSigner,
} from './eddsa-poseidon.ts'
import { sponge } from './sponge.ts'

/** What a compliance credential is issued with. */
export interface IssueComplianceOptions {
  /** Signs with a key of the issuer. */
  readonly signer: ZkSigner
  /** The issuer's DID. */
  readonly issuer: string
  /** The one type, such as `AgentPostureCredential`. */
  readonly type: string
  /** What `credentialSubject` has. */
  readonly claims: JsonObject
  /** From when it is valid, in whole seconds since the Unix epoch, below 2^40. */
  readonly validFrom: number
  /** Until when it is valid, like `validFrom`. */
  readonly validUntil: number
  /** The place in a Token Status List of the issuer; the same one as that of the credential that this is a form of. */
  readonly status: ComplianceStatus
  /** What `verifyHolderCommitment` gave. */
  readonly commitment: bigint
}

/** How a holder checks a compliance credential that it was given. */
export interface VerifyComplianceOptions {
  /** Gets the issuer's DID document. Either this or `publicKey`. */
  readonly resolver?: Pick<DidResolver, 'resolveDocument'>
  /** The issuer's key, where it is known already. */
  readonly publicKey?: BabyJubJubPoint
  /** The commitment to the holder's own secret. */
  readonly commitment: bigint
  /** The current time in seconds since the Unix epoch. Defaults to the system clock's. */
  readonly now?: number
}

declare const verified: unique symbol

/** A compliance credential that its issuer signed for this holder. Only {@link verifyComplianceCredential} makes one. */
export interface VerifiedComplianceCredential extends ComplianceContents {
  readonly [verified]: true
  /** The text as it came. */
  readonly text: string
  /** The issuer's key, which a proof hides. */
  readonly issuerKey: BabyJubJubPoint
  /** The signature, which a proof hides. */
  readonly signature: EdDsaPoseidonSignature
  /** The number that was signed. */
  readonly digest: bigint
}

const verifiedCredentials = new WeakSet<object>()

/**
 * Issues the form of a credential from which proofs are made.
 *
 * @returns Canonical JSON, which only the holder gets: it has all claims in the clear.
 * @throws {VerificationError} `COMITY_ZK_CLAIM_UNENCODABLE` or `COMITY_ZK_CLAIMS_TOO_MANY` as {@link encodeClaims};
 *   `COMITY_ZK_CREDENTIAL_MALFORMED` or `COMITY_CREDENTIAL_TOO_LARGE` for what no holder would take: a type, status or time out
 *   of bounds, a path that no demand can name.
 * @throws {TypeError} The signer's key is not one of the issuer, or a time or the index is no whole number from 0.
 * @see docs/spec/zk.md, "Credentials"
 */
export async function issueComplianceCredential(options: IssueComplianceOptions): Promise<string> {
  const { signer, issuer, type, claims, validFrom, validUntil, status, commitment } = options
  if (!isDidUrlOf(signer.kid, issuer)) throw new TypeError('options.signer has no key of the issuer')
  // Before anything is signed: the circuit relies on what issuers do not sign.
  for (const number of [validFrom, validUntil, status.idx]) {
    if (!Number.isSafeInteger(number) || number < 0)
      throw new TypeError('times and index must be whole numbers from 0')
  }
  const document = { credentialSubject: claims }
  const slots = encodeClaims(document)
  const digest = digestOf({ slots, type, iat: validFrom, exp: validUntil, status, commitment })
  const text = canonicalizeJson({
    format: COMPLIANCE_FORMAT,
    issuer,
    kid: signer.kid,
    type,
    claims: leavesOf(document)
      .filter(({ path, value }) => encodeClaim(path, value) !== undefined)
      .map(({ path, value }) => [path, value]),
    iat: validFrom,
    exp: validUntil,
    status: { uri: status.uri, idx: status.idx },
    commitment: encodeFieldElement(commitment),
    signature: { ...encodeSignature(await signer.sign(digest)) },
  })
  parseComplianceCredential(text)
  return text
}

/**
 * Checks a compliance credential on behalf of the holder that it was issued to.
 *
 * The checks run in this order: form, issuer's key (in the DID document, under `assertionMethod`), signature,
 * commitment, times. Status and trust in the issuer are for the verifiers of proofs.
 *
 * @param text - As the issuer gave it.
 * @param options - See {@link VerifyComplianceOptions}.
 * @returns The credential, frozen.
 * @throws {VerificationError} As {@link parseComplianceCredential}; as `findForeignJwk`; `COMITY_ZK_KEY_INVALID`;
 *   `COMITY_SIGNATURE_INVALID`; `COMITY_CREDENTIAL_HOLDER` when it is for another secret; `COMITY_CREDENTIAL_NOT_YET_VALID` or
 *   `COMITY_CREDENTIAL_EXPIRED`.
 * @throws {TrustError} The codes of the resolver, and `COMITY_DID_KEY_UNKNOWN`.
 * @throws {TypeError} Not exactly one of `resolver` and `publicKey` is given, or `now` is not finite.
 */
export async function verifyComplianceCredential(
  text: string,
  options: VerifyComplianceOptions,
): Promise<VerifiedComplianceCredential> {
  const { commitment, now = systemClock.now() } = options
  if (!Number.isFinite(now)) throw new TypeError('options.now must be a finite number of seconds')
  const credential = parseComplianceCredential(text)
  const issuerKey = await findIssuerKey(credential, options)
  const digest = complianceDigest(credential)
  if (!verifyEdDsaPoseidon(issuerKey, digest, credential.signature)) {
    throw new VerificationError('COMITY_SIGNATURE_INVALID', 'the signature does not verify')
  }
  if (credential.commitment !== commitment) {
    throw new VerificationError('COMITY_CREDENTIAL_HOLDER', 'the credential is for another holder')
  }
  const { iat, exp } = credential
  if (now < iat) {
    throw new VerificationError('COMITY_CREDENTIAL_NOT_YET_VALID', 'the credential is not valid yet', {
      details: { validFrom: iat },
    })
  }
  if (now > exp) {
    throw new VerificationError('COMITY_CREDENTIAL_EXPIRED', 'the credential has expired', {
      details: { validUntil: exp },
    })
  }
  const result = Object.freeze({ ...credential, issuerKey, digest }) as VerifiedComplianceCredential
  verifiedCredentials.add(result)
  return result
}

/**
 * Asserts that a credential was verified.
 *
 * @throws {TypeError} It does not come from {@link verifyComplianceCredential}.
 */
export function assertVerifiedComplianceCredential(credential: VerifiedComplianceCredential): void {
  if (verifiedCredentials.has(credential)) return
  throw new TypeError('the credential does not come from verifyComplianceCredential')
}

/**
 * The number that the issuer signed: all slots, type, times, the index of the status and the commitment. It does not
 * contain the issuer, which the key stands for, nor the list, which the status root stands for.
 *
 * @see docs/spec/zk.md, "Credentials"
 */
export function complianceDigest(credential: ComplianceContents): bigint {
  return digestOf(credential)
}

/**
 * The credential as a document in which predicates find what the issuer attested, so that `matchesQuery` can judge it.
 *
 * @returns Frozen, with `type`, `issuer` and `credentialSubject`.
 */
export function documentOf(credential: ComplianceContents): JsonObject {
  const { issuer, type, claims } = credential
  const document = buildDocument(claims)
  if (document === undefined) throw new TypeError('the claims contradict each other')
  return Object.freeze({ ...document, type: Object.freeze(['VerifiableCredential', type]), issuer })
}

type Digested = Pick<ComplianceContents, 'slots' | 'type' | 'iat' | 'exp' | 'status' | 'commitment'>

function digestOf({ slots, type, iat, exp, status, commitment }: Digested): bigint {
  const filled = Array.from({ length: MAX_CLAIMS }, (_, i): readonly [bigint, bigint] => {
    const slot: ClaimSlot | undefined = slots[i]
    return slot === undefined ? [0n, 0n] : [slot.key, slot.field]
  })
  return sponge([
    ...filled.flat(),
    encodeType(type),
    BigInt(iat),
    BigInt(exp),
    BigInt(status.idx),
    commitment,
  ])
}

async function findIssuerKey(
  { issuer, kid }: UnverifiedComplianceCredential,
  { resolver, publicKey }: VerifyComplianceOptions,
): Promise<BabyJubJubPoint> {
  if (resolver === undefined) {
    if (publicKey === undefined) throw new TypeError('options.resolver or options.publicKey is needed')
    return publicKey
  }
  if (publicKey !== undefined)
    throw new TypeError('options.resolver and options.publicKey exclude each other')
  return parseBabyJubJubJwk(findForeignJwk(await resolver.resolveDocument(issuer), kid, 'assertionMethod'))
}
