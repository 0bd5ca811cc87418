import type { ClaimsPath } from './demand.ts'

/**
 * Selects claims exactly as DCQL does: from the root of the credential, one step after another.
 *
 * A name selects own members only, never what an object inherits (`constructor`, `__proto__`).
 *
 * @param path At least one element; an empty path selects nothing.
 * @param document The whole credential, as parsed JSON.
 * @returns What was selected; nothing where the path meets a value of another kind than it expects.
 * @see {@link https://openid.net/specs/openid-4-verifiable-presentations-1_0.html#section-7.1 OpenID4VP 1.0 §7.1}
 */
export function selectClaims(path: ClaimsPath, document: unknown): readonly unknown[] {
  const { values, mismatch } = walk(path, document)
  return mismatch ? [] : values
}

/**
 * The values that a predicate judges: all that the path reaches, past whatever it cannot enter, and the elements of
 * the arrays that it ends at.
 *
 * DCQL would select nothing at all where one element of many is of another kind; a `none` must not come true by that.
 */
export function reachValues(path: ClaimsPath, document: unknown): readonly unknown[] {
  return walk(path, document).values.flatMap(flatten)
}

function walk(path: ClaimsPath, document: unknown): { values: readonly unknown[]; mismatch: boolean } {
  let mismatch = path.length === 0
  let values: readonly unknown[] = mismatch ? [] : [document]
  for (const element of path) {
    values = values.flatMap((value) => {
      const step = typeof element === 'string' ? enterObject(value, element) : enterArray(value, element)
      if (step === undefined) mismatch = true
      return step ?? []
    })
  }
  return { values, mismatch }
}

/** The member as a list of one, nothing where there is none, undefined where the value is no object. */
function enterObject(value: unknown, name: string): readonly unknown[] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.hasOwn(value, name) ? [(value as Readonly<Record<string, unknown>>)[name]] : []
}

/** The element, or all of them for null, as a list; undefined where the value is no array. */
function enterArray(value: unknown, index: number | null): readonly unknown[] | undefined {
  if (!Array.isArray(value)) return undefined
  const elements: readonly unknown[] = value
  if (index === null) return elements
  return index < elements.length ? [elements[index]] : []
}

function flatten(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.flatMap(flatten) : [value]
}
