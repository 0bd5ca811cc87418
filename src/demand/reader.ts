import { VerificationError } from '../errors/index.ts'

/** Members by name; none of them inherited. */
export type Members = Readonly<Record<string, unknown>>

/**
 * Refuses the demand.
 *
 * @param path A JSON Pointer to the place, made of the schema's own names and of indices.
 * @param rule What is wrong there; never what was found.
 * @throws {VerificationError} `COMITY_DEMAND_INVALID`, always.
 */
export function refuse(path: string, rule: string): never {
  throw new VerificationError('COMITY_DEMAND_INVALID', `the demand breaks the rule \`${rule}\``, {
    spec: 'OpenID4VP 1.0 §6',
    details: { path, rule },
  })
}

/** Reads an object that has all the required members and no others than the allowed ones. */
export function readObject(
  value: unknown,
  path: string,
  required: readonly string[],
  optional: readonly string[] = [],
): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(path, 'object')
  const members: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const name of Object.keys(value)) {
    if (!required.includes(name) && !optional.includes(name)) refuse(path, 'unknown-member')
    members[name] = (value as Members)[name]
  }
  for (const name of required) {
    if (members[name] === undefined) refuse(path, `required:${name}`)
  }
  return members
}

/** Reads a list of 1 to `max` items. */
export function readList<Item>(
  value: unknown,
  path: string,
  max: number,
  readItem: (item: unknown, path: string) => Item,
): readonly Item[] {
  if (!Array.isArray(value)) refuse(path, 'array')
  if (value.length < 1 || value.length > max) refuse(path, `items:1..${max}`)
  return Array.from(value, (item: unknown, index) => readItem(item, `${path}/${index}`))
}

/** Reads a text of `min` to `max` characters (code points). */
export function readText(value: unknown, path: string, min: number, max: number): string {
  if (typeof value !== 'string') refuse(path, 'string')
  // The first comparison keeps the count of code points cheap: each has at most two units.
  if (value.length > 2 * max || value.length < min || Array.from(value).length > max) {
    refuse(path, `characters:${min}..${max}`)
  }
  return value
}

/** Reads a text that the pattern matches. */
export function readPattern(value: unknown, path: string, max: number, pattern: RegExp): string {
  const text = readText(value, path, 0, max)
  if (!pattern.test(text)) refuse(path, 'pattern')
  return text
}

/** Reads an integer in a range. */
export function readInteger(value: unknown, path: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
    refuse(path, `integer:${min}..${max}`)
  }
  return value
}

/** Reads one of a few constants. */
export function readChoice<Choice extends string | boolean>(
  value: unknown,
  path: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((each) => each === value)
  if (choice === undefined) refuse(path, `one-of:${choices.join('|')}`)
  return choice
}

/**
 * Reads a member where it is there, as an object to be spread.
 *
 * @returns `{[name]: what was read}`, or `{}` where the member is absent.
 */
export function readOptional<Name extends string, Value>(
  members: Members,
  name: Name,
  path: string,
  read: (value: unknown, path: string) => Value,
): { readonly [member in Name]?: Value } {
  const value = members[name]
  if (value === undefined) return {}
  return { [name]: read(value, `${path}/${name}`) } as { readonly [member in Name]?: Value }
}
