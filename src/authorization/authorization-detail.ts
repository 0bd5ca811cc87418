import { isJsonObject, type JsonValue } from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'

/**
 * One piece of authority: on what, and what may be done with it. `granted` and `requested` details have the same shape.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9396#section-2 RFC 9396 §2}
 */
export interface AuthorizationDetail {
  /** What the detail is about, compared as an exact string. */
  readonly type: string
  /** Where: URIs of resources or servers, compared as exact strings. */
  readonly locations?: readonly string[]
  /** What may be done. */
  readonly actions?: readonly string[]
  /** Which kinds of data. */
  readonly datatypes?: readonly string[]
  /** With which level of privilege. */
  readonly privileges?: readonly string[]
  /** Which resource. */
  readonly identifier?: string
  /** What the type defines besides; comparisons know nothing of its meaning. */
  readonly [member: string]: JsonValue
}

/** The common members whose values are lists of text. */
export const LIST_MEMBERS: readonly string[] = ['locations', 'actions', 'datatypes', 'privileges']

const MAX_DETAILS = 32
const MAX_MEMBERS = 32
const MAX_ITEMS = 64
const MAX_TEXT = 1024
const MAX_DEPTH = 8
const MAX_VALUES = 2048

/**
 * Parses `authorization_details`: of a request, a credential, a token or a grant.
 *
 * Checked are the form and the common members; each type's own members are kept as they are. At most 32 details of at
 * most 32 members; lists of at most 64 items; texts (names too) of at most 1024 UTF-16 units; 8 levels; 2048 values in
 * all. The value is copied, and the copy is frozen all the way down. An empty list is valid: it asks for nothing.
 *
 * @param value Parsed JSON; not its text.
 * @throws {VerificationError} `COMITY_AUTHORIZATION_DETAILS_INVALID`; `details.index` says which detail.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9396#section-2 RFC 9396 §2}
 */
export function parseAuthorizationDetails(value: unknown): readonly AuthorizationDetail[] {
  if (!Array.isArray(value)) refuse('not an array')
  if (value.length > MAX_DETAILS) refuse(`more than ${MAX_DETAILS} details`)
  const budget = { values: MAX_VALUES }
  return Object.freeze(Array.from(value, (detail: unknown, index) => parseDetail(detail, index, budget)))
}

interface Budget {
  values: number
}

function parseDetail(value: unknown, index: number, budget: Budget): AuthorizationDetail {
  if (!isJsonObject(value)) refuse('not an object', index)
  const { type, identifier } = value
  if (typeof type !== 'string' || type === '') refuse('no type', index)
  if (identifier !== undefined && typeof identifier !== 'string') refuse('identifier is not text', index)
  for (const name of LIST_MEMBERS) {
    const list = value[name]
    if (list !== undefined && !isTextList(list)) refuse(`${name} is not a list of text`, index)
  }
  return copyJson(value, 1, index, budget) as AuthorizationDetail
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function copyJson(value: unknown, depth: number, index: number, budget: Budget): JsonValue {
  if (--budget.values < 0) refuse(`more than ${MAX_VALUES} values`)
  if (depth > MAX_DEPTH) refuse('nested too deep', index)
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'string') return checkText(value, index)
  if (Array.isArray(value)) {
    if (value.length > MAX_ITEMS) refuse('a list is too long', index)
    return Object.freeze(Array.from(value, (item: unknown) => copyJson(item, depth + 1, index, budget)))
  }
  if (!isJsonObject(value)) refuse('not JSON', index)
  const members = Object.entries(value)
  if (members.length > MAX_MEMBERS) refuse('too many members', index)
  return Object.freeze(
    Object.fromEntries(
      members.map(([name, member]) => [checkText(name, index), copyJson(member, depth + 1, index, budget)]),
    ),
  )
}

// With the u flag a surrogate matches only where it stands alone: such a text has no bytes to sign.
const LONE_SURROGATE = /[\uD800-\uDFFF]/u

function checkText(text: string, index: number): string {
  if (text.length > MAX_TEXT) refuse('a text is too long', index)
  if (LONE_SURROGATE.test(text)) refuse('a text is not well-formed', index)
  return text
}

function refuse(reason: string, index?: number): never {
  throw new VerificationError(
    'COMITY_AUTHORIZATION_DETAILS_INVALID',
    `the authorization details are not valid: ${reason}`,
    { spec: 'RFC 9396 §2', details: index === undefined ? {} : { index } },
  )
}
