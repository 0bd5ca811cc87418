import fc from 'fast-check'

const id = fc.string({
  unit: fc.constantFrom('a', 'b', 'c', 'X', '0', '9', '_', '-'),
  minLength: 1,
  maxLength: 5,
})
const text = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom('eu', '2026-01-01T12:00:00Z', '__proto__', 'constructor', '𝒳'),
)
const value = fc.oneof(text, fc.boolean(), fc.integer({ min: -5, max: 5 }), fc.maxSafeInteger())
const zkValue = fc.oneof(text, fc.boolean(), fc.maxSafeNat())
const path = fc.array(fc.oneof(text, fc.constant(null), fc.nat({ max: 3 })), { minLength: 1, maxLength: 4 })
const zkPath = fc.array(fc.oneof(text, fc.constant(null)), { minLength: 1, maxLength: 4 })
const nonEmpty = <Item>(items: fc.Arbitrary<Item>, maxLength = 3) =>
  fc.array(items, { minLength: 1, maxLength })

function predicate(paths: fc.Arbitrary<unknown>, values: fc.Arbitrary<unknown>, relative: 'now' | 'epoch') {
  const bounds = fc.tuple(fc.nat({ max: 99 }), fc.nat({ max: 99 })).map((pair) => pair.sort((a, b) => a - b))
  return fc.oneof(
    fc.record({ path: paths, op: fc.constantFrom('eq', 'none'), value: values }),
    fc.record({ path: paths, op: fc.constant('in'), values: nonEmpty(values) }),
    fc
      .tuple(paths, bounds, fc.constantFrom('min', 'max', 'both'), fc.boolean())
      .map(([at, [low, high], kind, isRelative]) => {
        const bound = (number: number | undefined) => (isRelative ? { [relative]: number } : number)
        return {
          path: at,
          op: 'range',
          ...(kind === 'max' ? {} : { min: bound(low) }),
          ...(kind === 'min' ? {} : { max: bound(high) }),
        }
      }),
  )
}

const claims = fc
  .uniqueArray(fc.record({ id, path, values: nonEmpty(value) }, { requiredKeys: ['id', 'path'] }), {
    minLength: 1,
    maxLength: 3,
    selector: (claim) => claim.id,
  })
  .chain((list) =>
    fc.record(
      {
        claims: fc.constant(list),
        claim_sets: nonEmpty(nonEmpty(fc.constantFrom(...list.map((claim) => claim.id)))),
      },
      { requiredKeys: ['claims'] },
    ),
  )

const typeValues = nonEmpty(nonEmpty(fc.constantFrom('A', 'B', 'AgentPostureCredential')))
const common = {
  multiple: fc.constant(false),
  require_cryptographic_holder_binding: fc.constant(true),
}
const predicates = nonEmpty(predicate(path, value, 'now'))
const zkPredicates = nonEmpty(predicate(zkPath, zkValue, 'epoch'))
const zkMeta = fc.record(
  {
    type_values: typeValues,
    anchors: fc.constant('urn:sha256:x'),
    epoch: fc.nat(),
    auditor: fc.constant('did:web:a#k'),
    domain: fc.constant('did:web:a'),
  },
  { requiredKeys: ['type_values', 'anchors', 'epoch'] },
)
const requiredKeys: ['id', 'format', 'meta'] = ['id', 'format', 'meta']
const query = fc
  .tuple(
    fc.oneof(
      fc.record(
        {
          id,
          format: fc.constant('vc+jwt'),
          meta: fc.record({ type_values: typeValues }),
          predicates,
          ...common,
        },
        { requiredKeys },
      ),
      fc.record(
        {
          id,
          format: fc.constant('dc+sd-jwt'),
          meta: fc.record({ vct_values: nonEmpty(text.filter(Boolean)) }),
          predicates,
          ...common,
        },
        { requiredKeys },
      ),
      fc.record(
        { id, format: fc.constant('comity-zk'), meta: zkMeta, predicates: zkPredicates, ...common },
        { requiredKeys },
      ),
    ),
    fc.option(claims, { nil: {} }),
  )
  .map(([base, more]) => ({ ...base, ...more }))

/** Sets in which every one of the queries is, and at least one of them is required. */
function sets(ids: readonly string[]) {
  return nonEmpty(
    fc.record(
      { options: nonEmpty(nonEmpty(fc.constantFrom(...ids))), required: fc.boolean() },
      { requiredKeys: ['options'] },
    ),
  ).map((list) => [...list, { options: ids.map((each) => [each]) }])
}

const credentials = fc
  .uniqueArray(query, { minLength: 1, maxLength: 4, selector: (each) => each.id })
  .chain((queries) =>
    fc.record(
      { credentials: fc.constant(queries), credential_sets: sets(queries.map((each) => each.id)) },
      { requiredKeys: ['credentials'] },
    ),
  )

/** Valid demands of all kinds. */
export const demandArbitrary: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ anyone: true }) },
  {
    weight: 20,
    arbitrary: fc
      .tuple(
        credentials,
        fc.record(
          {
            posture: fc.record({ maxAge: fc.integer({ min: 1, max: 31_622_400 }) }),
            spiffe: fc.record(
              {
                trustDomains: nonEmpty(fc.constantFrom('a.example', 'b_c-d.example')),
                paths: nonEmpty(fc.constantFrom('/a', '/a/*', '/*/b')),
                svid: fc.constantFrom('required', 'if-present'),
              },
              { requiredKeys: ['trustDomains'] },
            ),
            channel: fc.record({ binding: fc.constantFrom('required', 'if-present', 'off') }),
          },
          { requiredKeys: [] },
        ),
      )
      .map(([first, second]) => ({ ...first, ...second })),
  },
)

type Place = { parent: Record<string, unknown> | unknown[]; key: string | number }

/** All places in a value at which something can be changed. */
function places(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return []
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
  const parent = value as Record<string, unknown>
  return keys.flatMap((key) => [{ parent, key }, ...places(parent[key])])
}

const junk = fc.oneof(
  fc.constantFrom<unknown[]>(
    null,
    true,
    false,
    0,
    1,
    -1,
    0.5,
    '',
    '*',
    'eq',
    'range',
    'now',
    [],
    {},
    [[]],
    2 ** 53,
  ),
  fc.constantFrom<unknown[]>(['a'], [null], { now: 1 }, { epoch: 1 }, 'x'.repeat(64), 'x'.repeat(65)),
  fc.constantFrom<unknown[]>('𝒳'.repeat(512), 'x'.repeat(513), 65_536, 1e9, -1e9, 1e9 + 1, 31_622_401),
)

/** Valid demands with one member replaced, removed, added, or one list made longer. */
export const brokenDemand: fc.Arbitrary<unknown> = fc
  .tuple(
    demandArbitrary,
    fc.nat(),
    fc.constantFrom('replace', 'remove', 'add', 'stretch'),
    junk,
    fc.constantFrom(17, 33, 65),
  )
  .map(([demand, index, kind, replacement, length]) => {
    const changed = structuredClone(demand)
    const all = places(changed)
    const { parent, key } = all[index % all.length]!
    if (Array.isArray(parent)) {
      const items = parent
      if (kind === 'stretch') items.push(...Array.from({ length }, () => structuredClone(items[0])))
      else if (kind === 'add') items.push(replacement)
      else if (kind === 'remove') items.splice(Number(key), 1)
      else items[Number(key)] = replacement
    } else if (kind === 'remove') {
      Reflect.deleteProperty(parent, key)
    } else {
      const members = parent
      members[
        kind === 'add'
          ? ['more', 'predicates', 'required', 'epoch', 'value', 'min', 'anyone'][index % 7]!
          : key
      ] = replacement
    }
    return changed
  })
