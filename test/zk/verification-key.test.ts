import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../src/encoding/index.ts'
import { DEVELOPMENT_KEY_DIGEST } from '../../src/zk/development-key.ts'
import { DEVELOPMENT_VERIFICATION_KEY, parseVerificationKey } from '../../src/zk/index.ts'
import { P } from '../../src/zk/pairing/fp2.ts'
import { codeOf } from '../support/codes.ts'
import { smallPoint, twistPoint } from './support/points.ts'

const json = JSON.parse(JSON.stringify(DEVELOPMENT_VERIFICATION_KEY)) as Record<string, JsonValue>
const generator = json['vk_gamma_2']!
const points = (q: ReturnType<typeof twistPoint>): JsonValue => [
  [String(q.x.c0), String(q.x.c1)],
  [String(q.y.c0), String(q.y.c1)],
  ['1', '0'],
]
const INVALID = 'COMITY_ZK_VERIFICATION_KEY_INVALID'
const ic = json['IC'] as string[][]
const alpha = json['vk_alpha_1'] as string[]

describe('parseVerificationKey', () => {
  it('reads the key of the circuit that is built, and knows it for the development key', () => {
    const built: unknown = JSON.parse(readFileSync('circuits/build/verification_key.json', 'utf8'))
    const key = parseVerificationKey(built)
    expect(key).toEqual({ digest: DEVELOPMENT_KEY_DIGEST, inputs: 1, development: true })
    expect(Object.isFrozen(key)).toBe(true)
    expect(parseVerificationKey(json).digest).toBe(key.digest)
  })

  it('warns once of the development key, unless it is accepted', () => {
    const warnings: string[] = []
    const warn = (message: string) => warnings.push(message)
    parseVerificationKey(json, { warn })
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(/development/)
    parseVerificationKey(json, { warn, acceptDevelopmentSetup: true })
    expect(warnings).toHaveLength(1)
  })

  it('does not take another key for the development key', () => {
    const warnings: string[] = []
    const beta = json['vk_beta_2']!
    const key = parseVerificationKey(
      { ...json, vk_delta_2: beta },
      { warn: (message) => warnings.push(message) },
    )
    expect(key.development).toBe(false)
    expect(key.digest).not.toBe(DEVELOPMENT_KEY_DIGEST)
    expect(warnings).toEqual([])
  })

  it('passes over members that it does not need', () => {
    expect(parseVerificationKey({ ...json, vk_alphabeta_12: 'anything' }).development).toBe(true)
  })

  it.each<readonly [string, unknown]>([
    ['null', null],
    ['a list', []],
    ['an empty object', {}],
    ['another protocol', { ...json, protocol: 'plonk' }],
    ['another curve', { ...json, curve: 'bls12381' }],
    ['no inputs', { ...json, nPublic: 0, IC: [ic[0]] }],
    ['more inputs than points', { ...json, nPublic: 2 }],
    ['65 inputs', { ...json, nPublic: 65, IC: Array.from({ length: 66 }, () => ic[0]) }],
    ['a fraction of an input', { ...json, nPublic: 1.5 }],
    ['inputs as text', { ...json, nPublic: '1' }],
    ['IC that is no list', { ...json, IC: 'IC' }],
    ['a point at infinity', { ...json, vk_alpha_1: ['0', '1', '0'] }],
    ['a point with another last coordinate', { ...json, vk_alpha_1: [alpha[0], alpha[1], '2'] }],
    ['a point with two coordinates', { ...json, vk_alpha_1: alpha.slice(0, 2) }],
    ['a number in hexadecimal', { ...json, vk_alpha_1: ['0x1', '2', '1'] }],
    ['a number with a leading zero', { ...json, vk_alpha_1: ['01', '2', '1'] }],
    ['a negative number', { ...json, vk_alpha_1: ['1', '-2', '1'] }],
    ['a number', { ...json, vk_alpha_1: [1, 2, '1'] }],
    ['a number that is too long', { ...json, vk_alpha_1: ['1'.repeat(100_000), '2', '1'] }],
    ['a coordinate plus p', { ...json, vk_alpha_1: [String(P + 1n), '2', '1'] }],
    ['a point that is not on the curve', { ...json, vk_alpha_1: ['1', '3', '1'] }],
    ['a point of IC that is not on the curve', { ...json, IC: [ic[0], ['1', '3', '1']] }],
    [
      'a point that is not on the twist',
      {
        ...json,
        vk_beta_2: [
          ['1', '2'],
          ['3', '4'],
          ['1', '0'],
        ],
      },
    ],
    ['beta outside of the subgroup', { ...json, vk_beta_2: points(twistPoint(3n)) }],
    ['gamma outside of the subgroup', { ...json, vk_gamma_2: points(twistPoint(3n)) }],
    ['delta outside of the subgroup', { ...json, vk_delta_2: points(smallPoint(10_069n, 3n)) }],
    ['a point of another form', { ...json, vk_beta_2: { x: 1 } }],
    [
      'G2 at infinity',
      {
        ...json,
        vk_beta_2: [
          ['0', '0'],
          ['1', '0'],
          ['0', '0'],
        ],
      },
    ],
    ['delta that is gamma: a setup without contributions', { ...json, vk_delta_2: generator }],
  ])('refuses %s', (_, value) => {
    expect(codeOf(() => parseVerificationKey(value))).toBe(INVALID)
  })

  it('refuses delta that is minus gamma', () => {
    const [x, y, z] = generator as [string[], string[], string[]]
    const minus = y.map((part) => String((P - BigInt(part)) % P))
    expect(codeOf(() => parseVerificationKey({ ...json, vk_delta_2: [x, minus, z] }))).toBe(INVALID)
  })
})
