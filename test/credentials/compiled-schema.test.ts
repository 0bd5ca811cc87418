import { Validator } from '@cfworker/json-schema'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import schemaCases from '../../fixtures/credentials/schemas.json' with { type: 'json' }
import { compileSchema, type SchemaJudge } from '../../src/credentials/compiled-schema.ts'
import { CREDENTIAL_TYPES, credentialSchemas, type CredentialType } from '../../src/credentials/index.ts'
import { disclosedSchema } from '../../src/credentials/sd-jwt/disclosed-schema.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/encoding/index.ts'
import { memberMutants } from './mutants.ts'

function library(schema: JsonObject): SchemaJudge {
  const validator = new Validator(structuredClone(schema), '2020-12', false)
  return (value) => validator.validate(value).valid
}

function subjectOf(type: CredentialType): JsonObject {
  return { id: 'did:web:agent.example', ...schemaCases.claims[type] }
}

/** Each schema, the form of it for what is disclosed, and a value that matches. */
const subjects = CREDENTIAL_TYPES.flatMap((type) => {
  const schema = credentialSchemas[type] as unknown as JsonObject
  const times = { validFrom: '2026-11-24T00:00:00Z', validUntil: '2026-11-25T00:00:00Z' }
  return [
    { name: type, schema, valid: { ...times, credentialSubject: subjectOf(type) } },
    { name: `what is disclosed of ${type}`, schema: disclosedSchema(schema), valid: subjectOf(type) },
  ]
})

/** Values about the bounds, patterns and formats of the schemas. */
const STRANGE: readonly JsonValue[] = [
  ...[null, true, 0, -0, -1, 1, 1.5, 3, 4, 5, 6, 36500, 36501, 1e6, 1e6 + 1, 1e12, 1e12 + 1, 1e300],
  ...[[], {}, [null], { a: 1 }, ['none'], { method: 'none', more: 1 }, { a: { a: 1 } }],
  ...[
    '',
    'none',
    'https_spiffe',
    'EUR',
    'eu',
    'eu-west-1',
    'EU',
    '-eu',
    'did:web:a',
    'did:web:a:',
    'a@b',
    '+49',
  ],
  ...['2026-02-29', '2024-02-29', '2026-13-01', '2026-11-24T23:59:60Z', '2026-11-24T24:00:00Z'],
  ...[
    '2026-11-24T05:46:00+23:59',
    '2026-11-24T05:46:00+24:00',
    '2026-02-30T05:46:00Z',
    '2026-11-24t05:46:00z',
  ],
  ...['https://a/', 'https://', 'spiffe://a/b', 'spiffe://a/', 'a:b', `sha256:${'0'.repeat(64)}`],
  ...['a', '😀', 'A'].flatMap((text) =>
    [1, 63, 64, 65, 128, 129, 254, 255, 256, 257, 512, 513, 2048, 2049].map((count) => text.repeat(count)),
  ),
  ...['eu', 'did:web:a', { type: 'a' }].flatMap((item) =>
    [1, 32, 33, 64, 65, 128, 129, 256, 257].map((count) => Array.from({ length: count }, () => item)),
  ),
]

const strange: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom(...STRANGE),
  fc.string().map((text) => `did:web:${text}`),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue>,
)

/** A value in which each member and item, wherever it is, and itself, was replaced by each strange value in turn. */
function* everyReplacement(value: JsonValue): Generator<JsonValue> {
  yield* STRANGE
  if (typeof value !== 'object' || value === null) return
  for (const [index, inner] of Object.values(value).entries()) {
    for (const put of everyReplacement(inner)) yield replaced(value, [index], put)
  }
}

/** A value with some of its members or items replaced, wherever they are. */
function altered(value: JsonObject): fc.Arbitrary<JsonValue> {
  return fc
    .array(fc.tuple(fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 5 }), strange), {
      minLength: 1,
      maxLength: 3,
    })
    .map((changes) => changes.reduce<JsonValue>((result, [path, put]) => replaced(result, path, put), value))
}

function replaced(value: JsonValue, [step, ...path]: readonly number[], put: JsonValue): JsonValue {
  if (step === undefined || typeof value !== 'object' || value === null) return put
  const names = Object.keys(value)
  const name = names[step % (names.length + 1)] ?? 'another'
  const inner = replaced((value as Record<string, JsonValue>)[name] ?? null, path, put)
  if (isJsonObject(value)) return { ...value, [name]: inner }
  return Object.assign([...value], {
    [name === 'another' ? names.length : name]: inner,
  })
}

describe.each(subjects)('the compiled schema of $name', ({ schema, valid }) => {
  const ours = compileSchema(schema)
  const theirs = library(schema)

  it('takes what matches', () => {
    expect([ours(valid), theirs(valid)]).toEqual([true, true])
  })

  it('says what the library says of every member left out, and replaced by values about the bounds', () => {
    for (const mutant of memberMutants(valid))
      expect([ours(mutant), mutant]).toEqual([theirs(mutant), mutant])
  })

  it('says what the library says of several changes at once', () => {
    fc.assert(
      fc.property(altered(valid), (value) => ours(value) === theirs(value)),
      { numRuns: 600 },
    )
  })
})

describe('compileSchema', () => {
  it.each<[string, JsonObject]>([
    ['a keyword that is not known', { type: 'object', oneOf: [] }],
    ['a keyword that a prototype has', { constructor: {} }],
    ['a type that is not known', { type: 'null' }],
    ['several types', { type: ['string', 'number'] }],
    ['a format that is not known', { format: 'uri' }],
    ['a pattern that is not known', { pattern: '^a$' }],
    ['a bound that is no number', { maxLength: '1' }],
    ['an enumeration of other values than texts', { enum: [1] }],
    ['additional properties with a schema', { properties: {}, additionalProperties: {} }],
    ['a condition with two branches', { if: {}, then: {}, else: {} }],
    ['a condition without a branch', { if: {} }],
    ['a schema that is none', { items: true }],
  ])('refuses %s', (_, schema) => {
    expect(() => compileSchema(schema)).toThrow(TypeError)
  })

  it.each<[string, (schema: string) => string]>([
    ['a required member fewer', (schema) => schema.replace('"required":["id",', '"required":[')],
    ['another bound', (schema) => schema.replace(/"maximum":36500/, '"maximum":36501')],
    ['more members allowed', (schema) => schema.replace('"additionalProperties":false,', '')],
    ['a pattern less strict', (schema) => schema.replace('^[a-z0-9]+(-[a-z0-9]+)*$', '^[a-z0-9._-]{1,255}$')],
    ['no format', (schema) => schema.replace('"format":"date-time",', '')],
  ])('would be caught with %s', (_, change) => {
    const schema = credentialSchemas.AgentPostureCredential as unknown as JsonObject
    const text = JSON.stringify(schema)
    expect(change(text)).not.toBe(text)
    const [broken, theirs] = [compileSchema(JSON.parse(change(text)) as JsonObject), library(schema)]
    const valid = subjects.find(({ name }) => name === 'AgentPostureCredential')?.valid ?? {}
    const changed = [...everyReplacement(valid), ...memberMutants(valid)]
    expect(changed.some((value) => broken(value) !== theirs(value))).toBe(true)
  })
})
