import { encodeBase64url, type JsonObject } from '../encoding/index.ts'
import {
  assertOnlyMembers,
  bytesMember,
  malformed,
  namesMember,
  objectMember,
  stringMember,
} from './shape.ts'

const NONCE_BYTES = 32
const MAX_SHARE_BYTES = 4096
const SID_BYTES = 16

/** Message 1, `hello`: what the initiator says in clear. Nothing in it is about the initiator. */
export interface Hello {
  /** Versions offered. */
  readonly versions: readonly string[]
  /** Suites offered. */
  readonly suites: readonly string[]
  /** One independent share for every suite offered. */
  readonly shares: ReadonlyMap<string, Uint8Array>
  /** 32 random bytes. */
  readonly nonce: Uint8Array
  /** The responder's DID, or undefined when the initiator tells whoever answers. */
  readonly to: string | undefined
}

/** Message 2, `offer`: what the responder says in clear. */
export interface OfferClear {
  /** The version chosen. */
  readonly version: string
  /** The suite chosen. */
  readonly suite: string
  /** The responder's share. */
  readonly share: Uint8Array
  /** 32 random bytes. */
  readonly nonce: Uint8Array
  /** Names the run, 16 random bytes in base64url. */
  readonly sid: string
}

/** The hello's `clear` as an object to encode. */
export function helloClear(hello: Hello): JsonObject {
  return {
    versions: hello.versions,
    suites: hello.suites,
    shares: Object.fromEntries([...hello.shares].map(([suite, share]) => [suite, encodeBase64url(share)])),
    nonce: encodeBase64url(hello.nonce),
    ...(hello.to === undefined ? {} : { to: hello.to }),
  }
}

/**
 * Reads a hello. Unknown members are ignored, for a version not yet written may have more: they are in the
 * transcript all the same.
 *
 * @throws {VerificationError} `COMITY_HANDSHAKE_MALFORMED`.
 */
export function parseHello(clear: JsonObject): Hello {
  const versions = namesMember(clear, 'versions')
  const suites = namesMember(clear, 'suites')
  const sharesMember = objectMember(clear, 'shares')
  if (Object.keys(sharesMember).length !== suites.length)
    throw malformed('a share for each suite is required')
  const shares = new Map(
    suites.map((suite) => [suite, bytesMember(sharesMember, suite, { maxBytes: MAX_SHARE_BYTES })]),
  )
  return {
    versions,
    suites,
    shares,
    nonce: bytesMember(clear, 'nonce', { bytes: NONCE_BYTES }),
    to: clear['to'] === undefined ? undefined : stringMember(clear, 'to'),
  }
}

/** The offer's `clear` as an object to encode. */
export function offerClear(offer: OfferClear): JsonObject {
  const { version, suite, share, nonce, sid } = offer
  return { version, suite, share: encodeBase64url(share), nonce: encodeBase64url(nonce), sid }
}

/**
 * Reads an offer's clear part.
 *
 * @throws {VerificationError} `COMITY_HANDSHAKE_MALFORMED`.
 */
export function parseOfferClear(clear: JsonObject): OfferClear {
  assertOnlyMembers(clear, ['version', 'suite', 'share', 'nonce', 'sid'], 'offer')
  return {
    version: stringMember(clear, 'version', 64),
    suite: stringMember(clear, 'suite', 64),
    share: bytesMember(clear, 'share', { maxBytes: MAX_SHARE_BYTES }),
    nonce: bytesMember(clear, 'nonce', { bytes: NONCE_BYTES }),
    sid: sidMember(clear),
  }
}

/**
 * Reads the clear part of messages 3 and 4: `sid` and nothing else.
 *
 * @throws {VerificationError} `COMITY_HANDSHAKE_MALFORMED`.
 */
export function parseSidClear(clear: JsonObject): string {
  assertOnlyMembers(clear, ['sid'], 'clear')
  return sidMember(clear)
}

function sidMember(clear: JsonObject): string {
  bytesMember(clear, 'sid', { bytes: SID_BYTES })
  return stringMember(clear, 'sid', 64)
}
