import {
  canonicalizeJson,
  encodeUtf8,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../encoding/index.ts'
import { comparable, type ClaimsPath, type ClaimValue } from '../demand/index.ts'
import { VerificationError } from '../errors/index.ts'
import { hashToField } from './fields.ts'

/** How many claims a credential has room for. */
export const MAX_CLAIMS = 32

/** One value of a claim, as the circuit sees it. */
export interface ClaimSlot {
  /** Where it stands, from the root of the credential: names, and null for an element of an array; never null at the end. */
  readonly path: ClaimsPath
  /** The value in the form in which predicates compare it: a date-time is the integer of its seconds. */
  readonly value: ClaimValue
  /** The hash of the path. */
  readonly key: bigint
  /** The value as a number. */
  readonly field: bigint
}

/**
 * Encodes what a credential says of its subject: one slot for each value that a predicate can reach, in the order of the
 * document.
 *
 * What predicates pass over gets no slot either: objects as such, null, and numbers that are not safe integers. Nor does
 * the subject's id, which would tell who proves.
 *
 * @param document - The credential; only `credentialSubject` is looked at.
 * @returns At most {@link MAX_CLAIMS} slots.
 * @throws {VerificationError} `COMITY_ZK_CLAIM_UNENCODABLE` for a negative integer or a date-time before 1970;
 *   `COMITY_ZK_CLAIMS_TOO_MANY`.
 * @see docs/spec/zk.md, "Claims"
 */
export function encodeClaims(document: JsonObject): readonly ClaimSlot[] {
  const slots: ClaimSlot[] = []
  for (const { path, value } of leavesOf(document)) {
    const slot = encodeClaim(path, value)
    if (slot === undefined) continue
    if (slots.length === MAX_CLAIMS) {
      throw new VerificationError(
        'COMITY_ZK_CLAIMS_TOO_MANY',
        'the credential has too many claims for proofs',
        {
          details: { limit: MAX_CLAIMS },
        },
      )
    }
    slots.push(slot)
  }
  return Object.freeze(slots)
}

/** The values that {@link encodeClaims} looks at, as the document has them; null and fractions among them. */
export function leavesOf(
  document: JsonObject,
): readonly { readonly path: ClaimsPath; readonly value: JsonValue }[] {
  const subject = document['credentialSubject']
  return subject === undefined ? [] : [...walk(['credentialSubject'], subject)]
}

/**
 * Encodes one value; undefined where it is none or stands for the subject's id.
 *
 * @throws {VerificationError} `COMITY_ZK_CLAIM_UNENCODABLE`.
 */
export function encodeClaim(path: ClaimsPath, value: JsonValue): ClaimSlot | undefined {
  const compared = comparable(value)
  if (compared === undefined || isSubjectId(path)) return undefined
  const field = encodeClaimValue(compared)
  if (field === undefined) {
    throw new VerificationError('COMITY_ZK_CLAIM_UNENCODABLE', 'a claim is a negative number', {
      details: { path: canonicalizeJson(path) },
    })
  }
  return Object.freeze({ path, value: compared, key: claimKey(path), field })
}

/** The number that stands for a claim's place. */
export function claimKey(path: ClaimsPath): bigint {
  return hashToField('path', canonicalizeJson(path))
}

/**
 * The number that stands for a value that predicates can compare; undefined for one below zero.
 *
 * @param value - In the form that `comparable` gives.
 */
export function encodeClaimValue(value: ClaimValue): bigint | undefined {
  if (typeof value === 'string') return hashToField('text', encodeUtf8(value))
  if (typeof value === 'boolean') return hashToField('boolean', String(value))
  return value < 0 ? undefined : BigInt(value)
}

/** The number that stands for a type of credential. */
export function encodeType(type: string): bigint {
  return hashToField('type', type)
}

/** Whether a path leads to the DID of the subject, which proofs hide. */
export function isSubjectId(path: ClaimsPath): boolean {
  const [root, ...rest] = path
  const steps = rest.filter((step) => step !== null)
  return root === 'credentialSubject' && steps.length === 1 && rest.at(-1) === 'id'
}

function* walk(path: ClaimsPath, value: JsonValue): Generator<{ path: ClaimsPath; value: JsonValue }> {
  if (Array.isArray(value)) {
    for (const element of value as readonly JsonValue[]) yield* walk([...path, null], element)
  } else if (isJsonObject(value)) {
    for (const [name, member] of Object.entries(value)) yield* walk([...path, name], member)
  } else {
    yield { path: withoutTrailingNulls(path), value }
  }
}

/** A path that ends at an array reaches its elements, so theirs is the array's. */
function withoutTrailingNulls(path: ClaimsPath): ClaimsPath {
  return Object.freeze(path.slice(0, path.findLastIndex((step) => step !== null) + 1))
}
