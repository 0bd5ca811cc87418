import type { ClaimsPath } from '../demand/index.ts'
import type { JsonObject, JsonValue } from '../encoding/index.ts'

/** A place in the document that is being built. */
interface Place {
  /** What stands here: one value, or the elements of an array. */
  readonly values: JsonValue[]
  readonly members: Map<string, Place>
  /** Elements of an array that have something in them, one for each claim. */
  readonly elements: Place[]
}

/** Where a claim stands, and its value. */
export interface PlacedValue {
  /** Names, and null for an element of an array. */
  readonly path: ClaimsPath
  /** The value. */
  readonly value: JsonValue
}

/**
 * Builds a document in which predicates find exactly these values: what a list of claims says, as one credential.
 *
 * Values of one path become the elements of an array, and each null opens an element of its own.
 *
 * @returns Undefined where the claims contradict each other: one has members where another has a value.
 */
export function buildDocument(claims: readonly PlacedValue[]): JsonObject | undefined {
  if (claims.length === 0) return Object.freeze({})
  const root = createPlace()
  for (const { path, value } of claims) insert(root, path, value)
  const document = render(root)
  return typeof document === 'object' && !Array.isArray(document) ? (document as JsonObject) : undefined
}

function createPlace(): Place {
  return { values: [], members: new Map(), elements: [] }
}

function insert(root: Place, path: ClaimsPath, value: JsonValue): void {
  let place = root
  for (const step of path) {
    if (step === null) {
      const element = createPlace()
      place.elements.push(element)
      place = element
    } else {
      const name = String(step)
      const member = place.members.get(name) ?? createPlace()
      place.members.set(name, member)
      place = member
    }
  }
  place.values.push(value)
}

/** Undefined for a contradiction. */
function render({ values, members, elements }: Place): JsonValue | undefined {
  if (members.size > 0) {
    if (values.length > 0 || elements.length > 0) return undefined
    const object = Object.create(null) as Record<string, JsonValue>
    for (const [name, member] of members) {
      const rendered = render(member)
      if (rendered === undefined) return undefined
      object[name] = rendered
    }
    return Object.freeze(object)
  }
  const [value] = values
  if (elements.length === 0 && values.length === 1 && value !== undefined) return value
  const rendered = elements.map(render)
  if (rendered.includes(undefined)) return undefined
  return Object.freeze([...values, ...(rendered as JsonValue[])])
}
