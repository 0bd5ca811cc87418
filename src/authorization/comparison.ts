import type { JsonValue } from '../encoding/index.ts'
import { LIST_MEMBERS, type AuthorizationDetail } from './authorization-detail.ts'

/**
 * Whether what is asked for is within what was granted: narrower than one of the granted details, or equal to it.
 *
 * RFC 9396 leaves comparison to the types. This one knows none of them, and so is conservative:
 * - one granted detail must cover the whole request; two are never merged, since their sum was not granted
 *   (`read` of `a` and `write` of `b` is not `write` of `a`);
 * - both must have the same members: a member that the grant has and the request lacks is a limit that is dropped, and
 *   one that only the request has may ask for more;
 * - of `locations`, `actions`, `datatypes` and `privileges` the request must have a subset; no prefixes, no patterns;
 * - every other member must be equal, as JSON.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9396#section-6.1 RFC 9396 §6.1}
 */
export function isWithin(requested: AuthorizationDetail, granted: readonly AuthorizationDetail[]): boolean {
  return granted.some((detail) => isNarrowerOrEqual(requested, detail))
}

function isNarrowerOrEqual(requested: AuthorizationDetail, granted: AuthorizationDetail): boolean {
  const names = Object.keys(granted)
  return (
    names.length === Object.keys(requested).length &&
    names.every((name) => {
      if (!Object.hasOwn(requested, name)) return false
      const [asked, given] = [requested[name], granted[name]]
      if (asked === undefined || given === undefined) return false
      if (!LIST_MEMBERS.includes(name)) return equalJson(asked, given)
      return isList(asked) && isList(given) && asked.every((item) => given.includes(item))
    })
  )
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** Equality of JSON values: the order of members doesn't count, that of items does. */
function equalJson(left: JsonValue, right: JsonValue): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (isList(left) || isList(right)) {
    return (
      isList(left) &&
      isList(right) &&
      left.length === right.length &&
      left.every((item, index) => {
        const other = right[index]
        return other !== undefined && equalJson(item, other)
      })
    )
  }
  const names = Object.keys(left)
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => {
      const [mine, other] = [left[name], Object.hasOwn(right, name) ? right[name] : undefined]
      return mine !== undefined && other !== undefined && equalJson(mine, other)
    })
  )
}
