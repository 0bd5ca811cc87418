import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ComityError } from '../../src/errors/index.ts'
import { formatStatusListAggregation, parseStatusListAggregation } from '../../src/status/index.ts'
import { codeOf } from '../support/codes.ts'
import { BASE, createStatusWorld } from './world.ts'

describe('status list aggregation', () => {
  it('names the lists that a publisher has, in their order, at a URL of its own', async () => {
    const { publisher } = await createStatusWorld()
    const url = publisher.aggregationUrl
    expect(url).toBe(`${BASE}/aggregation`)
    expect(publisher.mediaType(url)).toBe('application/json')
    expect(await publisher.credential(url)).toBe('{"status_lists":[]}')
    await publisher.allocate('revocation')
    expect(parseStatusListAggregation((await publisher.credential(url)) ?? '')).toEqual([])
    const { uri } = await publisher.allocateToken()
    expect(parseStatusListAggregation((await publisher.credential(url)) ?? '')).toEqual([uri])
  })

  it.each([
    '',
    '[]',
    '{}',
    '{"status_lists":{}}',
    '{"status_lists":[1]}',
    '{"status_lists":["http://a.example/1"]}',
    '{"status_lists":["https://a.example/1","https://a.example/1"]}',
    '{"status_lists":["https://user@a.example/1"]}',
    '{"status_lists":["https://a.example/1#x"]}',
    '{"status_lists":["https://A.example/1"]}',
    JSON.stringify({ status_lists: Array.from({ length: 65 }, (_, n) => `https://a.example/${n}`) }),
    JSON.stringify({ status_lists: [`https://a.example/${'x'.repeat(2048)}`] }),
    JSON.stringify({ status_lists: [], more: 'x'.repeat(65_536) }),
  ])('refuses %.60s', (text) => {
    expect(codeOf(() => parseStatusListAggregation(text))).toBe('COMITY_STATUS_LIST_INVALID')
  })

  it('reads what it writes, and passes over what others add', () => {
    const uris = Array.from({ length: 64 }, (_, n) => `https://a.example/${n}`)
    expect(parseStatusListAggregation(formatStatusListAggregation(uris))).toEqual(uris)
    expect(() => formatStatusListAggregation([...uris, 'https://a.example/64'])).toThrow(TypeError)
    expect(parseStatusListAggregation('{"status_lists":[],"ttl":5}')).toEqual([])
  })

  it('answers any text with a ComityError or with URLs', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        try {
          expect(parseStatusListAggregation(text).every((uri) => uri.startsWith('https:'))).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(ComityError)
        }
      }),
    )
  })
})
