import { isJsonObject, type JsonObject, type JsonValue } from '../encoding/index.ts'
import { asList, hasNoOrUrlId, hasType, isAbsoluteUrl, isList } from './shape.ts'

/** Each entry of a credential can make a verifier fetch a list, so they are few. */
export const MAX_STATUS_ENTRIES = 8

/** Wider entries are possible, but 2^9 messages for one credential are not meant seriously. */
const MAX_STATUS_SIZE = 8

/** Canonical decimal, small enough to be exact as a number. */
const STATUS_INDEX = /^(?:0|[1-9][0-9]{0,14})$/

/** Purposes that decide whether a credential holds: `revocation` is for good, `suspension` for a time. */
export type StatusPurpose = 'revocation' | 'suspension'

/**
 * An entry of `credentialStatus` that says where to look up one status of the credential.
 *
 * @see {@link https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistentry | Bitstring Status List 1.0 §2.1}
 */
export interface StatusEntry {
  /** The only kind of entry that is known here. */
  readonly type: 'BitstringStatusListEntry'
  /** A URL for this entry; never that of the list. It is not used for anything. */
  readonly id?: string
  /** What a bit that is set means. */
  readonly statusPurpose: StatusPurpose
  /** The place in the list, from 0, in canonical decimal. */
  readonly statusListIndex: string
  /** The https URL of the list, itself a credential. */
  readonly statusListCredential: string
}

/** An entry of any purpose and size, as the specification allows it. */
export interface AnyStatusEntry extends Omit<StatusEntry, 'statusPurpose'> {
  /** What the status is about: `revocation`, `suspension`, or what is not judged here. */
  readonly statusPurpose: string
  /** How many bits the status takes, 1 to 8. Absent is 1. */
  readonly statusSize?: number
  /** What each value of the status means, for people; there where `statusSize` is more than 1. */
  readonly statusMessage?: readonly StatusMessage[]
}

/** What one value of a status means. */
export interface StatusMessage {
  /** The value in hexadecimal, such as `0x1`. */
  readonly status: string
  /** What it means, for developers. */
  readonly message: string
}

const parsedEntries = new WeakSet()
const parsedReferences = new WeakSet()

/**
 * Says whether a member of `credentialStatus` has the form that its type demands. The type may be unknown here.
 */
export function isStatusForm(value: JsonValue): boolean {
  if (!isJsonObject(value) || !hasType(value) || !hasNoOrUrlId(value)) return false
  return !asList(value['type']).includes('BitstringStatusListEntry') || parseStatusEntry(value) !== undefined
}

/**
 * Reads an entry of `credentialStatus`.
 *
 * @param value - A member of `credentialStatus`, or any other value.
 * @returns The entry, frozen; undefined where it is malformed or of another type than `BitstringStatusListEntry`.
 */
export function parseStatusEntry(value: unknown): AnyStatusEntry | undefined {
  if (isParsed(value)) return value
  const entry = readEntry(value)
  if (entry !== undefined) parsedEntries.add(entry)
  return entry
}

/** Entries are frozen, so one that was read once need not be read again: it is asked about at every request. */
function isParsed(value: unknown): value is AnyStatusEntry {
  return typeof value === 'object' && value !== null && parsedEntries.has(value)
}

function readEntry(value: unknown): AnyStatusEntry | undefined {
  if (!isJsonObject(value) || !hasNoOrUrlId(value)) return undefined
  const { id, type, statusPurpose, statusListIndex, statusListCredential } = value
  if (type !== 'BitstringStatusListEntry') return undefined
  if (typeof statusPurpose !== 'string' || statusPurpose === '') return undefined
  if (typeof statusListIndex !== 'string' || !STATUS_INDEX.test(statusListIndex)) return undefined
  if (!isAbsoluteUrl(statusListCredential) || id === statusListCredential) return undefined
  const size = readSize(value)
  if (size === undefined) return undefined
  const named = typeof id === 'string' ? { id } : {}
  return Object.freeze({ type, ...named, statusPurpose, statusListIndex, statusListCredential, ...size })
}

/** Says whether an entry can be judged: one bit, for revocation or suspension. */
export function isJudgedEntry(entry: AnyStatusEntry): entry is StatusEntry {
  const known = entry.statusPurpose === 'revocation' || entry.statusPurpose === 'suspension'
  return known && (entry.statusSize ?? 1) === 1
}

/** `statusSize` is absent or a small whole number, and there is one message for each value that it can hold. */
function readSize(value: JsonObject): Pick<AnyStatusEntry, 'statusSize' | 'statusMessage'> | undefined {
  const { statusSize, statusMessage } = value
  const size = statusSize ?? 1
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1 || size > MAX_STATUS_SIZE)
    return undefined
  const sized = statusSize === undefined ? {} : { statusSize: size }
  if (statusMessage === undefined) return size === 1 ? sized : undefined
  if (!isList(statusMessage) || statusMessage.length !== 2 ** size) return undefined
  const messages = statusMessage.map(readMessage).filter((message) => message !== undefined)
  return messages.length === statusMessage.length
    ? { ...sized, statusMessage: Object.freeze(messages) }
    : undefined
}

function readMessage(value: JsonValue): StatusMessage | undefined {
  if (!isJsonObject(value)) return undefined
  const { status, message } = value
  return typeof status === 'string' && typeof message === 'string'
    ? Object.freeze({ status, message })
    : undefined
}

/**
 * Where the status of a JWT is looked up: a place in a Token Status List.
 *
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list | Token Status List §6.2}
 */
export interface TokenStatusReference {
  /** Tells it from a {@link StatusEntry}; not a member of the JWT. */
  readonly type: 'TokenStatusList'
  /** The URL of the list, which the list names as its `sub`. */
  readonly uri: string
  /** The place in the list: a safe integer from 0. */
  readonly idx: number
}

/** Where the status of a credential of any format is looked up. */
export type StatusReference = StatusEntry | TokenStatusReference

/**
 * Reads the claim `status` of a JWT.
 *
 * Other mechanisms beside `status_list` are not looked at: each of them alone says all of the status.
 *
 * @param value - The value of the claim, `{ "status_list": { "idx": …, "uri": … } }`.
 * @returns The reference, frozen; undefined where the claim names no Token Status List, or names one malformed.
 *   A verifier must refuse a credential whose claim `status` is there and gives undefined.
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list | Token Status List §6.2}
 */
export function parseTokenStatus(value: unknown): TokenStatusReference | undefined {
  const list = isJsonObject(value) && Object.hasOwn(value, 'status_list') ? value['status_list'] : undefined
  return isJsonObject(list) ? tokenReference(list) : undefined
}

/**
 * Reads a reference that was made by hand or kept as JSON: a Bitstring entry that can be judged, or a
 * {@link TokenStatusReference} with its `type`.
 *
 * @param value - Any value.
 * @returns The reference, frozen; undefined where it is none.
 */
export function parseStatusReference(value: unknown): StatusReference | undefined {
  if (isParsedReference(value)) return value
  if (!isJsonObject(value)) return undefined
  if (value['type'] === 'TokenStatusList') return tokenReference(value)
  const entry = parseStatusEntry(value)
  return entry !== undefined && isJudgedEntry(entry) ? entry : undefined
}

function tokenReference({ uri, idx }: JsonObject): TokenStatusReference | undefined {
  if (!isAbsoluteUrl(uri) || typeof idx !== 'number' || !Number.isSafeInteger(idx) || idx < 0)
    return undefined
  // Minus zero is a whole number too, and is zero.
  const reference = Object.freeze({ type: 'TokenStatusList', uri, idx: idx + 0 } as const)
  parsedReferences.add(reference)
  return reference
}

/** As with entries: a frozen reference that was read once need not be read again. */
function isParsedReference(value: unknown): value is TokenStatusReference {
  return typeof value === 'object' && value !== null && parsedReferences.has(value)
}
