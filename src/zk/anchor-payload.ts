import { isDid, isDidUrlOf } from '../did/index.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../encoding/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'
import { MAX_AGGREGATED_LISTS } from '../status/index.ts'
import {
  decodeFieldElement,
  decodePoint,
  encodeFieldElement,
  encodePoint,
  type BabyJubJubPoint,
} from './baby-jubjub.ts'

/** The most issuers' keys of a list: as many as the tree of depth 8 has leaves. */
export const MAX_ANCHORS = 256

/** The shortest epoch, in seconds. */
export const MIN_EPOCH_SECONDS = 60

/** The longest epoch, in seconds. */
export const MAX_EPOCH_SECONDS = 3600

/** Times in the circuit have 40 bits. */
const MAX_TIME = 2 ** 40 - 1
const MAX_TYPE_LENGTH = 512
const MAX_URI_LENGTH = 2048
const PAYLOAD_MEMBERS = ['iss', 'iat', 'exp', 'epoch', 'epoch_seconds', 'type', 'issuers', 'root']
const ISSUER_MEMBERS = ['iss', 'kid', 'x', 'y', 'status_lists', 'status_root']

/** A key that credentials may be signed with, and what its issuer has taken back. */
export interface AnchorLeaf {
  /** The issuer's DID. */
  readonly issuer: string
  /** The key's DID URL, under the issuer's `assertionMethod`. */
  readonly kid: string
  /** The key, in BabyJubJub's subgroup of prime order. */
  readonly key: BabyJubJubPoint
  /** The URLs of all of the issuer's Token Status Lists, at least one and at most 64. */
  readonly statusLists: readonly string[]
  /** The root of the status tree over all of them together. */
  readonly statusRoot: bigint
}

/** What an anchor list says, before its root was compared. */
export interface AnchorPayload {
  /** The verifier's DID. */
  readonly issuer: string
  /** The type of credential that it is about. */
  readonly type: string
  /** The start of the epoch, in seconds since the Unix epoch. */
  readonly epoch: number
  /** How many seconds ordinary epochs have. */
  readonly epochSeconds: number
  /** When it was made, in seconds since the Unix epoch. */
  readonly issuedAt: number
  /** The end of the epoch, in seconds since the Unix epoch. */
  readonly expiresAt: number
  /** In the order of the tree. */
  readonly leaves: readonly AnchorLeaf[]
  /** The root of the tree. */
  readonly root: bigint
}

/** Writes the payload of an anchor list. */
export function writeAnchorPayload(content: AnchorPayload): JsonObject {
  return {
    iss: content.issuer,
    iat: content.issuedAt,
    exp: content.expiresAt,
    epoch: content.epoch,
    epoch_seconds: content.epochSeconds,
    type: content.type,
    issuers: content.leaves.map(({ issuer, kid, key, statusLists, statusRoot }) => ({
      iss: issuer,
      kid,
      ...encodePoint(key),
      status_lists: [...statusLists],
      status_root: encodeFieldElement(statusRoot),
    })),
    root: encodeFieldElement(content.root),
  }
}

/**
 * Reads the payload of an anchor list: its form, bounds, and that no key is in it twice. Times are compared with each other
 * and not with the clock, points are in the field and not yet on the curve.
 *
 * A key that stood in two leaves would have two status roots, and a revoked credential could choose.
 *
 * @throws {VerificationError} `COMITY_ZK_ANCHORS_MALFORMED`; `COMITY_ZK_ANCHORS_KEY_TWICE`.
 */
export function readAnchorPayload(claims: JsonObject): AnchorPayload {
  checkMembers(claims, PAYLOAD_MEMBERS, 'the list')
  const { iss, type } = claims
  if (!isDid(iss)) throw malformed('iss is no DID')
  if (typeof type !== 'string' || type === '' || type.length > MAX_TYPE_LENGTH) {
    throw malformed('type is not a text of allowed length')
  }
  const epoch = readWhole(claims, 'epoch', 0, MAX_TIME)
  const epochSeconds = readWhole(claims, 'epoch_seconds', MIN_EPOCH_SECONDS, MAX_EPOCH_SECONDS)
  const issuedAt = readWhole(claims, 'iat', 0, MAX_TIME)
  const expiresAt = readWhole(claims, 'exp', epoch + 1, epoch + epochSeconds)
  return Object.freeze({
    issuer: iss,
    type,
    epoch,
    epochSeconds,
    issuedAt,
    expiresAt,
    leaves: readLeaves(claims['issuers']),
    root: readElement(claims['root'], 'root'),
  })
}

function readLeaves(value: JsonValue | undefined): readonly AnchorLeaf[] {
  if (!Array.isArray(value)) throw malformed('issuers is not a list')
  const items = value as readonly JsonValue[]
  if (items.length > MAX_ANCHORS) throw malformed('the list has too many issuers')
  const leaves = items.map(readLeaf)
  const keys = new Set(leaves.map(({ key }) => `${String(key.x)} ${String(key.y)}`))
  if (keys.size === leaves.length) return Object.freeze(leaves)
  throw new VerificationError('COMITY_ZK_ANCHORS_KEY_TWICE', 'the list has a key twice', {
    spec: 'zk.md, Anchors',
  })
}

function readLeaf(item: JsonValue): AnchorLeaf {
  if (!isJsonObject(item)) throw malformed('an entry of issuers is not an object')
  checkMembers(item, ISSUER_MEMBERS, 'an entry of issuers')
  const { iss, kid, x, y } = item
  if (!isDid(iss)) throw malformed('the iss of an entry is no DID')
  if (typeof kid !== 'string' || !isDidUrlOf(kid, iss))
    throw malformed('the kid of an entry is not of its iss')
  const key = inField('the key of an entry', () => decodePoint({ x, y }))
  const statusRoot = readElement(item['status_root'], 'the status_root of an entry')
  return Object.freeze({ issuer: iss, kid, key, statusLists: readUris(item['status_lists']), statusRoot })
}

function readUris(value: JsonValue | undefined): readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_AGGREGATED_LISTS) {
    throw malformed('the status_lists of an entry are not a list of allowed length')
  }
  const uris = (value as readonly JsonValue[]).filter(
    (uri): uri is string => typeof uri === 'string' && uri.length <= MAX_URI_LENGTH && isHttps(uri),
  )
  if (uris.length !== value.length || new Set(uris).size !== uris.length) {
    throw malformed('the status_lists of an entry are not https URLs, each once')
  }
  return Object.freeze(uris)
}

function isHttps(uri: string): boolean {
  return URL.canParse(uri) && new URL(uri).protocol === 'https:'
}

function readWhole(claims: JsonObject, name: string, least: number, most: number): number {
  const value = claims[name]
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
    return value
  throw malformed(`${name} is not a whole number in its range`)
}

function readElement(value: JsonValue | undefined, what: string): bigint {
  return inField(what, () => decodeFieldElement(value))
}

function inField<Value>(what: string, read: () => Value): Value {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw malformed(`${what} is no number of the field, as 32 bytes in base64url`)
  }
}

function checkMembers(value: JsonObject, allowed: readonly string[], what: string): void {
  const names = Object.keys(value)
  if (names.length === allowed.length && names.every((name) => allowed.includes(name))) return
  throw malformed(`${what} has a member too many, or too few`)
}

/** The failure of an anchor list whose form is wrong. */
export function malformed(message: string, cause?: unknown): VerificationError {
  return new VerificationError('COMITY_ZK_ANCHORS_MALFORMED', message, {
    spec: 'zk.md, Anchors',
    ...(cause === undefined ? {} : { cause }),
  })
}
