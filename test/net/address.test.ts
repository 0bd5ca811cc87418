import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import vectors from '../../fixtures/net/addresses.json' with { type: 'json' }
import { classifyAddress, isSameAddress } from '../../src/net/address.ts'

describe('classifyAddress', () => {
  it.each(vectors.cases)('$id ($spec)', ({ input, expect: expected }) => {
    expect(classifyAddress(input)).toBe(expected)
  })

  const byte = fc.nat({ max: 255 })
  const isSpecial = ([a, b]: readonly [number, number, ...number[]]): boolean =>
    a === 0 ||
    a === 10 ||
    a === 127 ||
    a >= 224 ||
    (a === 100 && b >= 64 && b < 128) ||
    (a === 169 && b === 254)
  const isPrivate = ([a, b]: readonly [number, number, ...number[]]): boolean =>
    (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168)

  it('lets no IPv4 address of the well-known special ranges through', () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.oneof(byte, fc.constantFrom(0, 10, 100, 127, 169, 172, 192, 224, 255)), byte, byte, byte),
        (bytes) => {
          fc.pre(isSpecial(bytes) || isPrivate(bytes))
          expect(classifyAddress(bytes.join('.'))).not.toBe('public')
        },
      ),
    )
  })

  it('lets no IPv6 address through that carries an IPv4 address', () => {
    const prefix = fc.constantFrom('::ffff:', '::', '::ffff:0:', '64:ff9b::', '64:ff9b:1::')
    fc.assert(
      fc.property(prefix, fc.ipV4(), (before, address) => {
        expect(classifyAddress(`${before}${address}`)).not.toBe('public')
      }),
    )
  })

  it('answers any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.ipV4Extended(), fc.ipV6()), (text) => {
        expect(['public', 'loopback', 'refused']).toContain(classifyAddress(text))
      }),
    )
  })
})

describe('isSameAddress', () => {
  it('compares values and not spellings', () => {
    expect(isSameAddress('::1', '0:0:0:0:0:0:0:1')).toBe(true)
    expect(isSameAddress('127.0.0.1', '::ffff:127.0.0.1')).toBe(true)
    expect(isSameAddress('127.0.0.1', '127.0.0.2')).toBe(false)
    expect(isSameAddress('localhost', 'localhost')).toBe(false)
  })
})
