import { findVerificationKey, parseDid, type DidDocument } from '../did/index.ts'
import type { JsonObject } from '../encoding/index.ts'
import { PolicyError, VerificationError } from '../errors/index.ts'
import {
  checkTimes,
  jwkThumbprint,
  parseJws,
  requireString,
  signJws,
  verifyJwsSignature,
  type Signer,
} from '../keys/index.ts'
import { randomId } from '../runtime/index.ts'
import { checkChannelBinding, type ChannelExpectation } from './channel.ts'
import { MAX_MESSAGE_BYTES } from './envelope.ts'
import { assertTranscript, transcriptClaim } from './transcript.ts'

/** `typ` of every JWS in a box. */
export const MESSAGE_TYP = 'comity-hs+jwt'

/** Longest life of a message, in seconds. */
export const MESSAGE_LIFETIME = 120

/** Allowed clock difference, in seconds. */
export const CLOCK_SKEW = 60

/** The names of the messages that carry a box: the claim `msg`. */
export type MessageName = 'offer' | 'present' | 'accept' | 'counter' | 'reject'

/**
 * Signs one message: the claims that every message has, and its own.
 *
 * @param options `hash` is the own running transcript hash, `audience` is left out of an offer only.
 * @returns The compact JWS, to be sealed into a box.
 */
export async function signMessage(options: {
  readonly name: MessageName
  readonly signer: Signer
  readonly issuer: string
  readonly audience?: string
  readonly hash: Uint8Array
  readonly now: number
  readonly claims: JsonObject
}): Promise<string> {
  const issuedAt = Math.floor(options.now)
  const payload: JsonObject = {
    msg: options.name,
    iss: options.issuer,
    ...(options.audience === undefined ? {} : { aud: options.audience }),
    iat: issuedAt,
    exp: issuedAt + MESSAGE_LIFETIME,
    jti: randomId(),
    th: transcriptClaim(options.hash),
    ...options.claims,
  }
  return signJws({ header: { typ: MESSAGE_TYP }, payload, signer: options.signer })
}

/** What a received message must fit. */
export interface MessageExpectation {
  /** The messages that fit the state of the run. */
  readonly names: readonly MessageName[]
  /** The own running transcript hash. */
  readonly hash: Uint8Array
  /** The own DID. */
  readonly self: string
  /** Whether `aud` must be the own DID: from message 3 on. */
  readonly addressed: boolean
  /** The peer, where it is known already, and the key that it used before in this run. */
  readonly peer?: { readonly did: string; readonly kid?: string }
  /** Gives the one document of the peer for the whole run. */
  documentOf(did: string): Promise<DidDocument>
  /** What `cb` is held against. */
  readonly channel: ChannelExpectation
  /** The current time in seconds since the epoch. */
  readonly now: number
}

/** A message whose signature, run, key, times and addressee were checked. */
export interface CheckedMessage {
  readonly name: MessageName
  /** The peer's DID. */
  readonly issuer: string
  /** The DID URL of the key that signed. */
  readonly kid: string
  /** RFC 7638 thumbprint of that key. */
  readonly key: string
  /** The peer's DID document. */
  readonly document: DidDocument
  /** Whether it is bound to the connection that brought it. */
  readonly isBound: boolean
  /** All claims; the message's own are not looked at yet. */
  readonly claims: JsonObject
}

/**
 * Checks 2 to 5 and 7 on one received message, in this order: form, `msg`, `th`, `iss` (reflection, the expected
 * peer), `kid`, key in `authentication`, signature, times, `aud`, `cb`.
 *
 * @param jws The content of the box.
 * @throws {VerificationError} `COMITY_HANDSHAKE_STATE`, `COMITY_HANDSHAKE_TRANSCRIPT`,
 *   `COMITY_HANDSHAKE_REFLECTION`, `COMITY_HANDSHAKE_PEER_MISMATCH`, `COMITY_HANDSHAKE_KEY_CHANGED`, and the
 *   codes of `keys` and `did`; those of `checkChannelBinding`.
 * @throws {TrustError} The DID does not resolve, or has no such key; `COMITY_CHANNEL_BINDING_UNSUPPORTED`.
 * @throws {PolicyError} `COMITY_AUDIENCE_MISMATCH` when it is meant for somebody else; `COMITY_CHANNEL_BINDING_REQUIRED`.
 */
export async function verifyMessage(jws: string, expected: MessageExpectation): Promise<CheckedMessage> {
  const unverified = parseJws(jws, { typ: MESSAGE_TYP, maxLength: MAX_MESSAGE_BYTES })
  const name = messageName(unverified.claims, expected.names)
  assertTranscript(unverified.claims['th'], expected.hash)
  const issuer = peerDid(unverified.claims, expected)
  const kid = peerKid(unverified.header.kid, expected)

  const document = await expected.documentOf(issuer)
  const jwk = findVerificationKey(document, kid, 'authentication')
  await verifyJwsSignature(unverified, jwk)
  checkTimes(unverified.claims, {
    now: expected.now,
    clockTolerance: CLOCK_SKEW,
    maxLifetime: MESSAGE_LIFETIME,
    require: ['iat', 'exp'],
  })
  if (expected.addressed && unverified.claims['aud'] !== expected.self) {
    throw new PolicyError('COMITY_AUDIENCE_MISMATCH', 'the message is for somebody else', {
      spec: 'comity handshake, check 4',
    })
  }
  const isBound = checkChannelBinding(unverified.claims, issuer, expected.channel)
  return { name, issuer, kid, key: jwkThumbprint(jwk), document, isBound, claims: unverified.claims }
}

function messageName(claims: JsonObject, names: readonly MessageName[]): MessageName {
  const name = names.find((candidate) => candidate === claims['msg'])
  if (name === undefined) {
    throw new VerificationError('COMITY_HANDSHAKE_STATE', '`msg` does not fit the state of the run', {
      spec: 'comity handshake, check 2',
    })
  }
  return name
}

function peerDid(claims: JsonObject, { self, peer }: MessageExpectation): string {
  const issuer = parseDid(requireString(claims, 'iss')).did
  if (issuer === self) {
    throw new VerificationError('COMITY_HANDSHAKE_REFLECTION', 'the peer of this run would be its own self', {
      spec: 'comity handshake, check 4',
    })
  }
  if (peer !== undefined && issuer !== peer.did) {
    throw new VerificationError('COMITY_HANDSHAKE_PEER_MISMATCH', 'another DID answers than the one meant', {
      spec: 'comity handshake, check 4',
    })
  }
  return issuer
}

function peerKid(kid: string | undefined, { peer }: MessageExpectation): string {
  if (kid === undefined) {
    throw new VerificationError('COMITY_JWS_MALFORMED', 'the message names no key', {
      spec: 'comity handshake, check 3',
    })
  }
  if (peer?.kid !== undefined && kid !== peer.kid) {
    throw new VerificationError('COMITY_HANDSHAKE_KEY_CHANGED', 'the peer changed its key within the run', {
      spec: 'comity handshake, messages',
    })
  }
  return kid
}
