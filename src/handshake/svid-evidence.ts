import { isJsonObject } from '../encoding/index.ts'
import { NetworkError, PolicyError, TrustError, VerificationError } from '../errors/index.ts'
import type { FetchBudget } from '../net/index.ts'
import {
  assertVerifiedX509Svid,
  parseJwtSvid,
  parseSpiffeId,
  verifyJwtSvid,
  verifyX509Svid,
  type SpiffeId,
  type TrustDomain,
  type VerifiedJwtSvid,
  type VerifiedX509Svid,
} from '../spiffe/index.ts'
import type { Occasion } from './binding.ts'
import { bindingRequired } from './channel.ts'
import type { VerifiedEvidence } from './evidence.ts'
import type { EvidenceItem } from './messages.ts'
import { runAudience } from './svid-names.ts'
import type { SpiffeTrust } from './svid-ports.ts'
import { assertProofOccasion, parseSvidProof, verifySvidProof } from './svid-proof.ts'

/** The format of an X.509-SVID in evidence: a proof of it. */
export const X509_SVID_FORMAT = 'x509-svid'

/** The format of a JWT-SVID in evidence: the token itself. */
export const JWT_SVID_FORMAT = 'jwt-svid'

/** The format of the SVID of the TLS connection in evidence: its SPIFFE ID. The connection itself is the proof. */
export const TLS_SVID_FORMAT = 'tls-svid'

/** Most SVIDs in one message: each may cost look-ups and a path of certificates. */
const MAX_SVIDS = 4

/** Most organizations that a learner is told of. */
const MAX_ORGANIZATIONS = 4

/** The longest SPIFFE ID that counts, in characters: as long as SPIFFE lets one be. */
const MAX_ID_LENGTH = 2048

/** An SVID that the peer has proven in this run. */
export type ShownSvid = VerifiedX509Svid | VerifiedJwtSvid

/** What is known of the connection that a message came over. */
export interface ConnectionFacts {
  /** Whether the message is bound to it: only the presenter itself was at its other end then. */
  readonly isBound: boolean
  /** The SVID that was proven in TLS; undefined where there was none. */
  readonly svid: VerifiedX509Svid | undefined
  /** What the presenter's DID document says it is also known as. */
  readonly names: readonly string[]
}

/** In which message SVIDs are shown, and who judges them. */
export interface SvidContext {
  /** The bundles, and who speaks for which trust domain. Without it none is believed. */
  readonly spiffe: SpiffeTrust | undefined
  /** The message that carries them. */
  readonly occasion: Occasion
  /** The credentials that were verified in this run. */
  readonly shown: readonly VerifiedEvidence[]
  /** The current time in seconds since the epoch. */
  readonly now: number
  /** Bounds every look-up that the peer causes. */
  readonly budget: FetchBudget
  /** The connection that brought the message. */
  readonly connection: ConnectionFacts
  /** Whether nobody has asked for them: what cannot be judged here is left out then. */
  readonly unasked: boolean
}

/** Parts the evidence of a message into SVIDs and credentials. */
export function partSvids(items: readonly EvidenceItem[]): {
  readonly svids: readonly EvidenceItem[]
  readonly credentials: readonly EvidenceItem[]
} {
  const svids = items.filter(isSvid)
  return { svids, credentials: items.filter((item) => !isSvid(item)) }
}

/**
 * Judges the SVIDs of a message, one after the other; the first that fails decides.
 *
 * Each is checked in this order: form; made for this message; the presenter's DID may speak for the trust domain; the
 * bundle; the SVID itself; for an X.509-SVID the signature of its key. For the SVID of the TLS connection, in the place
 * of the form: the message is bound to the connection, which has this SVID, and the presenter's document names it.
 *
 * @throws {VerificationError} `COMITY_HANDSHAKE_EVIDENCE` for more than four, or one that says to answer a query;
 *   `COMITY_SVID_PROOF_INVALID`, `COMITY_SVID_PROOF_RUN`, `COMITY_SVID_PROOF_PRESENTER`, `COMITY_SVID_PROOF_ROLE`,
 *   `COMITY_SVID_PROOF_ID`, `COMITY_SVID_NOT_OF_CONNECTION`, and the codes of `verifyX509Svid` and `verifyJwtSvid`.
 * @throws {PolicyError} `COMITY_AUDIENCE_MISMATCH`; `COMITY_SVID_NOT_ENTITLED`, `COMITY_SVID_NOT_NAMED`,
 *   `COMITY_CHANNEL_BINDING_REQUIRED`.
 * @throws {TrustError} `COMITY_TRUST_DOMAIN_UNKNOWN`, `COMITY_JWT_AUTHORITY_UNKNOWN`, and those of the learner.
 */
export async function verifySvids(
  items: readonly EvidenceItem[],
  context: SvidContext,
): Promise<readonly ShownSvid[]> {
  const { spiffe, unasked } = context
  if (items.length > MAX_SVIDS || items.some(({ query }) => query !== undefined)) {
    throw new VerificationError('COMITY_HANDSHAKE_EVIDENCE', 'there are too many SVIDs, or one has a query')
  }
  if (items.length === 0 || (spiffe === undefined && unasked)) return []
  const entitlement = createEntitlement(context)
  const verified: ShownSvid[] = []
  for (const item of items) {
    try {
      verified.push(await verifySvid(item, context, entitlement))
    } catch (error) {
      if (!unasked || !isNotBelieved(error)) throw error
    }
  }
  return verified
}

/** The SPIFFE IDs that SVIDs prove, each once. */
export function spiffeIdsOf(svids: readonly ShownSvid[]): readonly string[] {
  return [...new Set(svids.map(({ id }) => id.uri))]
}

/** When the first of the SVIDs ends, in seconds since the epoch; `Infinity` where there is none. */
export function svidsExpireAt(svids: readonly ShownSvid[]): number {
  return Math.min(...svids.map(({ expiresAt }) => expiresAt), Infinity)
}

type Entitlement = (id: SpiffeId) => Promise<SpiffeTrust>

async function verifySvid(
  { format, value }: EvidenceItem,
  { occasion, now, connection }: SvidContext,
  entitled: Entitlement,
): Promise<ShownSvid> {
  if (format === TLS_SVID_FORMAT) return verifyTlsSvid(value, { connection, now, entitled })
  if (format === X509_SVID_FORMAT) {
    const proof = parseSvidProof(value)
    assertProofOccasion(proof, occasion, now)
    const { bundles } = await entitled(proof.id)
    return verifySvidProof(proof, { bundles, now })
  }
  const { id, audience } = parseJwtSvid(value)
  const expected = runAudience(occasion)
  // A second audience could show the token elsewhere, or has seen it before.
  if (audience.length !== 1 || audience[0] !== expected) {
    throw new VerificationError('COMITY_SVID_PROOF_RUN', 'the JWT-SVID is not for this message alone', {
      spec: 'comity handshake, evidence',
    })
  }
  const { bundles } = await entitled(id)
  const svid = await verifyJwtSvid(value, { bundles, audience: expected, now })
  if (svid.expiresAt <= now) {
    // Within the tolerance of clocks, and a session could not even begin.
    throw new VerificationError('COMITY_TOKEN_EXPIRED', 'the JWT-SVID has expired')
  }
  return svid
}

/**
 * The SVID of the TLS connection: whoever is behind the same client would borrow it, were it not for the binding, which
 * the client has computed for this DID and run; and the client would lend it to any DID, did the DID not name it.
 */
async function verifyTlsSvid(
  value: string,
  options: { readonly connection: ConnectionFacts; readonly now: number; readonly entitled: Entitlement },
): Promise<VerifiedX509Svid> {
  const { connection, now, entitled } = options
  const { svid, isBound, names } = connection
  const id = parseSpiffeId(value)
  if (!isBound) throw bindingRequired('the SVID of a connection counts only in a message that is bound to it')
  if (svid?.id.uri !== id.uri) {
    throw new VerificationError('COMITY_SVID_NOT_OF_CONNECTION', 'the connection has no such SVID', {
      spec: 'comity handshake, evidence',
    })
  }
  assertVerifiedX509Svid(svid)
  if (!names.includes(id.uri)) {
    throw new PolicyError('COMITY_SVID_NOT_NAMED', 'the DID document does not name the SPIFFE ID', {
      spec: 'comity handshake, evidence',
    })
  }
  const { bundles } = await entitled(id)
  // Once more: it was verified when the connection began, and with what the server trusts.
  return verifyX509Svid(
    svid.path.slice(0, -1).map(({ der }) => der),
    { bundles, now },
  )
}

/** Asks, once for all SVIDs of a message, which trust domain the presenter may speak for. */
function createEntitlement({ spiffe, occasion, shown, budget }: SvidContext): Entitlement {
  let learned: Promise<{ readonly trustDomain: TrustDomain }> | undefined
  return async ({ uri, trustDomain }) => {
    if (uri.length > MAX_ID_LENGTH) {
      throw new VerificationError('COMITY_SPIFFE_ID_INVALID', 'the SPIFFE ID is too long', {
        spec: 'SPIFFE-ID §2.3',
      })
    }
    const details = { trustDomain: trustDomain.name }
    if (spiffe === undefined) {
      throw new TrustError('COMITY_TRUST_DOMAIN_UNKNOWN', 'no SVIDs are judged here', { details })
    }
    learned ??= spiffe.learner.learn(occasion.presenter, { organizations: attestersOf(shown), budget })
    if ((await learned).trustDomain.name === trustDomain.name) return spiffe
    throw new PolicyError('COMITY_SVID_NOT_ENTITLED', 'the DID may not speak for the trust domain', {
      spec: 'comity handshake, evidence',
      details,
    })
  }
}

/** Organizations that have signed, themselves, that they answer for the peer. */
function attestersOf(shown: readonly VerifiedEvidence[]): readonly string[] {
  const attesters = shown.flatMap(({ credential: { types, issuer, document } }) => {
    const subject = document['credentialSubject']
    if (!types.includes('AgentProvenanceCredential') || !isJsonObject(subject)) return []
    return subject['accountable'] === issuer ? [issuer] : []
  })
  return [...new Set(attesters)].slice(0, MAX_ORGANIZATIONS)
}

/** It cannot be judged here, or is not believed: nothing is wrong with the SVID itself. */
function isNotBelieved(error: unknown): boolean {
  if (error instanceof TrustError || error instanceof NetworkError) return true
  return error instanceof PolicyError && error.code !== 'COMITY_AUDIENCE_MISMATCH'
}

function isSvid({ format }: EvidenceItem): boolean {
  return format === X509_SVID_FORMAT || format === JWT_SVID_FORMAT || format === TLS_SVID_FORMAT
}
