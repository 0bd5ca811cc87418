import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseStatusReference, parseTokenStatus } from '../../src/credentials/index.ts'
import type { JsonObject, JsonValue } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import {
  createTokenStatusList,
  decodeTokenStatusList,
  encodeTokenStatusList,
  type TokenStatusBits,
} from '../../src/status/index.ts'
import { codeOf, codeOfPromise } from '../support/codes.ts'

const URI = 'https://acme.example/status/token/1'
const bits = fc.constantFrom<TokenStatusBits>(1, 2, 4, 8)

function lst(bytes: Uint8Array, compress: (bytes: Uint8Array) => Buffer = deflateSync): string {
  return compress(bytes).toString('base64url')
}

describe('a list', () => {
  it('keeps each status by itself, in every width', async () => {
    const writes = fc.array(fc.tuple(fc.nat(255), fc.nat(255)), { maxLength: 64 })
    await fc.assert(
      fc.asyncProperty(bits, writes, async (width, pairs) => {
        const list = createTokenStatusList({ length: 256, bits: width })
        const expected = new Map<number, number>()
        for (const [index, value] of pairs) {
          const status = value % 2 ** width
          expect(list.set(index, status)).toBe((expected.get(index) ?? 0) !== status)
          expected.set(index, status)
        }
        const decoded = await decodeTokenStatusList(await encodeTokenStatusList(list))
        expect(decoded.bits).toBe(width)
        expect(decoded.length).toBe(256)
        for (let index = 0; index < 256; index++) expect(decoded.get(index)).toBe(expected.get(index) ?? 0)
      }),
    )
  })

  // The figures of the specification, §4.1: bits from the least significant on.
  it.each<[TokenStatusBits, number[], number[]]>([
    [1, [0xb9, 0xa3], [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]],
    [2, [0xc9, 0x44, 0xf9], [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]],
  ])('of %d bits is packed as the specification draws it', async (width, bytes, statuses) => {
    const list = createTokenStatusList({ length: statuses.length, bits: width })
    statuses.forEach((status, index) => list.set(index, status))
    expect([...list.bytes]).toEqual(bytes)
    const decoded = await decodeTokenStatusList({ bits: width, lst: lst(Uint8Array.from(bytes)) })
    expect(statuses.map((_, index) => decoded.get(index))).toEqual(statuses)
  })

  it.each([-1, 16, 17, 0.5, NaN, Infinity, 2 ** 53, 2 ** 32])('says nothing about place %d', (index) => {
    const list = createTokenStatusList({ length: 16, bits: 1 })
    expect(codeOf(() => list.get(index))).toBe('COMITY_STATUS_LIST_INVALID')
    expect(codeOf(() => list.set(index, 1))).toBe('COMITY_STATUS_LIST_INVALID')
  })

  it.each([-1, 4, 0.5, NaN])('does not take the status %d into two bits', (status) => {
    expect(() => createTokenStatusList({ length: 16 }).set(0, status)).toThrow(TypeError)
  })

  it.each<object>([
    { length: 3 },
    { length: 0 },
    { length: -8 },
    { length: 2 ** 26 },
    { bits: 3 },
    { bits: '1' },
  ])('is not made with %j', (options) => {
    expect(() => createTokenStatusList(options)).toThrow(TypeError)
  })
})

describe('the claim status_list', () => {
  const bytes = Uint8Array.from([0xb9, 0xa3])
  const good: JsonObject = { bits: 1, lst: lst(bytes) }

  it.each<[string, JsonValue]>([
    ['is null', null],
    ['is a list', [good]],
    ['has 3 bits', { ...good, bits: 3 }],
    ['has bits as text', { ...good, bits: '1' }],
    ['has no lst', { bits: 1 }],
    ['has lst that is no text', { ...good, lst: 1 }],
    ['is padded', { ...good, lst: `${lst(bytes)}=` }],
    ['is plain base64', { ...good, lst: '+/+/' }],
    ['is gzip', { ...good, lst: lst(bytes, gzipSync) }],
    ['is raw deflate', { ...good, lst: lst(bytes, deflateRawSync) }],
    ['is empty', { ...good, lst: '' }],
    [
      'has a second list behind it',
      { ...good, lst: lst(bytes, (each) => Buffer.concat([deflateSync(each), deflateSync(each)])) },
    ],
    [
      'has a byte behind it',
      { ...good, lst: lst(bytes, (each) => Buffer.concat([deflateSync(each), Buffer.of(0)])) },
    ],
    ['has an aggregation_uri that is no text', { ...good, aggregation_uri: 1 }],
  ])('is refused where it %s', async (_name, value) => {
    expect(await codeOfPromise(async () => decodeTokenStatusList(value))).toBe('COMITY_STATUS_LIST_INVALID')
  })

  it('may have more members', async () => {
    const list = await decodeTokenStatusList({ ...good, aggregation_uri: URI, more: 1 })
    expect(list.get(0)).toBe(1)
  })

  it('does not inflate a bomb', async () => {
    const bomb = { bits: 1, lst: lst(new Uint8Array(192 * 1024 * 1024)) }
    const before = process.memoryUsage().rss
    expect(await codeOfPromise(async () => decodeTokenStatusList(bomb))).toBe('COMITY_STATUS_LIST_INVALID')
    expect(process.memoryUsage().rss - before).toBeLessThan(96 * 1024 * 1024)
  })

  it('answers any value with a ComityError', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.uint8Array().map((each) => Buffer.from(each).toString('base64url')),
    )
    const noise = fc.oneof(fc.jsonValue(), fc.record({ bits, lst: text }))
    await fc.assert(
      fc.asyncProperty(noise, async (value) => {
        await expect(decodeTokenStatusList(value)).rejects.toBeInstanceOf(ComityError)
      }),
    )
  })
})

describe('the claim status of a JWT', () => {
  const status = (more: JsonObject): JsonObject => ({ status_list: { idx: 3, uri: URI, ...more } })

  it('names a place', () => {
    const reference = parseTokenStatus(status({}))
    expect(reference).toEqual({ type: 'TokenStatusList', uri: URI, idx: 3 })
    expect(reference).toBeDefined()
    expect(Object.isFrozen(reference)).toBe(true)
    expect(parseStatusReference(JSON.parse(JSON.stringify(reference)))).toEqual(reference)
    expect(parseTokenStatus(status({ idx: -0 }))?.idx).toBe(0)
  })

  it.each<JsonValue>([
    null,
    [],
    'x',
    {},
    { status_list: null },
    { status_list: [] },
    { status_assertion: {} },
    status({ idx: -1 }),
    status({ idx: '3' }),
    status({ idx: 0.5 }),
    status({ idx: 2 ** 53 }),
    status({ uri: 3 }),
    status({ uri: '/status/1' }),
    status({ uri: 'https://acme.example/ status' }),
    { status_list: { idx: 3 } },
    { status_list: { uri: URI } },
  ])('is nothing to go by as %j', (value) => {
    expect(parseTokenStatus(value)).toBeUndefined()
  })

  it('is never read from a prototype', () => {
    expect(parseTokenStatus(Object.create({ status_list: { idx: 3, uri: URI } }))).toBeUndefined()
  })

  it('is read without a throw, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(parseTokenStatus(value)).toBeUndefined()
        expect(parseStatusReference(value)).toBeUndefined()
      }),
    )
  })
})
