import type { JsonObject, JsonValue } from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'
import {
  ShapeFault,
  TRUST_LIST_TYPE,
  checkMembers,
  readAudiences,
  readDid,
  readMoment,
  readObject,
  readTypes,
  readWhole,
  type Coverage,
} from './shape.ts'

/** The most entries of a list. */
export const MAX_TRUST_LIST_ENTRIES: number = 10_000

/** The most characters of a list, as it is served. */
export const MAX_TRUST_LIST_LENGTH: number = 1_048_576

/** The longest time for which a list is valid, in seconds: 90 days. */
export const MAX_TRUST_LIST_SECONDS: number = 7_776_000

const MAX_TTL = 86_400
const MAX_NOTE_LENGTH = 256
const SUBJECT_MEMBERS = ['type', 'sequence', 'ttl', 'entries']
const ENTRY_MEMBERS = ['issuer', 'types', 'audiences', 'validFrom', 'validUntil', 'note']

/** One issuer of a trust list, and what it is believed. */
export interface TrustListEntry extends Coverage {
  /** The issuer's DID. A list names each issuer once, and never its own owner. */
  readonly issuer: string
  /** From when on, in seconds since the epoch. Without it, always. */
  readonly validFrom?: number
  /** Before when, in seconds since the epoch. Without it, always. */
  readonly validUntil?: number
  /** For people; at most 256 characters. */
  readonly note?: string
}

/** What a trust list says. */
export interface TrustListContent {
  /** Higher than in all lists before it: from 1 to 2^53 − 1. */
  readonly sequence: number
  /** Seconds for which it may be used without asking for the next one, 0 to 86400. */
  readonly ttl: number
  /** All entries, in the list's order. At most {@link MAX_TRUST_LIST_ENTRIES}. */
  readonly entries: readonly TrustListEntry[]
  /** The entry of an issuer; undefined where the list does not name it. */
  find(issuer: string): TrustListEntry | undefined
}

/** What of a credential a list is read from; its signature is somebody else's business. */
export interface ListCredential {
  readonly issuer: string
  readonly document: JsonObject
  /** Seconds since the epoch. */
  readonly validFrom: number
  /** Seconds since the epoch. */
  readonly validUntil: number
}

/**
 * Reads a `TrustListCredential`, a credential whose form was checked.
 *
 * The checks run in this order: its `id` is the URL; types; no status; validity period; members of the list; each
 * entry, in order. One fault spoils the whole list: an entry that is passed over could be the one that takes
 * something back.
 *
 * @param credential - The credential.
 * @param url - Where it was fetched from. Its `id` must say the same, or one list could stand in for another.
 * @throws {VerificationError} `COMITY_TRUST_LIST_INVALID`.
 */
export function readTrustList(credential: ListCredential, url: string): TrustListContent {
  try {
    return readList(credential, url)
  } catch (error) {
    if (!(error instanceof ShapeFault)) throw error
    throw new VerificationError('COMITY_TRUST_LIST_INVALID', error.message, { spec: 'Comity trust §2.2' })
  }
}

function readList(
  { document, issuer, validFrom, validUntil }: ListCredential,
  url: string,
): TrustListContent {
  if (document['id'] !== url) throw new ShapeFault('the list is not the one of this URL')
  checkTypes(document['type'], TRUST_LIST_TYPE)
  if (document['credentialStatus'] !== undefined) {
    throw new ShapeFault('the list has a status, and is only ever replaced by the next one')
  }
  checkPeriod({ document, validFrom, validUntil }, MAX_TRUST_LIST_SECONDS)
  const subject = readObject(document['credentialSubject'], 'credentialSubject')
  checkMembers(subject, SUBJECT_MEMBERS, 'the list')
  if (subject['type'] !== 'TrustList') throw new ShapeFault('the subject is no trust list')
  const sequence = readWhole(subject['sequence'], 1, Number.MAX_SAFE_INTEGER, 'sequence')
  const ttl = readWhole(subject['ttl'], 0, MAX_TTL, 'ttl')
  const entries = readEntries(subject['entries'], issuer)
  return Object.freeze({
    sequence,
    ttl,
    entries: Object.freeze([...entries.values()]),
    find: (did: string) => entries.get(did),
  })
}

/** @throws {ShapeFault} When a credential has other types than the base type and one more. */
export function checkTypes(value: JsonValue | undefined, type: string): void {
  const types: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (types.length !== 2 || types[0] !== 'VerifiableCredential' || types[1] !== type) {
    throw new ShapeFault(`the types are not VerifiableCredential and ${type}`)
  }
}

/** @throws {ShapeFault} When a credential does not say both from when and until when, or holds for too long. */
export function checkPeriod(
  { document, validFrom, validUntil }: Omit<ListCredential, 'issuer'>,
  mostSeconds: number,
): void {
  if (document['validFrom'] === undefined || document['validUntil'] === undefined) {
    throw new ShapeFault('validFrom or validUntil is missing')
  }
  if (!(validUntil - validFrom <= mostSeconds)) throw new ShapeFault('the validity period is too long')
}

function readEntries(value: JsonValue | undefined, owner: string): ReadonlyMap<string, TrustListEntry> {
  if (!Array.isArray(value)) throw new ShapeFault('entries is not a list')
  const items = value as readonly JsonValue[]
  if (items.length > MAX_TRUST_LIST_ENTRIES) throw new ShapeFault('the list has too many entries')
  const entries = new Map<string, TrustListEntry>()
  for (const item of items) {
    const entry = readEntry(item)
    if (entries.has(entry.issuer)) throw new ShapeFault('the list names an issuer twice')
    if (entry.issuer === owner) throw new ShapeFault('the list names its own owner')
    entries.set(entry.issuer, entry)
  }
  return entries
}

function readEntry(item: JsonValue): TrustListEntry {
  const entry = readObject(item, 'an entry')
  checkMembers(entry, ENTRY_MEMBERS, 'an entry')
  const issuer = readDid(entry['issuer'], 'the issuer of an entry')
  const types = readTypes(entry['types'], 'types of an entry')
  const audiences = readAudiences(entry['audiences'], 'audiences of an entry')
  const validFrom = readMoment(entry['validFrom'], 'validFrom of an entry')
  const validUntil = readMoment(entry['validUntil'], 'validUntil of an entry')
  if ((validFrom ?? -Infinity) >= (validUntil ?? Infinity)) throw new ShapeFault('an entry is never valid')
  const { note } = entry
  if (note !== undefined && (typeof note !== 'string' || note.length > MAX_NOTE_LENGTH)) {
    throw new ShapeFault('the note of an entry is not a short text')
  }
  return Object.freeze({
    issuer,
    types,
    ...audiences,
    ...(validFrom === undefined ? {} : { validFrom }),
    ...(validUntil === undefined ? {} : { validUntil }),
    ...(note === undefined ? {} : { note }),
  })
}
