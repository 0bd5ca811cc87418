import { isJsonObject } from '../encoding/index.ts'

/** A compliance proof that a session rests on. Of the credential that was proven it says its type, and nothing else. */
export interface SessionCompliance {
  /** The id of the query of the demand that was proven. */
  readonly query: string
  /** The type of the credential. */
  readonly type: string
  /** The URN of the anchors: which issuers were accepted, with their status lists. */
  readonly anchors: string
  /** The start of the epoch, in seconds since the Unix epoch. */
  readonly epoch: number
  /** What the holder is called here, and nowhere else; where a pseudonym was asked for. */
  readonly pseudonym?: string
  /** What the named auditor can open; where one was named. */
  readonly escrow?: {
    /** The key of the auditor, a DID URL. */
    readonly auditor: string
    /** The sealed digest of the credential. */
    readonly ciphertext: string
  }
}

const MAX_TEXT = 512
const MAX_CIPHERTEXT = 1024

/** Says whether a value is what a session remembers of a compliance proof. */
export function isSessionCompliance(value: unknown): value is SessionCompliance {
  if (!isJsonObject(value)) return false
  const { query, type, anchors, epoch, pseudonym, escrow } = value
  return (
    isText(query) &&
    isText(type) &&
    isText(anchors) &&
    Number.isSafeInteger(epoch) &&
    (pseudonym === undefined || isText(pseudonym)) &&
    (escrow === undefined ||
      (isJsonObject(escrow) && isText(escrow.auditor) && isText(escrow.ciphertext, MAX_CIPHERTEXT)))
  )
}

function isText(value: unknown, max = MAX_TEXT): boolean {
  return typeof value === 'string' && value !== '' && value.length <= max
}
