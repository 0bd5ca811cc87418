import { grantFrom, parseAuthorizationDetails, type AuthorizationDetail } from '../authorization/index.ts'
import type { VerifiedCredential } from '../credentials/index.ts'
import { isJsonObject } from '../encoding/index.ts'
import { PolicyError } from '../errors/index.ts'
import type { EstablishedRun, SessionGrant } from '../handshake/index.ts'
import { issueAccessToken, type SessionCredential, type SessionRegistry } from '../session/index.ts'
import { accountableFor } from './accountable.ts'
import type { GatewayIdentity } from './identity.ts'
import type { EntitledOrganizations } from './peer-events.ts'

/** Longest session for an agent whose organization has no event stream that is open, in seconds. */
export const UNREVOCABLE_SESSION_SECONDS = 30

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
  /** Says whether the events of those who may end the session are being heard. */
  isFollowing(organizations: EntitledOrganizations): Promise<boolean>
}

/**
 * Opens the session of a run that passed every check: grants what is asked for, attested and offered, and
 * binds it to the run's key and to the first end of its evidence.
 *
 * @throws {PolicyError} `COMITY_REQUEST_NOT_GRANTED` when nothing is left of what was asked for.
 */
export async function openSession(
  run: EstablishedRun,
  opening: SessionOpening,
): Promise<Omit<SessionGrant, 'id' | 'jkt'>> {
  const { identity, registry, offers, tokenSeconds, sessionSeconds, maxPostureAge } = opening
  const attested = run.credentials.flatMap(attestedDetails)
  const { granted } = grantFrom({ request: run.request, attested, offered: offers })
  if (granted.length === 0) {
    throw new PolicyError('COMITY_REQUEST_NOT_GRANTED', 'nothing of the request is attested and offered')
  }
  const issuers = run.credentials.map(({ issuer }) => issuer)
  const controllers = run.controllers.length === 0 ? [run.initiator] : run.controllers
  const revocable = await opening.isFollowing({ controllers, issuers })
  const session = await registry.open({
    id: run.id,
    agent: run.initiator,
    organizations: [...new Set([...controllers, ...issuers])],
    accountable: accountableFor(run),
    jkt: run.jkt,
    granted,
    expiresAt: Math.min(
      run.evidenceExpiresAt,
      run.now + (revocable ? sessionSeconds : UNREVOCABLE_SESSION_SECONDS),
    ),
    credentials: run.credentials.map(sessionCredential),
    evidenceCheckedAt: run.now,
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

/** What a capability credential says its subject may be asked to do. */
function attestedDetails({ types, document }: VerifiedCredential): readonly AuthorizationDetail[] {
  const subject = document.credentialSubject
  if (!types.includes('AgentCapabilityCredential') || !isJsonObject(subject)) return []
  return parseAuthorizationDetails(subject.authorizationDetails)
}

function sessionCredential(credential: VerifiedCredential): SessionCredential {
  const { issuer, types, digest, id, status } = credential
  return {
    issuer,
    type: types.find((type) => type !== 'VerifiableCredential') ?? 'VerifiableCredential',
    digest,
    ...(id === undefined ? {} : { id }),
    statusRefs: status,
  }
}
