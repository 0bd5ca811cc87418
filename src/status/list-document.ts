import { isJsonObject, type JsonObject, type JsonValue } from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'

/** What a status list says about itself. */
export interface ListDocument {
  /** What its bits may mean: one or more purposes. */
  readonly purposes: readonly string[]
  /** The bits, compressed. */
  readonly encodedList: string
  /** For how many milliseconds it is good enough; undefined where it does not say. */
  readonly ttlMs: number | undefined
}

/**
 * Reads a `BitstringStatusListCredential`, a credential whose signature and form were checked.
 *
 * @param document - The credential.
 * @param url - Where it was fetched from. Its `id` must say the same, or one list could stand in for another.
 * @returns What it says, with the bits still compressed.
 * @throws {VerificationError} `COMITY_STATUS_LIST_INVALID`.
 * @see {@link https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistcredential | Bitstring Status List 1.0 §2.2}
 */
export function readListDocument(document: JsonObject, url: string): ListDocument {
  if (document['id'] !== url) throw invalid('the list is not the one of this URL')
  if (!toList(document['type']).includes('BitstringStatusListCredential')) {
    throw invalid('the credential is no status list')
  }
  const subject = document['credentialSubject']
  if (!isJsonObject(subject) || subject['type'] !== 'BitstringStatusList') {
    throw invalid('the subject is no status list')
  }
  const { encodedList } = subject
  if (typeof encodedList !== 'string') throw invalid('encodedList is not a string')
  return { purposes: readPurposes(subject), encodedList, ttlMs: readTtl(subject) }
}

function readPurposes({ statusPurpose }: JsonObject): readonly string[] {
  const purposes = toList(statusPurpose).filter((item) => typeof item === 'string')
  if (purposes.length === 0 || purposes.length !== toList(statusPurpose).length) {
    throw invalid('statusPurpose is not a string or a list of strings')
  }
  return purposes
}

function readTtl({ ttl }: JsonObject): number | undefined {
  if (ttl === undefined) return undefined
  if (typeof ttl === 'number' && Number.isSafeInteger(ttl) && ttl >= 0) return ttl
  throw invalid('ttl is not a number of milliseconds')
}

function toList(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined) return []
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [value]
}

function invalid(message: string): VerificationError {
  return new VerificationError('COMITY_STATUS_LIST_INVALID', message, {
    spec: 'Bitstring Status List 1.0 §2.2',
  })
}
