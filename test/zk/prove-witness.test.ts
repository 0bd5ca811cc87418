import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ComityError } from '../../src/errors/index.ts'
import type { Predicate } from '../../src/demand/index.ts'
import { matchesQuery } from '../../src/demand/index.ts'
import { compilePredicates, documentOf } from '../../src/zk/index.ts'
import { circuitInput } from '../../src/zk/prove.ts'
import { parseManifest } from '../../src/zk/prove/manifest.ts'
import { calculateWitness, WitnessRefused } from '../../src/zk/prove/witness-calculator.ts'
import { BUILD, createProveWorld } from './support/prove-world.ts'

const world = await createProveWorld()
const circuit = await WebAssembly.compile(readFileSync(`${BUILD}/compliance.wasm`))

const ALWAYS: Predicate = { path: ['credentialSubject', 'region'], op: 'eq', value: 'eu' }
const at = (...steps: string[]) => ['credentialSubject', ...steps]

async function inputFor(claims: Record<string, string | number>, predicates: readonly Predicate[]) {
  const credential = await world.credentialWith(claims)
  const { query } = world.demandWith({}, predicates)
  const { secret, anchors, leaf } = world
  const policy = compilePredicates(query)
  const parts = {
    credential,
    secret,
    query,
    policy,
    anchors,
    leaf,
    challenge: 5n,
    domain: 0n,
    escrow: undefined,
  }
  return { input: () => circuitInput(parts), parts, query, credential }
}

describe('circuitInput', () => {
  it('claims of each clause what holds, at the slot where it holds', async () => {
    const { input, credential } = await inputFor({}, [
      { path: at('region'), op: 'in', values: ['uk', 'eu', 'ch'] },
      { path: at('capabilities'), op: 'eq', value: 'invoice:read' },
      { path: at('capabilities'), op: 'none', value: 'trading' },
    ])
    const { claimed, selected } = input()
    expect(claimed).toEqual([0n, 1n, 0n, 1n, 1n, ...Array<bigint>(11).fill(1n)])
    const chosen = selected.map((row) => row.indexOf(1n))
    const slotOf = (value: string) => credential.slots.findIndex((slot) => slot.value === value)
    expect(chosen.slice(0, 5)).toEqual([-1, slotOf('eu'), -1, slotOf('invoice:read'), -1])
    expect((await calculateWitness(circuit, input())).length).toBeGreaterThan(900_000)
  })

  it.each([
    ['in', { path: at('region'), op: 'in', values: ['us', 'uk'] }],
    ['eq', { path: at('capabilities'), op: 'eq', value: 'trading' }],
    ['range', { path: at('openVulnerabilities'), op: 'range', min: 1 }],
    ['range of an epoch', { path: at('assessedAt'), op: 'range', min: { epoch: 0 } }],
    ['none', { path: at('capabilities'), op: 'none', value: 'invoice:read' }],
    ['absent', { path: at('nothing'), op: 'eq', value: 1 }],
  ] as [string, Predicate][])('refuses what does not hold: %s, and says which', async (_, predicate) => {
    const { input } = await inputFor({}, [{ path: at('region'), op: 'eq', value: 'eu' }, predicate])
    const error = await Promise.resolve()
      .then(input)
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      code: 'COMITY_ZK_UNSATISFIED',
      details: { query: 'posture', predicate: 1 },
    })
    expect(JSON.stringify(error)).not.toContain('invoice')
  })

  it('refuses what is revoked, of another type, or out of its time', async () => {
    const { parts, query } = await inputFor({}, [ALWAYS])
    const revoked = (await createProveWorld({ revoked: true })).leaf
    const code = (change: object) => {
      try {
        circuitInput({ ...parts, ...change })
        return undefined
      } catch (error) {
        return (error as ComityError).code
      }
    }
    expect(code({})).toBeUndefined()
    expect(code({ leaf: revoked })).toBe('COMITY_ZK_CREDENTIAL_REVOKED')
    expect(code({ anchors: { ...parts.anchors, epoch: parts.credential.iat - 1 } })).toBe(
      'COMITY_CREDENTIAL_NOT_YET_VALID',
    )
    expect(code({ anchors: { ...parts.anchors, epoch: parts.credential.exp + 1 } })).toBe(
      'COMITY_CREDENTIAL_EXPIRED',
    )
    const other = compilePredicates({ ...query, meta: { ...query.meta, type_values: [['Other']] } })
    expect(code({ policy: other })).toBe('COMITY_CREDENTIAL_TYPE')
    expect(() => circuitInput({ ...parts, credential: { ...parts.credential } })).toThrow(TypeError)
  })

  it('agrees with the demand about random predicates', async () => {
    const { credential, parts } = await inputFor({}, [ALWAYS])
    const text = fc.constantFrom('eu', 'uk', 'invoice:read', 'trading', '2027-01-15T07:00:00Z')
    const path = fc.constantFrom(
      ...['region', 'capabilities', 'openVulnerabilities', 'nothing'].map((name) => at(name)),
    )
    const bound = fc.integer({ min: 0, max: 2 })
    const predicate: fc.Arbitrary<Predicate> = fc.oneof(
      fc.record({ path, op: fc.constant('eq' as const), value: fc.oneof(text, bound) }),
      fc.record({ path, op: fc.constant('none' as const), value: fc.oneof(text, bound) }),
      fc.record({ path, op: fc.constant('range' as const), max: bound }),
      fc.record({
        path,
        op: fc.constant('in' as const),
        values: fc.uniqueArray(text, { minLength: 1, maxLength: 3 }),
      }),
    )
    const outcomes = { yes: 0, no: 0 }
    await fc.assert(
      fc.asyncProperty(fc.array(predicate, { minLength: 1, maxLength: 3 }), async (predicates) => {
        const { query } = world.demandWith({}, predicates)
        const input = () => circuitInput({ ...parts, query, policy: compilePredicates(query) })
        const fact = {
          format: 'vc+jwt' as const,
          types: ['VerifiableCredential', credential.type],
          claims: documentOf(credential),
        }
        const clear = { ...query, format: 'vc+jwt' as const, meta: { type_values: query.meta.type_values } }
        const isMet = matchesQuery(clear, fact, { now: parts.anchors.epoch })
        outcomes[isMet ? 'yes' : 'no']++
        if (isMet) expect(input().claimed).toHaveLength(16)
        else expect(input).toThrow(expect.objectContaining({ code: 'COMITY_ZK_UNSATISFIED' }))
      }),
      { numRuns: 150 },
    )
    expect(Math.min(outcomes.yes, outcomes.no)).toBeGreaterThan(10)
  })
})

describe('calculateWitness', () => {
  it('refuses what breaks a rule, or has another form, and wipes nothing but its own', async () => {
    const { input } = await inputFor({}, [{ path: at('region'), op: 'eq', value: 'eu' }])
    const good = input()
    const refusal = async (change: object): Promise<number | undefined> =>
      calculateWitness(circuit, { ...good, ...change }).then(
        () => undefined,
        (error: unknown) => (error as WitnessRefused).reason,
      )
    expect(await refusal({ secret: good.secret + 1n })).toBe(4)
    expect(await refusal({ claimed: good.claimed.map(() => 0n) })).toBe(4)
    expect(await refusal({ keys: [0n] })).toBe(1)
    expect(await refusal({ more: 1n })).toBe(1)
    expect(await refusal({})).toBeUndefined()
  })
})

describe('parseManifest', () => {
  const text = readFileSync(`${BUILD}/manifest.json`, 'utf8')

  it('reads the one of the circuits', () => {
    expect(parseManifest(new TextEncoder().encode(text))).toMatchObject({ setup: 'development' })
  })

  it('answers any bytes with a coded error and nothing else', () => {
    const bytes = new TextEncoder().encode(text)
    const mutant = fc
      .tuple(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 0, max: 255 }))
      .map(([place, byte]) => bytes.map((old, index) => (index === place ? byte : old)))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), mutant), (input) => {
        try {
          expect(Object.isFrozen(parseManifest(input))).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(ComityError)
        }
      }),
    )
  })
})
