import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { predicateHolds, type Predicate, type ZkQuery } from '../../src/demand/index.ts'
import type { JsonObject, JsonValue } from '../../src/encoding/index.ts'
import {
  compilePredicates,
  encodeClaims,
  hashToField,
  type ClaimSlot,
  type CompiledPolicy,
} from '../../src/zk/index.ts'
import { codeOf } from './support/code-of.ts'

const epoch = 1_764_000_000

function queryOf(...predicates: Predicate[]): ZkQuery {
  return { id: 'q', format: 'comity-zk', meta: { type_values: [['A']], anchors: 'urn:x', epoch }, predicates }
}

/** What the circuit computes: each clause needs a predicate that holds over the slots. */
function policyHolds({ predicates }: CompiledPolicy, slots: readonly ClaimSlot[]): boolean {
  const holds = ({ key, op, lo, hi }: CompiledPolicy['predicates'][number]): boolean => {
    const values = slots.filter((slot) => slot.key === key).map(({ field }) => field)
    if (op === 0n) return true
    if (op === 1n) return values.includes(lo)
    if (op === 3n) return !values.includes(lo)
    return values.some((value) => value < 2n ** 64n && value >= lo && value <= hi)
  }
  const clauses: boolean[] = []
  for (const predicate of predicates) {
    if (predicate.joined === 1n) clauses[clauses.length - 1] ||= holds(predicate)
    else clauses.push(holds(predicate))
  }
  return clauses.every(Boolean)
}

// A small world, so that predicates and documents meet.
const name = fc.constantFrom('a', 'b', '__proto__', 'id')
const scalar = fc.oneof(
  fc.nat({ max: 4 }),
  fc.boolean(),
  fc.constantFrom(
    'eu',
    'uk',
    '',
    '1',
    'true',
    '2025-11-24T16:00:00Z',
    '2025-11-24T16:00:00.5+00:00',
    epoch,
    epoch + 1,
  ),
  fc.constantFrom(null, 0.5),
)
const content: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'd' },
    { weight: 3, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.dictionary(name, tie('value'), { maxKeys: 3, noNullPrototype: false }) },
  ),
})).value
const document = fc
  .dictionary(name, content, { maxKeys: 3 })
  .map((subject): JsonObject => ({ credentialSubject: subject }))
const path = fc
  .tuple(
    fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      fc.array(fc.oneof(name, fc.constant(null)), { maxLength: 3 }),
    ),
    name,
  )
  .map(([steps, last]) => ['credentialSubject', ...steps, last])
const wanted = fc.oneof(
  fc.nat({ max: 4 }),
  fc.boolean(),
  fc.constantFrom('eu', '1', 'true', '2025-11-24T16:00:00Z', epoch),
)
const bound = fc.oneof(
  fc.nat({ max: 4 }),
  fc.integer({ min: -2, max: 2 }).map((n) => ({ epoch: n })),
)
const predicate = fc.oneof(
  fc.record({ path, op: fc.constantFrom('eq', 'none'), value: wanted }),
  fc.record({ path, op: fc.constant('in'), values: fc.array(wanted, { minLength: 1, maxLength: 3 }) }),
  fc.record({ path, op: fc.constant('range'), min: bound }),
  fc.record({ path, op: fc.constant('range'), max: bound }),
  fc.record({ path, op: fc.constant('range'), min: bound, max: bound }),
) as fc.Arbitrary<Predicate>

describe('the encoding of claims', () => {
  it('lets the circuit judge as demands are judged', () => {
    const seen = { true: 0, false: 0 }
    fc.assert(
      fc.property(
        document,
        fc.array(predicate, { minLength: 1, maxLength: 2 }),
        fc.nat(),
        (credential, drawn, aim) => {
          // Most often a predicate drawn at random has nothing to judge, so it is aimed at a claim that is there.
          const slots = encodeClaims(credential)
          const target = slots[aim % (slots.length + 1)]
          const predicates = drawn.map((each) => {
            if (target === undefined) return each
            const isSame = each.op === 'eq' || each.op === 'none'
            return { ...each, path: target.path, ...(isSame && aim % 2 === 0 ? { value: target.value } : {}) }
          })
          let compiled: CompiledPolicy | undefined
          const code = codeOf(() => (compiled = compilePredicates(queryOf(...predicates))))
          fc.pre(code === undefined && compiled !== undefined)
          const expected = predicates.every((each) => predicateHolds(each, credential, { now: 1, epoch }))
          expect(policyHolds(compiled, slots)).toBe(expected)
          seen[expected ? 'true' : 'false']++
        },
      ),
      { numRuns: 1200 },
    )
    expect(seen).toSatisfy(({ true: yes, false: no }: typeof seen) => Math.min(yes, no) > 80)
  })

  it('hashes paths, texts and booleans, and takes integers and times as they are', () => {
    const slots = encodeClaims({
      credentialSubject: {
        id: 'did:web:agent.example',
        region: 'eu',
        openCriticalVulnerabilities: 0,
        audited: true,
        assessedAt: '2025-11-24T16:00:00.999+01:00',
        capabilities: ['a', ['b']],
        vendors: [{ name: 'x' }, { name: 'y', id: 7 }],
        nothing: null,
        ratio: 0.5,
        empty: {},
      },
      issuer: 'did:web:issuer.example',
    })
    const at = (path: string): bigint => hashToField('path', path)
    expect(slots.map(({ key, field }) => [key, field])).toEqual([
      [at('["credentialSubject","region"]'), hashToField('text', 'eu')],
      [at('["credentialSubject","openCriticalVulnerabilities"]'), 0n],
      [at('["credentialSubject","audited"]'), hashToField('boolean', 'true')],
      [at('["credentialSubject","assessedAt"]'), 1763996400n],
      [at('["credentialSubject","capabilities"]'), hashToField('text', 'a')],
      [at('["credentialSubject","capabilities"]'), hashToField('text', 'b')],
      [at('["credentialSubject","vendors",null,"name"]'), hashToField('text', 'x')],
      [at('["credentialSubject","vendors",null,"name"]'), hashToField('text', 'y')],
      [at('["credentialSubject","vendors",null,"id"]'), 7n],
    ])
  })

  it.each([
    ['a negative number', { n: -1 }],
    ['a time before 1970', { at: ['1969-12-31T23:59:59Z'] }],
  ])('has no number for %s', (_, subject) => {
    expect(codeOf(() => encodeClaims({ credentialSubject: subject }))).toBe('COMITY_ZK_CLAIM_UNENCODABLE')
  })

  it('has room for 32', () => {
    const values = Array.from({ length: 32 }, (_, i) => i)
    expect(encodeClaims({ credentialSubject: { id: 'did:web:a.example', values } })).toHaveLength(32)
    expect(codeOf(() => encodeClaims({ credentialSubject: { values: [...values, 1] } }))).toBe(
      'COMITY_ZK_CLAIMS_TOO_MANY',
    )
  })

  it('finds nothing where there is no subject', () => {
    expect(encodeClaims({ region: 'eu' })).toEqual([])
  })
})
