import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ComityError } from '../../src/errors/index.ts'
import {
  appendSegments,
  createSpiffeId,
  isMemberOf,
  parseSpiffeId,
  parseTrustDomain,
  spiffeIdOfPath,
} from '../../src/spiffe/index.ts'

const acme = parseTrustDomain('acme.example')
const BYTES = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
const refused = (text: string): void => {
  expect(() => parseSpiffeId(text), text.slice(0, 80)).toThrow(
    expect.objectContaining({ code: 'COMITY_SPIFFE_ID_INVALID' }),
  )
}

describe('SPIFFE IDs', () => {
  it('are taken apart', () => {
    const id = parseSpiffeId('spiffe://acme.example/agents/Ledger_1')
    expect({ ...id }).toEqual({
      uri: 'spiffe://acme.example/agents/Ledger_1',
      trustDomain: { name: 'acme.example', uri: 'spiffe://acme.example' },
      path: '/agents/Ledger_1',
    })
    expect(Object.isFrozen(id) && Object.isFrozen(id.trustDomain)).toBe(true)
  })

  it.each([
    [
      '[A1] another scheme',
      'http://acme.example/a',
      'spiffex://acme.example',
      'spiffe:/acme.example/a',
      'acme/a',
    ],
    ['[A2] no trust domain', 'spiffe://', 'spiffe:///path', ''],
    ['[A3] a query', 'spiffe://acme.example/a?b', 'spiffe://acme.example/a?', 'spiffe://acme.example?'],
    ['[A4] a fragment', 'spiffe://acme.example/a#b', 'spiffe://acme.example/a#', 'spiffe://acme.example#'],
    ['[A5] a user', 'spiffe://u@acme.example/a', 'spiffe://u:p@acme.example/a', 'spiffe://@acme.example/a'],
    ['[A6] a port', 'spiffe://acme.example:1/a', 'spiffe://acme.example:/a'],
    ['[A7] upper case in the trust domain', 'spiffe://Acme.example/a'],
    ['[A9] an escape in the trust domain', 'spiffe://%F0%9F%A4%AF/a', 'spiffe://%41cme.example/a'],
    ['[A10] an IPv6 address', 'spiffe://[::1]/a'],
    ['[A11] an escape in the path', 'spiffe://acme.example/%41'],
    [
      '[A12] an empty segment',
      'spiffe://acme.example//',
      'spiffe://acme.example/a//b',
      'spiffe://acme.example//a',
    ],
    [
      '[A13] a dot segment',
      'spiffe://acme.example/.',
      'spiffe://acme.example/a/../b',
      'spiffe://acme.example/a/.',
    ],
    ['[A14] a slash at the end', 'spiffe://acme.example/', 'spiffe://acme.example/a/'],
    ['[A19] upper case in the scheme', 'SPIFFE://acme.example/a', 'Spiffe://acme.example/a'],
  ])('%s is refused', (_, ...texts) => {
    texts.forEach(refused)
  })

  it('[A7] a trust domain is refused in upper case wherever it is read', () => {
    expect(() => parseTrustDomain('Acme.example')).toThrow(ComityError)
    expect(() => parseTrustDomain('spiffe://ACME.example')).toThrow(ComityError)
  })

  it('[A8] only some characters pass in a trust domain', () => {
    const passed = BYTES.filter((each) => isAccepted(() => parseSpiffeId(`spiffe://a${each}b/c`)))
    // A slash ends the name and begins the path.
    expect(passed.join('')).toBe('-./0123456789_abcdefghijklmnopqrstuvwxyz')
    const names = BYTES.filter((each) => isAccepted(() => parseTrustDomain(`a${each}b`)))
    expect(names.join('')).toBe('-.0123456789_abcdefghijklmnopqrstuvwxyz')
  })

  it.each(['127.0.0.1', '1.2.3.4', '..', '-x_', 'a..b'])('[A10] the name %s is nothing special', (name) => {
    expect(parseTrustDomain(name).name).toBe(name)
    expect(parseSpiffeId(`spiffe://${name}/a`).trustDomain.name).toBe(name)
  })

  it('[A13] segments that only begin or end with dots pass', () => {
    for (const segment of ['...', '.a', 'a.', '..a']) {
      expect(parseSpiffeId(`spiffe://acme.example/${segment}`).path).toBe(`/${segment}`)
    }
  })

  it('[A15] only some characters pass in a segment', () => {
    const passed = BYTES.filter((each) => isAccepted(() => parseSpiffeId(`spiffe://acme.example/a${each}b`)))
    expect(passed.join('')).toBe('-./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz')
    for (const letter of 'éßłАЯ界') refused(`spiffe://acme.example/${letter}`)
  })

  it('[A16] an ID of 2048 bytes parses', () => {
    const text = `spiffe://acme.example/${'a'.repeat(2048 - 22)}`
    expect(text).toHaveLength(2048)
    expect(parseSpiffeId(text).uri).toBe(text)
    expect(createSpiffeId(acme, 'a'.repeat(2048 - 22)).uri).toBe(text)
  })

  it('[A17] a longer one is not made, and read up to 8192', () => {
    expect(() => createSpiffeId(acme, 'a'.repeat(2049 - 22))).toThrow(ComityError)
    expect(() => spiffeIdOfPath(acme, `/${'a'.repeat(2049 - 22)}`)).toThrow(ComityError)
    expect(() => appendSegments(createSpiffeId(acme, 'a'.repeat(2000)), 'a'.repeat(50))).toThrow(ComityError)
    expect(isAccepted(() => parseSpiffeId(`spiffe://acme.example/${'a'.repeat(8192 - 22)}`))).toBe(true)
    refused(`spiffe://acme.example/${'a'.repeat(8193 - 22)}`)
  })

  it('[A18] a trust domain has 255 bytes at the most', () => {
    expect(parseTrustDomain('a'.repeat(255)).name).toHaveLength(255)
    expect(() => parseTrustDomain('a'.repeat(256))).toThrow(ComityError)
    refused(`spiffe://${'a'.repeat(256)}/a`)
  })

  it('[A20] paths that differ in case are different', () => {
    const [lower, upper] = ['/a', '/A'].map((path) => spiffeIdOfPath(acme, path).uri)
    expect(lower).not.toBe(upper)
  })

  it('are made of a trust domain and segments', () => {
    const id = createSpiffeId(acme, 'agents', 'ledger')
    expect(id.uri).toBe('spiffe://acme.example/agents/ledger')
    expect(appendSegments(id, 'x').path).toBe('/agents/ledger/x')
    expect(createSpiffeId(acme).uri).toBe('spiffe://acme.example')
    expect(isMemberOf(id, acme)).toBe(true)
    expect(isMemberOf(id, parseTrustDomain('example'))).toBe(false)
    for (const segment of ['', '.', '..', 'a/b', 'a%', 'é']) {
      expect(() => createSpiffeId(acme, segment), segment).toThrow(ComityError)
      expect(() => appendSegments(id, segment), segment).toThrow(ComityError)
    }
  })

  it('answer any text with an ID of that text, or a ComityError', () => {
    const part = fc.constantFrom(
      'spiffe',
      '://',
      'acme',
      '.',
      '/',
      '..',
      '%',
      'A',
      '@',
      ':',
      '?',
      '#',
      'é',
      '\0',
    )
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(part).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          text.map((rest) => `spiffe://${rest}`),
        ),
        (input) => {
          for (const parse of [parseSpiffeId, parseTrustDomain]) {
            try {
              expect([input, `spiffe://${input}`]).toContain(
                parse === parseSpiffeId ? parse(input).uri : input,
              )
            } catch (error) {
              if (!(error instanceof ComityError)) throw error
            }
          }
        },
      ),
    )
    for (const value of [undefined, null, 7, {}, ['spiffe://acme.example']]) {
      expect(() => parseSpiffeId(value as string)).toThrow(ComityError)
      expect(() => parseTrustDomain(value as string)).toThrow(ComityError)
    }
  })
})

function isAccepted(parse: () => unknown): boolean {
  try {
    parse()
    return true
  } catch (error) {
    if (error instanceof ComityError) return false
    throw error
  }
}
