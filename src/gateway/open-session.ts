import { grantFrom, parseAuthorizationDetails, type AuthorizationDetail } from '../authorization/index.ts'
import type { StatusChecker, VerifiedCredential } from '../credentials/index.ts'
import { parseDid } from '../did/index.ts'
import { isJsonObject } from '../encoding/index.ts'
import { PolicyError } from '../errors/index.ts'
import { spiffeIdsOf, type EstablishedRun, type SessionGrant } from '../handshake/index.ts'
import {
  issueAccessToken,
  type NewSession,
  type SessionCredential,
  type SessionRecord,
  type SessionRegistry,
} from '../session/index.ts'
import { accountableFor } from './accountable.ts'
import { checkStatus } from './check-status.ts'
import type { GatewayIdentity } from './identity.ts'
import { sessionCompliance, type GatewayCompliance } from './compliance.ts'
import type { Followed } from './follow-streams.ts'
import type { PeerStreams } from './peer-streams.ts'

/** Longest session for an agent whose organization has no event stream that is open, in seconds. */
export const UNREVOCABLE_SESSION_SECONDS = 30

/** Most sessions of one agent at once. */
export const MAX_SESSIONS_OF_AGENT = 256

/** What sessions are opened with. */
export interface SessionOpening {
  readonly identity: GatewayIdentity
  readonly registry: SessionRegistry
  /** What can be had here at all. */
  readonly offers: readonly AuthorizationDetail[]
  /** Life of a token, in seconds. */
  readonly tokenSeconds: number
  /** Longest life of a session, renewals included, in seconds. */
  readonly sessionSeconds: number
  /** The oldest posture that requests may rest on, in seconds. */
  readonly maxPostureAge: number | undefined
  /** For how long those who may end a session may be silent, in seconds. */
  readonly leaseSeconds: number
  /** Hears those who may end the session. */
  readonly streams: PeerStreams
  /** What proven queries let their holder be granted; undefined where no compliance proofs are taken. */
  readonly compliance: GatewayCompliance | undefined
  /** Looks up again, where they are not heard, what they may have taken back. */
  readonly status: StatusChecker
}

/**
 * Opens the session of a run that passed every check: grants what is asked for, attested and offered, and
 * binds it to the run's key and to the first end of its evidence.
 *
 * @throws {PolicyError} `COMITY_REQUEST_NOT_GRANTED` when nothing is left of what was asked for;
 *   `COMITY_HANDSHAKE_LIMIT` when the agent has {@link MAX_SESSIONS_OF_AGENT} sessions.
 * @throws {ComityError} The codes of `checkStatus`, where one of those who may end the session is not heard.
 */
export async function openSession(
  run: EstablishedRun,
  opening: SessionOpening,
): Promise<Omit<SessionGrant, 'id' | 'jkt'>> {
  const { identity, registry, offers, tokenSeconds, sessionSeconds, maxPostureAge } = opening
  const proven = run.compliance.flatMap(({ query }) => opening.compliance?.attestedBy(query) ?? [])
  const attested = [...run.credentials.flatMap(attestedDetails), ...proven]
  const { granted } = grantFrom({ request: run.request, attested, offered: offers })
  if (granted.length === 0) {
    throw new PolicyError('COMITY_REQUEST_NOT_GRANTED', 'nothing of the request is attested and offered')
  }
  // One agent must not take the room of all others.
  if ((await registry.find({ agent: run.initiator })).length >= MAX_SESSIONS_OF_AGENT) {
    throw new PolicyError('COMITY_HANDSHAKE_LIMIT', 'the agent has too many sessions', {
      details: { limit: 'sessions of the agent' },
    })
  }
  const issuers = run.credentials.map(({ issuer }) => issuer)
  const controllers = run.controllers.length === 0 ? [run.initiator] : run.controllers
  const { isComplete, leasedBy, knownUntil } = isAnchored(run)
    ? ANCHORED
    : await opening.streams.follow({ controllers, issuers }, run.now)
  const credentials = run.credentials.map(sessionCredential)
  // The evidence may have been judged by a list from before the silence, which was forgotten only just now. Nobody
  // will end this session, so it begins with what is true now.
  if (!isComplete) await checkStatus(credentials, opening.status, run.now)
  const session = await openHeld(opening, {
    id: run.id,
    agent: run.initiator,
    organizations: [...new Set([...controllers, ...issuers])],
    leasedBy,
    accountable: accountableFor(run),
    ...(run.svids.length === 0 ? {} : { spiffeIds: spiffeIdsOf(run.svids) }),
    ...(run.compliance.length === 0 ? {} : { compliance: run.compliance.map(sessionCompliance) }),
    jkt: run.jkt,
    granted,
    expiresAt: Math.min(
      run.evidenceExpiresAt,
      run.now + (isComplete ? sessionSeconds : Math.min(UNREVOCABLE_SESSION_SECONDS, opening.leaseSeconds)),
    ),
    credentials,
    evidenceCheckedAt: Math.min(run.now, knownUntil),
    ...(run.verdict.postureAssessedAt === undefined
      ? {}
      : { postureAssessedAt: run.verdict.postureAssessedAt }),
    ...(maxPostureAge === undefined ? {} : { maxPostureAge }),
  })
  const { token, expiresAt } = await issueAccessToken({
    signer: await identity.tokenSigner(),
    issuer: identity.did,
    audience: identity.origin,
    session,
    lifetimeSeconds: tokenSeconds,
    now: run.now,
  })
  return { expiresAt, accessToken: token, granted, renew: identity.renewUrl }
}

/**
 * Whether nothing but anchors can take back what a session rests on: its evidence is compliance proofs alone, and the DID
 * is a `did:key`, which nobody controls but its holder. There is no organization to be heard then, and the session ends
 * with the epoch after the one of its proofs, or with the next urgent epoch. Anything else beside the proofs has somebody
 * who may take it back, who must be heard as ever.
 */
function isAnchored({ initiator, controllers, credentials, svids, compliance }: EstablishedRun): boolean {
  return (
    compliance.length > 0 &&
    credentials.length === 0 &&
    svids.length === 0 &&
    controllers.every((each) => each === initiator) &&
    parseDid(initiator).method === 'key'
  )
}

const ANCHORED: Followed = Object.freeze({ isComplete: true, leasedBy: [], knownUntil: Infinity })

/** Opens a session whose streams are kept from before: else its end could come between the two. */
async function openHeld({ registry, streams }: SessionOpening, session: NewSession): Promise<SessionRecord> {
  streams.hold(session)
  try {
    return await registry.open(session)
  } catch (error) {
    streams.release(session.id)
    throw error
  }
}

/** What a capability credential says its subject may be asked to do. */
function attestedDetails({ types, document }: VerifiedCredential): readonly AuthorizationDetail[] {
  const subject = document.credentialSubject
  if (!types.includes('AgentCapabilityCredential') || !isJsonObject(subject)) return []
  return parseAuthorizationDetails(subject.authorizationDetails)
}

/** What a session remembers of a credential. */
export function sessionCredential(credential: VerifiedCredential): SessionCredential {
  const { issuer, types, digest, id, status, format, document } = credential
  return {
    issuer,
    type: types.find((type) => type !== 'VerifiableCredential') ?? 'VerifiableCredential',
    digest,
    ...(id === undefined ? {} : { id }),
    ...(format === 'dc+sd-jwt' ? { claimNames: Object.keys(document) } : {}),
    statusRefs: status,
  }
}
