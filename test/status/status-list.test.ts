import fc from 'fast-check'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import {
  MAX_LIST_LENGTH,
  MIN_LIST_LENGTH,
  createStatusList,
  decodeStatusList,
  encodeStatusList,
} from '../../src/status/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { codeOf, codeOfPromise } from '../support/codes.ts'

/** What the specification shows as its example: 131072 bits, all clear. */
const EXAMPLE = 'uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA'

const ALPHABET = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=')

function encode(bytes: Uint8Array): string {
  return `u${gzipSync(bytes).toString('base64url')}`
}

describe('createStatusList', () => {
  it('has index 0 at the left-most bit', () => {
    const list = createStatusList()
    expect(list.set(0, true)).toBe(true)
    expect(list.set(15, true)).toBe(true)
    expect([...list.bytes.subarray(0, 3)]).toEqual([0x80, 0x01, 0])
    expect([list.get(0), list.get(1), list.get(15)]).toEqual([true, false, true])
  })

  it('says whether a bit was changed, and changes no other', () => {
    const list = createStatusList()
    list.bytes.fill(0xff)
    expect(list.set(12, true)).toBe(false)
    expect(list.set(12, false)).toBe(true)
    expect(list.set(12, false)).toBe(false)
    expect([...list.bytes.subarray(0, 3)]).toEqual([0xff, 0xf7, 0xff])
  })

  it('does what a set of indices does', () => {
    const changes = fc.array(fc.tuple(fc.nat({ max: MIN_LIST_LENGTH - 1 }), fc.boolean()), { maxLength: 40 })
    fc.assert(
      fc.property(changes, (steps) => {
        const list = createStatusList()
        const model = new Set<number>()
        for (const [index, value] of steps) {
          expect(list.set(index, value)).toBe(model.has(index) !== value)
          if (value) model.add(index)
          else model.delete(index)
        }
        for (const [index] of steps) expect(list.get(index)).toBe(model.has(index))
        expect(list.bytes.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)).toBe(
          model.size,
        )
      }),
      { numRuns: 25 },
    )
  })

  it.each([-1, MIN_LIST_LENGTH, 0.5, NaN, Infinity, 2 ** 53])('has no index %d', (index) => {
    const list = createStatusList()
    expect(codeOf(() => list.get(index))).toBe('COMITY_STATUS_LIST_INVALID')
    expect(codeOf(() => list.set(index, true))).toBe('COMITY_STATUS_LIST_INVALID')
  })

  it.each([0, 8, MIN_LIST_LENGTH - 8, MIN_LIST_LENGTH + 1, MAX_LIST_LENGTH + 8, NaN])(
    'has no length of %d',
    (length) => {
      expect(() => createStatusList({ length })).toThrow(TypeError)
    },
  )
})

describe('encodedList', () => {
  it('comes back as it was', async () => {
    const bits = fc.array(fc.nat({ max: MIN_LIST_LENGTH - 1 }), { maxLength: 200 })
    await fc.assert(
      fc.asyncProperty(bits, async (indices) => {
        const list = createStatusList()
        for (const index of indices) list.set(index, true)
        const text = await encodeStatusList(list)
        expect(text).toMatch(/^uH4sI[A-Za-z0-9_-]+$/)
        expect(Buffer.from((await decodeStatusList(text)).bytes).equals(Buffer.from(list.bytes))).toBe(true)
      }),
      { numRuns: 20 },
    )
  })

  it('reads the example of the specification', async () => {
    const list = await decodeStatusList(EXAMPLE)
    expect(list.length).toBe(MIN_LIST_LENGTH)
    expect(list.bytes.every((byte) => byte === 0)).toBe(true)
  })

  it('reads the largest list, and stops at one byte more', async () => {
    expect((await decodeStatusList(encode(new Uint8Array(MAX_LIST_LENGTH / 8)))).length).toBe(MAX_LIST_LENGTH)
    const more = encode(new Uint8Array(MAX_LIST_LENGTH / 8 + 1))
    expect(await codeOfPromise(async () => decodeStatusList(more))).toBe('COMITY_STATUS_LIST_INVALID')
  })

  it('does not inflate a bomb', async () => {
    const bomb = encode(new Uint8Array(192 * 1024 * 1024))
    const before = process.memoryUsage().rss
    expect(await codeOfPromise(async () => decodeStatusList(bomb))).toBe('COMITY_STATUS_LIST_INVALID')
    expect(process.memoryUsage().rss - before).toBeLessThan(96 * 1024 * 1024)
  })

  it('refuses any text with one character changed that alters what it holds, and answers with a code', async () => {
    const clear = await decodeStatusList(EXAMPLE)
    const character = fc.constantFrom(...ALPHABET)
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: EXAMPLE.length - 1 }), character, async (index, replacement) => {
        const text = EXAMPLE.slice(0, index) + replacement + EXAMPLE.slice(index + 1)
        const list = await decodeStatusList(text).catch((error: unknown) => error)
        // The header of gzip has bytes that mean nothing, such as the operating system.
        if (list instanceof Error) expect(list).toBeInstanceOf(ComityError)
        else expect(list).toMatchObject({ length: clear.length })
      }),
      { numRuns: 300 },
    )
  })

  it('answers any text with a ComityError', async () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.uint8Array().map((bytes) => `u${Buffer.from(bytes).toString('base64url')}`),
      fc.uint8Array().map((bytes) => encode(bytes)),
    )
    await fc.assert(
      fc.asyncProperty(noise, async (text) => {
        await expect(decodeStatusList(text)).rejects.toBeInstanceOf(ComityError)
      }),
    )
  })

  it('would fail that property if it let zlib speak', async () => {
    const careless = async (text: string): Promise<never> => {
      await decodeStatusList(text).catch((error: unknown) => {
        throw new RangeError('zlib', { cause: error })
      })
      throw new RangeError('decoded')
    }
    const property = fc.asyncProperty(fc.string(), async (text) => {
      await expect(careless(text)).rejects.toBeInstanceOf(ComityError)
    })
    await expect(fc.assert(property)).rejects.toThrow(/Property failed/)
  })
})
