import { DEMAND_LIMITS as LIMITS } from './demand.ts'
import { freezeDeep } from './freeze.ts'

/** A JSON Schema, or a part of one. */
export interface JsonSchema {
  /** A keyword and its value. */
  readonly [keyword: string]: unknown
}

const ref = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` })
const list = (items: JsonSchema, maxItems: number): JsonSchema => ({
  type: 'array',
  minItems: 1,
  maxItems,
  items,
})
const closed = (
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[],
): JsonSchema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const integer = (minimum: number, maximum: number): JsonSchema => ({ type: 'integer', minimum, maximum })
const text = (maxLength: number): JsonSchema => ({ type: 'string', minLength: 1, maxLength })

const relative = integer(-LIMITS.relativeSeconds, LIMITS.relativeSeconds)

/** The predicates: any path, integer and `{now}` bound, or only those that a circuit can judge. */
function predicate(path: string, value: string, bound: string): JsonSchema {
  return {
    oneOf: [
      closed({ path: ref(path), op: { enum: ['eq', 'none'] }, value: ref(value) }, ['path', 'op', 'value']),
      closed({ path: ref(path), op: { const: 'in' }, values: list(ref(value), LIMITS.values) }, [
        'path',
        'op',
        'values',
      ]),
      {
        ...closed({ path: ref(path), op: { const: 'range' }, min: ref(bound), max: ref(bound) }, [
          'path',
          'op',
        ]),
        anyOf: [{ required: ['min'] }, { required: ['max'] }],
      },
    ],
  }
}

function query(format: string, meta: JsonSchema, predicates: string): JsonSchema {
  return {
    ...closed(
      {
        id: ref('id'),
        format: { const: format },
        meta,
        multiple: { const: false },
        require_cryptographic_holder_binding: { const: true },
        claims: list(ref('claim'), LIMITS.claims),
        claim_sets: list(list(ref('id'), LIMITS.claims), LIMITS.claimSets),
        predicates: list(ref(predicates), LIMITS.predicates),
      },
      ['id', 'format', 'meta'],
    ),
    dependentSchemas: {
      claim_sets: { required: ['claims'], properties: { claims: { items: { required: ['id'] } } } },
    },
  }
}

const typeValues = list(list(text(LIMITS.text), LIMITS.types), LIMITS.types)
const safe = Number.MAX_SAFE_INTEGER

/**
 * The JSON Schema (2020-12) of a demand: {@link parseDemand} accepts nothing that this refuses.
 *
 * What no JSON Schema can say, the parser checks besides: the ids of queries are unique, and the ids of claims within
 * their query; every id in a set names something, and where there are sets every query is in one; `min` is not above
 * `max` where both count from the same start; and `anyone` is there exactly where nothing is required.
 */
export const demandSchema: JsonSchema = freezeDeep({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:comity:schema:demand:1',
  title: 'Demand',
  description: 'What one agent asks of another: DCQL (OpenID4VP 1.0 §6) with extension members.',
  ...closed(
    {
      anyone: { const: true },
      credentials: list({ oneOf: [ref('vcJwt'), ref('sdJwt'), ref('zk')] }, LIMITS.queries),
      credential_sets: list(ref('set'), LIMITS.sets),
      posture: closed({ maxAge: integer(1, LIMITS.maxAge) }, ['maxAge']),
      spiffe: ref('spiffe'),
      channel: closed({ binding: { enum: ['required', 'if-present', 'off'] } }, ['binding']),
    },
    [],
  ),
  minProperties: 1,
  dependentRequired: { credential_sets: ['credentials'] },
  $defs: {
    id: { type: 'string', pattern: `^[A-Za-z0-9_-]{1,${LIMITS.id}}$` },
    vcJwt: query('vc+jwt', closed({ type_values: typeValues }, ['type_values']), 'predicate'),
    sdJwt: query(
      'dc+sd-jwt',
      closed({ vct_values: list(text(LIMITS.text), LIMITS.types) }, ['vct_values']),
      'predicate',
    ),
    zk: query(
      'comity-zk',
      closed(
        {
          type_values: typeValues,
          anchors: text(LIMITS.text),
          epoch: integer(0, safe),
          auditor: text(LIMITS.text),
          domain: { type: 'string', maxLength: LIMITS.text, pattern: '^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$' },
        },
        ['type_values', 'anchors', 'epoch'],
      ),
      'zkPredicate',
    ),
    set: closed({ options: list(list(ref('id'), LIMITS.sets), LIMITS.sets), required: { type: 'boolean' } }, [
      'options',
    ]),
    claim: closed({ id: ref('id'), path: ref('path'), values: list(ref('value'), LIMITS.values) }, ['path']),
    path: list({ oneOf: [ref('name'), { type: 'null' }, integer(0, LIMITS.index)] }, LIMITS.path),
    zkPath: list({ oneOf: [ref('name'), { type: 'null' }] }, LIMITS.path),
    name: { type: 'string', maxLength: LIMITS.text },
    value: {
      oneOf: [{ type: 'string', maxLength: LIMITS.text }, { type: 'boolean' }, integer(-safe, safe)],
    },
    zkValue: { oneOf: [{ type: 'string', maxLength: LIMITS.text }, { type: 'boolean' }, integer(0, safe)] },
    bound: { oneOf: [integer(-safe, safe), closed({ now: relative }, ['now'])] },
    zkBound: { oneOf: [integer(0, safe), closed({ epoch: relative }, ['epoch'])] },
    predicate: predicate('path', 'value', 'bound'),
    zkPredicate: predicate('zkPath', 'zkValue', 'zkBound'),
    spiffe: closed(
      {
        trustDomains: list({ type: 'string', pattern: '^[a-z0-9._-]{1,255}$' }, LIMITS.spiffe),
        paths: list(
          { type: 'string', maxLength: LIMITS.text, pattern: '^(?:/(?:[A-Za-z0-9._-]+|\\*))+$' },
          LIMITS.spiffe,
        ),
        svid: { enum: ['required', 'if-present'] },
      },
      ['trustDomains'],
    ),
  },
})
