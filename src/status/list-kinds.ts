import { verifySignedCredential } from '../credentials/index.ts'
import { findVerificationKey, type DidResolver } from '../did/index.ts'
import { VerificationError } from '../errors/index.ts'
import { decodeStatusList } from './codec.ts'
import type { ListContent } from './list-cache.ts'
import { readListDocument } from './list-document.ts'
import { parseStatusListToken, verifyParsedToken } from './list-token.ts'
import type { StatusReadContext } from './list-loader.ts'

/** The media type that a Bitstring list is served and asked for with. */
export const STATUS_LIST_MEDIA_TYPE: string = 'application/vc+jwt'

/** The media type that a Token Status List is served and asked for with. */
export const TOKEN_STATUS_LIST_MEDIA_TYPE: string = 'application/statuslist+jwt'

/** Clocks may differ so much, in seconds. */
export const CLOCK_TOLERANCE = 60

/** The largest answer that is read, in bytes and so in characters. */
export const MAX_RESPONSE_BYTES: number = 8 * 1024 * 1024

/** A list that was verified, and for how long it is good. */
export interface ReadList extends ListContent {
  /** Seconds since the epoch. */
  readonly validFrom: number
  /** Seconds since the epoch; Infinity where it names no end. */
  readonly validUntil: number
  /** For how many seconds it need not be asked for again; undefined where it does not say. */
  readonly ttlSeconds: number | undefined
}

/** What is known of the place that a list comes from. */
export interface ListSource extends StatusReadContext {
  readonly url: string
  readonly resolver: DidResolver
}

/** One kind of list. */
export interface ListKind {
  readonly mediaType: string
  /** The document that describes it. */
  readonly spec: string
  /** Verifies the text that was served. Rejects with any `ComityError`. */
  readonly read: (text: string, source: ListSource) => Promise<ReadList>
}

/** The kinds of lists, by the `type` of what refers to them. */
export const LIST_KINDS: {
  readonly BitstringStatusListEntry: ListKind
  readonly TokenStatusList: ListKind
} = {
  BitstringStatusListEntry: {
    mediaType: STATUS_LIST_MEDIA_TYPE,
    spec: 'Bitstring Status List 1.0 §3.2',
    read: readBitstringList,
  },
  TokenStatusList: {
    mediaType: TOKEN_STATUS_LIST_MEDIA_TYPE,
    spec: 'Token Status List §8.3',
    read: readTokenList,
  },
}

async function readBitstringList(text: string, source: ListSource): Promise<ReadList> {
  const { url, resolver, issuer, now, budget } = source
  const credential = await verifySignedCredential(text, {
    resolver,
    issuer,
    now,
    clockTolerance: CLOCK_TOLERANCE,
    maxLength: MAX_RESPONSE_BYTES,
    ...(budget === undefined ? {} : { budget }),
  })
  const { purposes, encodedList, ttlMs } = readListDocument(credential.document, url)
  const { bytes } = await decodeStatusList(encodedList)
  const ttlSeconds = ttlMs === undefined ? undefined : ttlMs / 1000
  return { bytes, bits: 1, purposes, ...timesOf(credential), ttlSeconds }
}

function timesOf({ validFrom, validUntil }: { readonly validFrom: number; readonly validUntil: number }): {
  readonly validFrom: number
  readonly validUntil: number
} {
  return { validFrom, validUntil }
}

async function readTokenList(text: string, source: ListSource): Promise<ReadList> {
  const { url, resolver, issuer, now, budget } = source
  const jws = parseStatusListToken(text, MAX_RESPONSE_BYTES)
  const { kid } = jws.header
  const { iss } = jws.claims
  // Earlier drafts had an `iss`; where it is there, it must not contradict the key.
  if (kid === undefined || (iss !== undefined && iss !== issuer)) throw notIssuers()
  const document = await resolver.resolveDocument(issuer, budget === undefined ? {} : { budget })
  const key = findVerificationKey(document, kid, 'assertionMethod')
  const token = await verifyParsedToken(jws, { key, uri: url, now, clockTolerance: CLOCK_TOLERANCE })
  const { list, issuedAt, expiresAt, ttlSeconds } = token
  return {
    bytes: list.bytes,
    bits: list.bits,
    purposes: [],
    validFrom: issuedAt,
    validUntil: expiresAt,
    ttlSeconds,
  }
}

function notIssuers(): VerificationError {
  return new VerificationError('COMITY_STATUS_LIST_INVALID', 'the list is not signed by the issuer', {
    spec: 'Token Status List §5.1',
  })
}
