import { describe, expect, it } from 'vitest'
import { parseJsonObject } from '../../src/encoding/index.ts'
import {
  createBundleSet,
  createTrustBundle,
  formatPemBundle,
  formatTrustBundle,
  formatTrustBundleMap,
  nextTrustBundle,
  parseCertificate,
  parseJwtBundle,
  parsePemBundle,
  parseTrustBundle,
  parseTrustBundleMap,
  parseTrustDomain,
  parseWitBundle,
  parseX509Bundle,
  readAuthorityKey,
  type TrustBundle,
} from '../../src/spiffe/index.ts'
import { createSpiffeAuthority } from '../../src/testing/index.ts'
import { forge } from './forge.ts'
import { acme, authority, clock, count, jwtKey, type Key, refused, without, x509Key } from './bundle-world.ts'

describe('a bundle that is published', () => {
  it('[B27] [B28] [B29] [B30] [C16] [C17] [D11] [D12] [D13] has the members that are asked for, and no others', () => {
    expect(Object.keys(x509Key).sort()).toEqual(['crv', 'kty', 'use', 'x', 'x5c', 'y'])
    expect(x509Key['use']).toBe('x509-svid')
    const [der, ...more] = x509Key['x5c'] as string[]
    expect(more).toEqual([])
    expect(Buffer.from(der!, 'base64').toString('base64')).toBe(der)
    const certificate = parseCertificate(Buffer.from(der!, 'base64'))
    expect(certificate.subject).toBe(certificate.issuer)
    expect(Object.keys(jwtKey).sort()).toEqual(['crv', 'kid', 'kty', 'use', 'x', 'y'])
    expect(jwtKey['use']).toBe('jwt-svid')
    expect(jwtKey['kid']).toMatch(/./)
  })

  it('[D2] [D5] has a sequence number and a refresh hint', () => {
    const document = JSON.parse(formatTrustBundle(authority.bundle())) as Key
    expect(document).toMatchObject({ spiffe_sequence: 1, spiffe_refresh_hint: 60 })
  })

  it('[D3] [D6] counts on with each change of the content, and with nothing else', async () => {
    const [other] = (await createSpiffeAuthority('acme.example', clock)).bundle().x509Authorities
    const first = createTrustBundle({
      trustDomain: acme,
      x509Authorities: authority.bundle().x509Authorities,
    })
    const second = nextTrustBundle(first, { x509Authorities: [...first.x509Authorities, other!] })
    const third = nextTrustBundle(second, { refreshHint: 5 })
    const fourth = nextTrustBundle(third, { x509Authorities: [other!] })
    expect([second, third, fourth].map(({ sequence }) => sequence)).toEqual([1n, 2n, 3n])
    expect(nextTrustBundle(fourth, { x509Authorities: [other!, other!], refreshHint: 5 })).toBe(fourth)
    refused(() => nextTrustBundle(fourth, { refreshHint: 1.5 }))
    const issuer = await createSpiffeAuthority('acme.example', clock)
    const numbers = [issuer.bundle().sequence]
    await issuer.rotate()
    numbers.push(issuer.bundle().sequence)
    issuer.dropOld()
    numbers.push(issuer.bundle().sequence)
    expect(numbers).toEqual([1n, 2n, 3n])
  })

  it('reads back as it was, in each of its forms', () => {
    const bundle = authority.bundle()
    expect(parseTrustBundle(acme, formatTrustBundle(bundle))).toEqual(bundle)
    const { x509Authorities } = bundle
    expect(parsePemBundle(acme, formatPemBundle(bundle)).x509Authorities).toEqual(x509Authorities)
    const der = Buffer.concat([x509Authorities[0]!.der, x509Authorities[0]!.der])
    expect(parseX509Bundle(acme, der).x509Authorities).toEqual(x509Authorities)
    refused(() => parsePemBundle(acme, 'nothing'))
    refused(() => parsePemBundle(acme, formatPemBundle(bundle).replaceAll('CERTIFICATE', 'PRIVATE KEY')))
  })
})

describe('a map of bundles', () => {
  it('[D14] has trust domains, or none', () => {
    expect(parseTrustBundleMap('{"trust_domains":{}}')).toEqual([])
    for (const text of [
      '{}',
      '{"trust_domains":[]}',
      '{"trust_domains":null}',
      '{"trust_domains":{"a":[]}}',
    ]) {
      refused(() => parseTrustBundleMap(text))
    }
  })

  it('[D15] has bare names', () => {
    const map = (name: string): readonly TrustBundle[] =>
      parseTrustBundleMap(JSON.stringify({ trust_domains: { [name]: { keys: [] } } }))
    expect(map('1.2.3.4').map(({ trustDomain }) => trustDomain.name)).toEqual(['1.2.3.4'])
    for (const name of [
      'spiffe://acme.example',
      'Acme.example',
      'acme.example/a',
      'acme.example:1',
      '%41',
      '',
    ]) {
      expect(() => map(name), name).toThrow(expect.objectContaining({ code: 'COMITY_SPIFFE_ID_INVALID' }))
    }
  })

  it('[D17] is refused with a name that is there twice', () => {
    for (const name of ['a', '\\u0061'])
      refused(() => parseTrustBundleMap(`{"trust_domains":{"a":{"keys":[]},"${name}":{"keys":[]}}}`))
  })

  it('[D4] has the sequence of each, also where there are very many', () => {
    const domains = Array.from(
      { length: 16_384 },
      (_, index) => `"d${index}":{"keys":[],"spiffe_sequence":${2n ** 63n + BigInt(index)}}`,
    )
    const bundles = parseTrustBundleMap(`{"spiffe_sequence":1,"trust_domains":{${domains.join(',')}}}`)
    expect(bundles.map(({ sequence }) => sequence)).toEqual(
      domains.map((_, index) => 2n ** 63n + BigInt(index)),
    )
    refused(() => parseTrustBundleMap(`{"trust_domains":{${domains.join(',')},"x":{"keys":[]}}}`))
  })

  it('[D16] [D18] is written with each trust domain once, and without refresh hints', () => {
    const bundles = ['a', 'b'].map((name) =>
      createTrustBundle({ trustDomain: parseTrustDomain(name), sequence: 2n ** 60n, refreshHint: 5 }),
    )
    const text = formatTrustBundleMap(bundles)
    expect(text).not.toContain('refresh')
    expect(
      parseTrustBundleMap(text).map(({ trustDomain, sequence }) => [trustDomain.name, sequence]),
    ).toEqual([
      ['a', 2n ** 60n],
      ['b', 2n ** 60n],
    ])
    expect(formatTrustBundleMap([])).toBe('{"trust_domains":{}}')
    expect(() => formatTrustBundleMap([...bundles, bundles[0]!])).toThrow(TypeError)
  })

  it('[D19] gives nobody a refresh hint of a bundle inside to act on', () => {
    const text = formatTrustBundleMap([authority.bundle()])
    const map = (hint: string): readonly TrustBundle[] =>
      parseTrustBundleMap(text.replace('"keys"', `"spiffe_refresh_hint":${hint},"keys"`))
    const [bundle, ...more] = map('5')
    expect(more).toEqual([])
    expect(bundle).not.toHaveProperty('refreshHint')
    const { trustDomain, x509Authorities, jwtAuthorities, sequence } = authority.bundle()
    expect(bundle).toEqual(
      createTrustBundle({
        trustDomain,
        x509Authorities,
        jwtAuthorities: [...jwtAuthorities.values()],
        ...(sequence !== undefined && { sequence }),
      }),
    )
    for (const hint of ['"5"', '-1', '1.5', '2147483648']) refused(() => map(hint))
  })
})

describe('a set of bundles', () => {
  const [a, b] = ['a', 'b'].map((name) => createTrustBundle({ trustDomain: parseTrustDomain(name) })) as [
    TrustBundle,
    TrustBundle,
  ]

  it('[D21] [E10] holds one for each trust domain, and does not join them', () => {
    const set = createBundleSet([a, b])
    expect(set.size).toBe(2)
    expect(set.getBundle(a.trustDomain)).toBe(a)
    const newer = createTrustBundle({ trustDomain: a.trustDomain, sequence: 1n })
    set.set(newer)
    expect(set.getBundle(parseTrustDomain('a'))).toBe(newer)
    expect(set.delete(b.trustDomain)).toBe(true)
    expect(set.getBundle(b.trustDomain)).toBeUndefined()
    expect(set.bundles()).toEqual([newer])
  })

  it('[D20] is replaced all at once, or not at all', () => {
    const set = createBundleSet([a])
    const seen: unknown[] = []
    set.replaceAll(
      (function* () {
        yield b
        seen.push(set.getBundle(a.trustDomain), set.getBundle(b.trustDomain))
      })(),
    )
    expect(seen).toEqual([a, undefined])
    expect([set.getBundle(a.trustDomain), set.getBundle(b.trustDomain)]).toEqual([undefined, b])
    const failing = function* (): Generator<TrustBundle> {
      yield a
      throw new RangeError('cut off')
    }
    expect(() => set.replaceAll(failing())).toThrow(RangeError)
    expect(set.bundles()).toEqual([b])
  })
})

describe('the keys of the Workload API', () => {
  it('[G28] need no `use`, and must not be of another kind of SVID', () => {
    const document = (...keys: readonly unknown[]): string => JSON.stringify({ keys })
    const bare = without(jwtKey, 'use')
    expect(count(parseJwtBundle(acme, document(bare)))).toEqual([0, 1, 0])
    expect(count(parseWitBundle(acme, document(bare)))).toEqual([0, 0, 1])
    for (const use of ['x509-svid', 'wit-svid']) {
      expect(count(parseJwtBundle(acme, document({ ...jwtKey, use })))).toEqual([0, 0, 0])
    }
    expect(count(parseWitBundle(acme, document(jwtKey, { ...jwtKey, use: 'x509-svid' })))).toEqual([0, 0, 0])
  })

  it('[G40] of WIT-SVIDs have each a `kid` of its own', () => {
    const bare = without(jwtKey, 'use')
    for (const keys of [[bare, bare], [without(bare, 'kid')]])
      refused(() => parseWitBundle(acme, JSON.stringify({ keys })))
    expect(count(parseWitBundle(acme, JSON.stringify({ keys: [{ ...bare, use: 'jwt-svid' }] })))).toEqual([
      0, 0, 0,
    ])
  })
})

describe('a bundle that is made', () => {
  it('is frozen, and has no authority twice', async () => {
    const certificate = parseCertificate((await forge({})).der)
    const bundle = createTrustBundle({ trustDomain: acme, x509Authorities: [certificate, certificate] })
    expect(bundle.x509Authorities).toEqual([certificate])
    expect(Object.isFrozen(bundle) && Object.isFrozen(bundle.x509Authorities)).toBe(true)
    const key = readAuthorityKey(parseJsonObject(JSON.stringify(jwtKey)))!
    refused(() =>
      createTrustBundle({
        trustDomain: acme,
        jwtAuthorities: [
          { kid: 'k', ...key },
          { kid: 'k', ...key },
        ],
      }),
    )
    refused(() => createTrustBundle({ trustDomain: acme, sequence: -1n }))
  })
})
