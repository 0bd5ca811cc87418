import { isJsonObject, type JsonObject, type JsonValue } from '../../src/encoding/index.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const OTHERS = ['.', '=', '+', '/', ' ', '\n', '\0', 'é', '"', '~']

/** What a member becomes, whatever it was. */
const REPLACEMENTS: readonly JsonValue[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  2 ** 53,
  '',
  'x',
  [],
  {},
  ['x'],
  [[]],
]

/** A text with something changed in it, and what that is. */
export interface Mutant {
  readonly what: string
  readonly token: string
}

/** Each character of a token replaced, left out, doubled and swapped, round after round, until there are so many. */
export function* byteMutants(token: string, count: number): Generator<Mutant> {
  let made = 0
  for (let round = 0; made < count; round++) {
    for (let at = 0; at < token.length && made < count; at++) {
      const mutated = mutateAt(token, at, round)
      if (mutated === token) continue
      made++
      yield { what: `character ${String(at)}, round ${String(round)}`, token: mutated }
    }
  }
}

function mutateAt(token: string, at: number, round: number): string {
  const [before, character = '', after] = [token.slice(0, at), token[at], token.slice(at + 1)]
  if (round === 0) return before + after
  if (round === 1) return before + character + character + after
  if (round === 2) return before + after.slice(0, 1) + character + after.slice(1)
  if (round === 3) return before
  const place = ALPHABET.indexOf(character)
  const step = round - 3
  if (step < ALPHABET.length) return before + (ALPHABET[(place + step) % ALPHABET.length] ?? '') + after
  return before + (OTHERS[step % OTHERS.length] ?? '') + character.repeat(step % 3) + after
}

/** Each member of an object, at any depth, left out, renamed, or replaced by something else. */
export function* memberMutants(
  object: JsonObject,
): Generator<{ readonly what: string; readonly value: JsonObject }> {
  for (const [name, value] of Object.entries(object)) {
    const { [name]: _left, ...rest } = object
    yield { what: `without ${name}`, value: rest }
    yield { what: `${name} renamed`, value: { ...rest, [`${name}s`]: value } }
    for (const replacement of [...REPLACEMENTS, ...near(value)]) {
      if (JSON.stringify(replacement) !== JSON.stringify(value)) {
        yield { what: `${name} as ${JSON.stringify(replacement)}`, value: { ...object, [name]: replacement } }
      }
    }
    if (isJsonObject(value)) {
      for (const { what, value: inner } of memberMutants(value)) {
        yield { what: `${name}.${what}`, value: { ...object, [name]: inner } }
      }
    }
  }
  yield { what: 'one more member', value: { ...object, more: 1 } }
}

/** What looks much like a value. */
function near(value: JsonValue): readonly JsonValue[] {
  if (typeof value === 'number')
    return [value + 1, value - 1, value * 1000, value / 1000, -value, String(value)]
  if (typeof value === 'string') {
    return [`${value}x`, ` ${value}`, value.slice(1), value.toUpperCase(), [value], Number(value) || 7]
  }
  return Array.isArray(value)
    ? [value.slice(1) as JsonValue, [...(value as JsonValue[]), 'x'], value[0] as JsonValue]
    : []
}

/** The members of a token changed one by one, in header and payload, and the signature left as it is. */
export function* tokenMutants(token: string): Generator<Mutant> {
  const [header = '', payload = '', signature = ''] = token.split('.')
  for (const { what, value } of memberMutants(decode(header))) {
    yield { what: `header: ${what}`, token: [encode(value), payload, signature].join('.') }
  }
  for (const { what, value } of memberMutants(decode(payload))) {
    yield { what: `payload: ${what}`, token: [header, encode(value), signature].join('.') }
  }
}

/** The JSON in a part of a token. */
export function decode(part: string): JsonObject {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as JsonObject
}

function encode(value: JsonObject): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
