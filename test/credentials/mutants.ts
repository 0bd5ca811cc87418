import { isJsonObject, type JsonObject, type JsonValue } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.='

/** What a campaign found. */
export interface Campaign {
  /** How many mutants were tried. */
  readonly tried: number
  /** Those that were accepted. */
  readonly accepted: readonly string[]
  /** What was thrown and is no ComityError. */
  readonly strange: readonly unknown[]
}

/** Shows all mutants to a verifier. */
export async function campaign(
  mutants: Iterable<string> | AsyncIterable<string>,
  verify: (token: string) => Promise<unknown>,
): Promise<Campaign> {
  const accepted: string[] = []
  const strange: unknown[] = []
  let tried = 0
  for await (const mutant of mutants) {
    tried++
    try {
      await verify(mutant)
      accepted.push(mutant)
    } catch (error) {
      if (!(error instanceof ComityError)) strange.push(error)
    }
  }
  return { tried, accepted, strange }
}

/**
 * Every character of a token replaced by others, left out, and doubled with another; each mutant once, and never the
 * token itself.
 *
 * @param token - The token that is good.
 * @param replacements - By how many others each character is replaced; which ones depends on the place.
 */
export function* tokenMutants(token: string, replacements: number): Generator<string> {
  for (let at = 0; at < token.length; at++) {
    const [before, after] = [token.slice(0, at), token.slice(at + 1)]
    const start = ALPHABET.indexOf(token[at] ?? '')
    // Steps of 23 go through the whole alphabet of 66; the neighbour first, as that is where spare bits hide.
    for (let step = 0; step < replacements; step++) {
      const other = ALPHABET[(start + 1 + ((step * 23) % 65)) % ALPHABET.length] ?? ''
      if (other !== token[at]) yield before + other + after
    }
    if (token[at] !== token[at + 1]) yield before + after
    yield `${before}${token[at] ?? ''}${ALPHABET[at % ALPHABET.length] ?? ''}${after}`
  }
}

/** Every member of an object, at every depth, left out and given other values; and a new member in every object. */
export function memberMutants(object: JsonObject): readonly JsonObject[] {
  return mutate(object).filter((mutant): mutant is JsonObject => isJsonObject(mutant))
}

const LEFT_OUT = Symbol('left out')
type Mutant = JsonValue | typeof LEFT_OUT

function mutate(value: JsonValue): Mutant[] {
  const own: Mutant[] = [null, 0, '', true, [], {}, [value], { value }]
  if (typeof value === 'string') own.push(`${value}x`, value.slice(0, -1), value.toUpperCase(), ` ${value}`)
  if (typeof value === 'number') own.push(value + 1, -value - 1, String(value), value / 2 + 0.1)
  if (typeof value === 'boolean') own.push(!value)
  const inside = Array.isArray(value) ? mutateList(value) : isJsonObject(value) ? mutateObject(value) : []
  return [...own.filter((mutant) => JSON.stringify(mutant) !== JSON.stringify(value)), ...inside]
}

function mutateList(list: readonly JsonValue[]): Mutant[] {
  const changed = list.flatMap((item, index) => {
    return [LEFT_OUT, ...mutate(item)].map((mutant) => {
      return list.flatMap((kept, at) =>
        at !== index ? [kept] : mutant === LEFT_OUT ? [] : [mutant as JsonValue],
      )
    })
  })
  return [...changed, [...list, 'more'], [...list].reverse()].filter((mutant) => {
    return JSON.stringify(mutant) !== JSON.stringify(list)
  })
}

function mutateObject(object: JsonObject): Mutant[] {
  const changed = Object.entries(object).flatMap(([name, member]) => {
    return [LEFT_OUT, ...mutate(member)].map((mutant) => {
      const entries = Object.entries(object).flatMap(([kept, own]) => {
        return kept !== name ? [[kept, own]] : mutant === LEFT_OUT ? [] : [[kept, mutant]]
      })
      return Object.fromEntries(entries as [string, JsonValue][])
    })
  })
  return [...changed, { ...object, more: 'x' }, { more: 'x', ...object }]
}

/** The compact form of a JWS with another header or payload and the old signature. */
export function withParts(
  token: string,
  parts: { readonly header?: JsonObject; readonly payload?: JsonObject },
): string {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const encode = (part: JsonObject): string => Buffer.from(JSON.stringify(part)).toString('base64url')
  return [
    parts.header === undefined ? header : encode(parts.header),
    parts.payload === undefined ? payload : encode(parts.payload),
    signature,
  ].join('.')
}
