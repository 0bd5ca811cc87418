import { parseJson } from '../encoding/index.ts'

const SPACE = /[\t\n\r ]*/y
const SCALAR = /[^\t\n\r ,:[\]{}"]+/y
/** Numbers of up to 64 bits have no more digits; turning more into a bigint would take long. */
const INTEGER = /^-?\d{1,20}$/
const [QUOTE, BACKSLASH, COLON] = ['"', '\\', ':']

/**
 * Reads integers out of JSON with all their digits, which a double does not have room for.
 *
 * It goes through the text once, however many there are.
 *
 * @param text - JSON that was parsed already, so that it is known to be well-formed and without duplicate names.
 * @param member - The name of the members to look for.
 * @returns Each that is written as an integer of at most 20 digits, by its place, see {@link placeOf}.
 */
export function readExactIntegers(text: string, member: string): ReadonlyMap<string, bigint> {
  const found = new Map<string, bigint>()
  // For each object or list that is open the name of the member that is being read; none in lists.
  const names: string[] = []
  for (let at = skip(text, 0, SPACE); at < text.length; at = skip(text, at, SPACE)) {
    const character = text.charAt(at)
    const end = character === QUOTE ? endOfText(text, at) : skip(text, at, SCALAR)
    if (character === '{' || character === '[') names.push('')
    else if (character === '}' || character === ']') names.pop()
    else if (character === QUOTE) {
      if (text.charAt(skip(text, end, SPACE)) === COLON) names[names.length - 1] = nameOf(text.slice(at, end))
    } else if (names[names.length - 1] === member && INTEGER.test(text.slice(at, end))) {
      found.set(placeOf(names), BigInt(text.slice(at, end)))
    }
    at = Math.max(end, at + 1)
  }
  return found
}

/** Where a member stands: the names from the outermost object on, in one text. */
export function placeOf(names: readonly string[]): string {
  return JSON.stringify(names)
}

function nameOf(literal: string): string {
  return literal.includes(BACKSLASH) ? (parseJson(literal) as string) : literal.slice(1, -1)
}

/** Behind the quotation mark that ends a text. */
function endOfText(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charAt(at)
    if (character === QUOTE) return at + 1
    if (character === BACKSLASH) at += 1
  }
  return text.length
}

/** Behind what a sticky pattern takes. */
function skip(text: string, at: number, pattern: RegExp): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}
