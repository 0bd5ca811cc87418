import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import vectors from '../../fixtures/net/urls.json' with { type: 'json' }
import { NetworkError } from '../../src/errors/index.ts'
import { classifyAddress } from '../../src/net/address.ts'
import { MAX_URL_LENGTH, parseLoopbackOrigins, parseTarget, type Target } from '../../src/net/target.ts'

type Case = { id: string; spec: string; input: string; expect: { ok: string } | { code: string } }
const cases = vectors.cases as Case[]
const opened = new Set(['https://localhost:8443', 'https://[::1]:8443'])

function outcome(run: () => Target): unknown {
  try {
    return { ok: run().hostname }
  } catch (error) {
    expect(error).toBeInstanceOf(NetworkError)
    return { code: (error as NetworkError).code }
  }
}

describe('parseTarget', () => {
  it.each(cases)('$id ($spec)', ({ input, expect: expected }) => {
    expect(outcome(() => parseTarget(input, opened))).toEqual(expected)
  })

  it('refuses a URL that is too long', () => {
    const text = `https://acme.example/${'a'.repeat(MAX_URL_LENGTH)}`
    expect(outcome(() => parseTarget(text, opened))).toEqual({ code: 'COMITY_NET_URL_NOT_ALLOWED' })
  })

  it('drops the fragment', () => {
    expect(parseTarget('https://acme.example/a?b#c', opened).url.href).toBe('https://acme.example/a?b')
  })

  it('says nothing of the URL but its host', () => {
    const text = 'https://10.0.0.1/secret-path?token=secret'
    try {
      parseTarget(text, opened)
      expect.unreachable()
    } catch (error) {
      expect(JSON.stringify(error)).not.toContain('secret')
    }
  })

  /** Any text is refused with a coded error, or leads to a plain `https` URL of a host that may be looked up. */
  function neverOpens(parse: (text: string) => Target): void {
    const host = fc.oneof(
      fc.domain(),
      fc.ipV4Extended(),
      fc.ipV6().map((address) => `[${address}]`),
      fc.constantFrom(
        'localhost',
        '127.0.0.1',
        '0x7f.1',
        '2130706433',
        '[::ffff:127.0.0.1]',
        '169.254.169.254',
        '10.1',
      ),
    )
    const noise = fc.constantFrom('', '@', ':', '\\', '/', '#', '?', '%2e', '.', '\t', '%00')
    const url = fc
      .tuple(
        fc.constantFrom('https://', 'HTTPS://', 'https:', 'http://', ' https://'),
        noise,
        host,
        noise,
        fc.webPath(),
      )
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.oneof({ weight: 4, arbitrary: url }, fc.string({ unit: 'binary' })), (text) => {
        let target: Target
        try {
          target = parse(text)
        } catch (error) {
          expect(error).toBeInstanceOf(NetworkError)
          return
        }
        expect(target.url.protocol).toBe('https:')
        expect(`${target.url.username}${target.url.password}`).toBe('')
        expect(target.hostname).not.toBe('localhost')
        if (target.isAddress) expect(classifyAddress(target.hostname)).toBe('public')
      }),
      { numRuns: 2000 },
    )
  }

  it('holds for any text', () => {
    neverOpens((text) => parseTarget(text, new Set()))
  })

  it('is a property that catches a parser without the check of addresses', () => {
    const careless = (text: string): Target =>
      parseTarget(text, new Set(URL.canParse(text) ? [new URL(text).origin] : []))
    expect(() => neverOpens(careless)).toThrow()
  })
})

describe('parseLoopbackOrigins', () => {
  it('takes exact origins on loopback', () => {
    const origins = [
      'https://localhost:8443',
      'https://127.0.0.1:1',
      'https://[::1]:8443',
      'https://acme.localhost',
    ]
    expect([...parseLoopbackOrigins(origins)]).toEqual(origins)
  })

  it.each([
    'http://localhost:8443',
    'https://localhost:8443/',
    'https://localhost:443',
    'https://LOCALHOST:8443',
    'https://acme.example',
    'https://10.0.0.1',
    'https://localhost.acme.example',
    'localhost:8443',
    '*',
    '',
  ])('refuses %s', (origin) => {
    expect(() => parseLoopbackOrigins([origin])).toThrow(TypeError)
  })
})
