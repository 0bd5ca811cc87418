import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import vectors from '../../fixtures/did/did-web.json' with { type: 'json' }
import { didWebFromUrl, didWebUrl } from '../../src/did/index.ts'
import { codeOf } from '../support/codes.ts'

describe('didWebUrl', () => {
  it.each(vectors.cases)('$id ($spec)', ({ input, expect: expected }) => {
    if ('ok' in expected) {
      expect(didWebUrl(input)).toBe(expected.ok)
      expect(didWebFromUrl(expected.ok ?? '')).toBe(input)
    } else {
      expect(codeOf(() => didWebUrl(input))).toBe(expected.code)
    }
  })

  /** Each DID that is taken leads to a URL of its own host, from which the DID can be told again. */
  function isOneToOne(toUrl: (did: string) => string): void {
    const piece = fc.oneof(
      fc.constantFrom(
        'acme.example',
        'localhost',
        'ACME.example',
        '127.0.0.1',
        '..',
        '.',
        '',
        '%2E',
        '%2F',
        '%3A',
      ),
      fc.constantFrom(
        '%3A8443',
        '%3a8443',
        '%3A443',
        '%40',
        '%61',
        '%C3%BC',
        '%FF',
        '%00',
        '%5C',
        'a',
        '~',
        '0x7f',
      ),
      fc.stringMatching(/^[A-Za-z0-9._-]{1,4}$/),
      fc.domain(),
    )
    const host = fc.tuple(fc.oneof(fc.domain(), piece), fc.constantFrom('', '', '%3A8443', '%3A0', '%3A443'))
    const id = fc.tuple(host, fc.array(fc.array(piece, { maxLength: 2 }), { maxLength: 3 }))
    fc.assert(
      fc.property(id, ([authority, segments]) => {
        const did = ['did:web', authority.join(''), ...segments.map((parts) => parts.join(''))].join(':')
        let url: string | undefined
        const code = codeOf(() => {
          url = toUrl(did)
        })
        if (url === undefined) {
          expect(code).toBe('COMITY_DID_INVALID')
          return
        }
        expect(new URL(url).href).toBe(url)
        expect(new URL(url).host.replace(':', '%3A')).toBe(did.split(':')[2])
        expect(url.split('/').length).toBe(Math.max(5, did.split(':').length + 1))
        // The one document that two DIDs could have: each names the other's place.
        if (!did.endsWith(':.well-known') || did.split(':').length !== 4) expect(didWebFromUrl(url)).toBe(did)
      }),
      { numRuns: 2000 },
    )
  }

  it('is one to one', () => {
    isOneToOne(didWebUrl)
  })

  it('would be caught if it decoded its segments', () => {
    expect(() =>
      isOneToOne((did) => {
        didWebUrl(did.replace(/%2E|%2F|%61/g, 'x'))
        return new URL(didWebUrl(did.replace(/%2E|%2F|%61/g, 'x')).replace('x', '/')).href
      }),
    ).toThrow()
  })
})

describe('didWebFromUrl', () => {
  it.each([
    ['https://acme.example', 'did:web:acme.example'],
    ['https://acme.example/', 'did:web:acme.example'],
    ['https://ACME.example:443/agents/invoices/', 'did:web:acme.example:agents:invoices'],
    ['https://localhost:8443/acme/did.json', 'did:web:localhost%3A8443:acme'],
    ['https://acme.example/a:b', 'did:web:acme.example:a%3Ab'],
    ['https://acme.example/~user', 'did:web:acme.example:%7Euser'],
    ['https://bücher.example/ü', 'did:web:xn--bcher-kva.example:%C3%BC'],
    ['https://straße.example', 'did:web:xn--strae-oqa.example'],
    // Cyrillic a: another name than acme.example, and so another DID.
    ['https://\u0430cme.example', 'did:web:xn--cme-5cd.example'],
  ])('%s is %s', (url, did) => {
    expect(didWebFromUrl(url)).toBe(did)
  })

  it.each([
    'http://acme.example',
    'https://acme.example?x',
    'https://acme.example#x',
    'https://user@acme.example',
    'https://127.0.0.1:8443',
    'https://[::1]:8443',
    'https://acme.example//a',
    'https://acme.example/a%2Fb',
    'https://acme.example/%FF',
    'acme.example',
    '',
    // Names that a parser turns into others: full-width letters, soft hyphens, other dots, encoded letters.
    'https://ａcme.example',
    'https://ac\u00adme.example',
    'https://acme\u3002example',
    'https://acme.example\u200b',
    'https://BÜCHER.example',
    'https://bu\u0308cher.example',
    'https://ｂücher.example',
    'https://%61cme.example',
    'https://%EF%BD%81cme.example',
    'https:ａcme.example',
    'https:acme.example',
    'https:\\\\acme.example',
    ' https://acme.example',
    'https://acme\t.example',
    'ht\ntps://acme.example',
  ])('refuses %j', (url) => {
    expect(codeOf(() => didWebFromUrl(url))).toBe('COMITY_DID_INVALID')
  })
})
