import {
  createSignatureCache,
  verifyCredential,
  type IssuerTrust,
  type SignatureCache,
  type StatusChecker,
  type VerifiedCredential,
} from '../credentials/index.ts'
import type { DidResolver } from '../did/index.ts'
import { decodeUtf8, isJsonObject } from '../encoding/index.ts'
import { ComityError, NetworkError } from '../errors/index.ts'
import type { FetchBudget, GuardedFetch } from '../net/index.ts'
import type { TrustDomainClaim } from './claim.ts'
import { notBelieved } from './not-believed.ts'

/** The type of the credential that attests that a DID controls a trust domain. */
export const TRUST_DOMAIN_CREDENTIAL: string = 'TrustDomainCredential'

const MEDIA_TYPE = 'application/vc+jwt'
const MAX_TOKEN_LENGTH = 32_768

/** What attestations are judged with. */
export interface AttestationTools {
  readonly resolver: DidResolver
  readonly fetch: GuardedFetch
  readonly trust: IssuerTrust
  readonly status: StatusChecker
  readonly audience?: string
}

/** A claim to be attested. */
export interface AttestationQuestion {
  readonly organization: string
  readonly claim: TrustDomainClaim
  /** Tokens that were shown, looked at before those that the claim points to. */
  readonly credentials: readonly string[]
  readonly now: number
  readonly budget: FetchBudget
}

/** A credential that attests a claim. */
export interface Attestation {
  /** The issuer's DID. */
  readonly issuer: string
  /** Until when, in seconds since the epoch. */
  readonly until: number
  /** The credential itself, to be judged again later. */
  readonly token: string
}

/**
 * Makes what looks for a credential by which an issuer that is trusted for it attests a claim: verified in full, about
 * the organization, of the type {@link TRUST_DOMAIN_CREDENTIAL}, and of the same trust domain, endpoint and profile.
 *
 * @returns Answers with the first that does.
 * @throws {TrustError} `COMITY_TRUST_DOMAIN_NOT_BELIEVED` when none does; `details.because` has the code of what was wrong
 *   with the first, which is its `cause`.
 * @throws {NetworkError} `COMITY_NET_BUDGET`, `COMITY_NET_ABORTED`.
 */
export function createAttestationFinder(
  tools: AttestationTools,
): (question: AttestationQuestion) => Promise<Attestation | undefined> {
  const cache = createSignatureCache()
  return async (question) => {
    const { credentials, claim } = question
    let failure: ComityError | undefined
    const sources = [
      ...credentials.map((token) => async () => token),
      ...claim.credentials.map((url) => () => download(url, question, tools)),
    ]
    for (const source of sources) {
      try {
        const token = await source()
        const { issuer, validUntil } = attests(await verify(token, question, tools, cache), claim)
        return { issuer, until: validUntil, token }
      } catch (error) {
        if (!(error instanceof ComityError) || isOurs(error)) throw error
        failure ??= error
      }
    }
    if (failure === undefined) return undefined
    const details = { because: failure.code, trustDomain: claim.trustDomain.name }
    throw notBelieved('not-attested', details, failure)
  }
}

/** What is used up is no fault of the credential. */
function isOurs({ code }: ComityError): boolean {
  return code === 'COMITY_NET_BUDGET' || code === 'COMITY_NET_ABORTED'
}

function verify(
  token: string,
  { organization, now, budget }: AttestationQuestion,
  { resolver, trust, status, audience }: AttestationTools,
  cache: SignatureCache,
): Promise<VerifiedCredential> {
  return verifyCredential(token, {
    resolver,
    trust,
    status,
    cache,
    now,
    budget,
    holder: organization,
    type: TRUST_DOMAIN_CREDENTIAL,
    ...(audience !== undefined && { audience }),
  })
}

/** The document may be fresher about the first bundle, and about nothing else. */
function attests(credential: VerifiedCredential, claim: TrustDomainClaim): VerifiedCredential {
  const { credentialSubject: subject } = credential.document
  const attested = isJsonObject(subject) ? subject : {}
  const isSame =
    attested['trustDomain'] === claim.trustDomain.name &&
    attested['bundleEndpoint'] === claim.bundleEndpoint &&
    attested['profile'] === claim.profile &&
    attested['endpointSpiffeId'] === claim.endpointSpiffeId?.uri
  if (isSame) return credential
  throw notBelieved('attests-another', { trustDomain: claim.trustDomain.name })
}

async function download(
  url: string,
  { budget }: AttestationQuestion,
  { fetch }: AttestationTools,
): Promise<string> {
  const response = await fetch(url, {
    headers: { accept: MEDIA_TYPE },
    // Files end with a line break more often than not.
    maxBytes: MAX_TOKEN_LENGTH + 2,
    budget,
  })
  if (response.status !== 200) {
    throw new NetworkError('COMITY_NET_RESPONSE_INVALID', 'the credential was not served', {
      details: { status: response.status },
    })
  }
  return decodeUtf8(response.body).trimEnd()
}
