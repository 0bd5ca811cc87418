import type { AuthorizationDetail } from '../authorization/index.ts'
import { parseAuthorizationDetails } from '../authorization/index.ts'
import { isJsonObject, type JsonObject } from '../encoding/index.ts'
import { parseDemand, type Demand } from '../demand/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'
import type { Supported } from './registry.ts'
import { arrayMember, malformed, namesMember, objectMember, stringMember } from './shape.ts'

/** Most pieces of evidence in one message. */
export const MAX_EVIDENCE = 32

/** Longest token in evidence, in characters. */
const MAX_EVIDENCE_LENGTH = 32_768

/** One piece of evidence in a message. */
export interface EvidenceItem {
  /** The `id` of the demand's query that it answers; undefined when it answers none. */
  readonly query: string | undefined
  /** The format of the token; `vc+jwt` in this version. */
  readonly format: string
  /** The token. */
  readonly value: string
}

/** What the `offer`'s box says. */
export interface OfferClaims {
  readonly supported: Supported
  readonly evidence: readonly EvidenceItem[]
  /** What the responder asks of the initiator. */
  readonly demand: Demand
}

/** What the `present`'s box says. */
export interface PresentClaims {
  readonly supported: Supported
  readonly evidence: readonly EvidenceItem[]
  /** What the initiator asks of the responder. */
  readonly demand: Demand
  /** Authorization details wanted, RFC 9396. */
  readonly request: readonly AuthorizationDetail[]
  /** The initiator's session key, a JWK not yet validated. */
  readonly cnfJwk: JsonObject
  /** The session key's signature over this run. */
  readonly cnfProof: string
}

/** The session that an `accept` carries. */
export interface SessionGrant {
  /** Derived by both sides from the run. */
  readonly id: string
  /** Seconds since the epoch: the session's end unless it is renewed. */
  readonly expiresAt: number
  /** RFC 7638 thumbprint of the session key that the token is bound to. */
  readonly jkt: string
  /** The access token, to be sent with a DPoP proof. */
  readonly accessToken: string
  /** What was granted, RFC 9396. */
  readonly granted: readonly AuthorizationDetail[]
  /** URL at which the session is renewed, or undefined when it cannot be. */
  readonly renew: string | undefined
}

/** What the box of the answer says: `accept` or `reject`. */
export type AnswerClaims =
  | { readonly kind: 'accept'; readonly evidence: readonly EvidenceItem[]; readonly session: SessionGrant }
  | { readonly kind: 'reject'; readonly reason: string }

/** Reads the claims of an offer. Throws `COMITY_HANDSHAKE_MALFORMED`, `COMITY_HANDSHAKE_EVIDENCE` or `COMITY_DEMAND_INVALID`. */
export function parseOfferClaims(claims: JsonObject): OfferClaims {
  return {
    supported: parseSupported(claims),
    evidence: parseEvidence(claims),
    demand: parseDemand(claims['demand']),
  }
}

/** Reads the claims of a present. Throws as {@link parseOfferClaims} does, and `COMITY_AUTHORIZATION_DETAILS_INVALID`. */
export function parsePresentClaims(claims: JsonObject): PresentClaims {
  return {
    supported: parseSupported(claims),
    evidence: parseEvidence(claims),
    demand: parseDemand(claims['demand']),
    request: parseAuthorizationDetails(claims['request']),
    cnfJwk: objectMember(objectMember(claims, 'cnf'), 'jwk'),
    cnfProof: stringMember(claims, 'cnf_proof', 8192),
  }
}

/** Reads the claims of an answer of the given kind. */
export function parseAnswerClaims(kind: 'accept' | 'reject', claims: JsonObject): AnswerClaims {
  if (kind === 'reject') return { kind, reason: stringMember(claims, 'reason', 64) }
  return { kind, evidence: parseEvidence(claims), session: parseSession(objectMember(claims, 'session')) }
}

/** The session as the claim of an `accept`. */
export function sessionClaim(session: SessionGrant): JsonObject {
  return {
    id: session.id,
    exp: session.expiresAt,
    cnf: { jkt: session.jkt },
    token_type: 'DPoP',
    access_token: session.accessToken,
    authorization_details: session.granted,
    ...(session.renew === undefined ? {} : { renew: session.renew }),
  }
}

/** Evidence as the claim of a message. */
export function evidenceClaim(evidence: readonly EvidenceItem[]): JsonObject[] {
  return evidence.map(({ query, format, value }) => ({
    ...(query === undefined ? {} : { query }),
    format,
    value,
  }))
}

function parseSession(session: JsonObject): SessionGrant {
  const expiresAt = session['exp']
  if (typeof expiresAt !== 'number' || session['token_type'] !== 'DPoP') {
    throw malformed('the session has no expiry, or not the token type DPoP')
  }
  return {
    id: stringMember(session, 'id', 64),
    expiresAt,
    jkt: stringMember(objectMember(session, 'cnf'), 'jkt', 64),
    accessToken: stringMember(session, 'access_token', 16_384),
    granted: parseAuthorizationDetails(session['authorization_details']),
    renew: session['renew'] === undefined ? undefined : stringMember(session, 'renew'),
  }
}

function parseSupported(claims: JsonObject): Supported {
  const supported = objectMember(claims, 'supported')
  return { versions: namesMember(supported, 'versions'), suites: namesMember(supported, 'suites') }
}

/** Reads the member `evidence`. Throws `COMITY_HANDSHAKE_EVIDENCE`. */
export function parseEvidence(claims: JsonObject): readonly EvidenceItem[] {
  try {
    return arrayMember(claims, 'evidence', MAX_EVIDENCE).map((item) => {
      if (!isJsonObject(item)) throw malformed('a piece of evidence must be an object')
      return {
        query: item['query'] === undefined ? undefined : stringMember(item, 'query', 256),
        format: stringMember(item, 'format', 64),
        value: stringMember(item, 'value', MAX_EVIDENCE_LENGTH),
      }
    })
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw new VerificationError('COMITY_HANDSHAKE_EVIDENCE', 'the evidence has not the right form', {
      spec: 'comity handshake, messages',
      cause,
    })
  }
}
