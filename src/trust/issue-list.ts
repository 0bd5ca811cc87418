import { CREDENTIALS_CONTEXT, credentialModelFaults, formatDateTimeStamp } from '../credentials/index.ts'
import { parseDidUrl } from '../did/index.ts'
import { parseJsonObject, type JsonObject } from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'
import { signJws, type Signer } from '../keys/index.ts'
import { MAX_TRUST_LIST_LENGTH, readTrustList, type TrustListEntry } from './list-document.ts'
import { TRUST_LIST_TYPE } from './shape.ts'
import { checkDid } from './static-rules.ts'

/** The data model demands this context, last, of documents whose terms no context defines. */
export const UNDEFINED_TERMS_CONTEXT: string = 'https://www.w3.org/ns/credentials/undefined-terms/v2'

const DEFAULT_TTL = 300

/** What a trust list is made from. */
export interface IssueTrustListOptions {
  /** A key of the owner's; its `kid` is a DID URL under `issuer`, listed in `assertionMethod`. */
  readonly signer: Signer
  /** The DID of the list's owner. */
  readonly issuer: string
  /** The https URL that it will be served at: the endpoint of the service `ComityTrustList`. */
  readonly url: string
  /** Higher than in every list before it, also when only the times change: from 1 to 2^53 − 1. */
  readonly sequence: number
  /** Whom the owner believes what; at most 10,000, each issuer once, and not the owner. */
  readonly entries: readonly TrustListEntry[]
  /** Seconds since the Unix epoch. */
  readonly validFrom: number
  /**
   * Seconds since the Unix epoch; later than `validFrom`, by at most 90 days. It bounds for how long somebody who
   * serves an old list can hide the next one.
   */
  readonly validUntil: number
  /** Seconds for which verifiers may use it without asking again, 0 to 86400. Defaults to 300. */
  readonly ttl?: number
}

/**
 * Makes and signs a trust list.
 *
 * @param options - See {@link IssueTrustListOptions}.
 * @returns A compact JWS of at most 1 MiB, to be served at the URL as `application/vc+jwt`.
 * @throws {VerificationError} `COMITY_TRUST_LIST_INVALID` when it is not one that verifiers take.
 * @throws {TypeError} When an option is missing or contradicts another.
 */
export async function issueTrustList(options: IssueTrustListOptions): Promise<string> {
  const { signer, issuer, url, sequence, entries, validFrom, validUntil, ttl = DEFAULT_TTL } = options
  checkParties({ signer, issuer })
  if (!(validFrom < validUntil))
    throw new TypeError('options.validUntil must be later than options.validFrom')
  if (!Array.isArray(entries)) throw new TypeError('options.entries must be a list')
  const document = toDocument({
    '@context': [CREDENTIALS_CONTEXT, UNDEFINED_TERMS_CONTEXT],
    id: url,
    type: ['VerifiableCredential', TRUST_LIST_TYPE],
    issuer,
    validFrom: formatDateTimeStamp(validFrom),
    validUntil: formatDateTimeStamp(validUntil),
    credentialSubject: { type: 'TrustList', sequence, ttl, entries: entries.map(toEntry) },
  })
  readTrustList({ issuer, document, validFrom, validUntil }, url)
  const token = await signJws({ header: { typ: 'vc+jwt', cty: 'vc' }, payload: document, signer })
  if (token.length <= MAX_TRUST_LIST_LENGTH) return token
  throw tooLarge()
}

function toEntry({ issuer, types, audiences, validFrom, validUntil, note }: TrustListEntry): object {
  return {
    issuer,
    types,
    ...(audiences === undefined ? {} : { audiences }),
    ...(validFrom === undefined ? {} : { validFrom: formatDateTimeStamp(validFrom) }),
    ...(validUntil === undefined ? {} : { validUntil: formatDateTimeStamp(validUntil) }),
    ...(note === undefined ? {} : { note }),
  }
}

/**
 * Through text, so that what is checked is what is signed and what a verifier will read.
 *
 * @throws {TypeError} When the document breaks the data model.
 */
export function toDocument(value: object): JsonObject {
  const text = JSON.stringify(value)
  if (text.length > MAX_TRUST_LIST_LENGTH) throw tooLarge()
  const document = parseJsonObject(text, { maxBytes: MAX_TRUST_LIST_LENGTH })
  const [fault] = credentialModelFaults(document)
  if (fault !== undefined) throw new TypeError(`the options make no credential: ${fault.message}`)
  return document
}

/** @throws {TypeError} When the issuer is no DID, or the key is somebody else's. */
export function checkParties({ signer, issuer }: { readonly signer: Signer; readonly issuer: string }): void {
  checkDid(issuer, 'options.issuer')
  if (parseDidUrl(signer.kid).did !== issuer) {
    throw new TypeError('options.signer.kid must be a DID URL under options.issuer')
  }
}

function tooLarge(): VerificationError {
  return new VerificationError('COMITY_TRUST_LIST_INVALID', 'the trust list is too large', {
    spec: 'Comity trust §2.2',
    details: { maxLength: MAX_TRUST_LIST_LENGTH },
  })
}
