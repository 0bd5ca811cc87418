import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readJson, type JsonValue } from '../../src/encoding/json-reader.ts'
import { readPlainJson } from '../../src/encoding/plain-json.ts'
import { hasLoneSurrogate } from '../../src/encoding/utf8.ts'

const MAX_DEPTH = 6

type Read = (text: string, maxDepth: number) => JsonValue | undefined

/** Everything about a value that its readers could notice: its members in their order, prototypes, what is frozen. */
function described(value: JsonValue | undefined): unknown {
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 'minus zero' : value
  return {
    prototype: Object.getPrototypeOf(value) as unknown,
    frozen: Object.isFrozen(value),
    members: Reflect.ownKeys(value).map((name) => [
      name,
      typeof name === 'string' && name !== 'length'
        ? described((value as Record<string, JsonValue>)[name])
        : null,
    ]),
  }
}

/** Whether a text is either left alone or read as the reader reads it. What the reader refuses must be left alone. */
function agrees(read: Read, text: string): boolean {
  const ours = read(text, MAX_DEPTH)
  if (ours === undefined) return true
  try {
    expect(described(ours)).toEqual(described(readJson(text, MAX_DEPTH)))
    return true
  } catch {
    return false
  }
}

const name = fc.constantFrom(
  'a',
  'b',
  '',
  '__proto__',
  'constructor',
  'length',
  '1',
  '0',
  ':',
  ',',
  'é',
  '😀',
)
const leaf = fc.oneof(
  fc.constantFrom('1', '0', '-0', '1e999', '-1e999', '1e308', '1E2', '0.10', 'null', 'true', 'false'),
  fc.constantFrom(
    '"a:b"',
    '"\\u0061"',
    '"\\ud800"',
    '":"',
    '"{"',
    '" "',
    '"\u007f"',
    '"\u0001"',
    '"é"',
    '"😀"',
  ),
)
const space = fc.constantFrom('', '', '', ' ', '\n\t', '\r', '\u00a0')
/** Texts of JSON, and of what is nearly JSON, in which names are repeated often. */
const { text: nearlyJson } = fc.letrec<{ text: string }>((tie) => ({
  text: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    { weight: 2, arbitrary: leaf },
    { weight: 2, arbitrary: fc.array(tie('text'), { maxLength: 4 }).map((items) => `[${items.join()}]`) },
    {
      weight: 3,
      arbitrary: fc
        .array(fc.tuple(name, space, tie('text')), { maxLength: 4 })
        .map((members) => `{${members.map(([key, gap, value]) => `"${key}"${gap}:${gap}${value}`).join()}}`),
    },
  ),
}))
const edited = fc
  .tuple(nearlyJson, fc.nat(), fc.constantFrom('', '"', ':', ',', '{', '}', '\\', '\u2028', '\ufeff', '0'))
  .map(([text, at, put]) => {
    const place = at % (text.length + 1)
    return text.slice(0, place) + put + text.slice(place)
  })
  // Halves of surrogate pairs are refused before it comes to reading.
  .filter((text) => !hasLoneSurrogate(text))

const nested = fc
  .tuple(fc.nat({ max: 2 * MAX_DEPTH }), fc.constantFrom('[', '{"a":'), nearlyJson)
  .map(([levels, open, text]) => open.repeat(levels) + text + (open === '[' ? ']' : '}').repeat(levels))

describe('readPlainJson', () => {
  it('reads what the reader reads, in the same way, or leaves it alone', () => {
    fc.assert(
      fc.property(fc.oneof(nearlyJson, edited, nested), (text) => agrees(readPlainJson, text)),
      { numRuns: 6000 },
    )
  })

  it.each(['{"a":[1,{"b":"c:d"}],"__proto__":{}}', '[]', '{}', ' { "a" : "é" } ', '"a"', '-0'])(
    'leaves the common text %s not to the reader',
    (text) => {
      expect(readPlainJson(text, MAX_DEPTH)).not.toBeUndefined()
    },
  )

  it.each<[string, string]>([
    ['a repeated name', '{"a":1,"a":2}'],
    ['a repeated name deep inside of what a later one replaces', '{"a":{"b":1,"b":1},"a":1}'],
    ['a repeated __proto__', '{"__proto__":1,"__proto__":2}'],
    ['a name repeated by an escape', '{"a":1,"\\u0061":2}'],
    ['a number without a value', '[1e999]'],
    ['too deep a nesting', '[[[[[[[]]]]]]]'],
    ['half of a surrogate pair', '"\\udc00"'],
    ['a byte order mark', '\ufeff{}'],
    ['a control character', '"\u0000"'],
  ])('leaves %s to the reader', (_, text) => {
    expect(readPlainJson(text, MAX_DEPTH)).toBeUndefined()
  })

  const forgetful: Read = (text) => {
    try {
      return JSON.parse(text) as JsonValue
    } catch {
      return undefined
    }
  }
  it.each<[string, Read]>([
    [
      'forgets about repeated names',
      (text) => readPlainJson(renamed(text), MAX_DEPTH) && forgetful(text, MAX_DEPTH),
    ],
    ['takes any depth', (text) => readPlainJson(text, 128)],
    ['only calls the engine', forgetful],
  ])('would be caught where it %s', (_, broken) => {
    const { failed } = fc.check(
      fc.property(fc.oneof(nearlyJson, nested), (text) => agrees(broken, text)),
      { numRuns: 6000 },
    )
    expect(failed).toBe(true)
  })
})

/** Gives each name a number, so that none is repeated. */
function renamed(text: string): string {
  let count = 0
  return text.replace(/"(\w*)"(\s*):/g, (_, key: string, gap: string) => `"${key}${String(count++)}"${gap}:`)
}
