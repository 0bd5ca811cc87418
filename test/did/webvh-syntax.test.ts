import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createWebvhDid, parseWebvhDid } from '../../src/did/webvh/index.ts'
import { formatLogTime, parseLogTime } from '../../src/did/webvh/time.ts'
import { ComityError } from '../../src/errors/index.ts'
import { documentOf, signers, START } from './webvh-support.ts'

const SCID = 'QmfGEUAcMpzo25kF2Rhn8L5FAXysfGnkzjwdKoNPi615XQ'
const parse = (place: string) => parseWebvhDid(`did:webvh:${SCID}:${place}`)

describe('parseWebvhDid', () => {
  it.each([
    ['localhost%3A8443', 'https://localhost:8443/.well-known/did.jsonl'],
    ['ACME.example', 'https://acme.example/.well-known/did.jsonl'],
    ['acme.example%3a0443:a', 'https://acme.example:443/a/did.jsonl'],
    ['b%C3%BCcher.example', 'https://xn--bcher-kva.example/.well-known/did.jsonl'],
    ['acme.example:a%20b:%25', 'https://acme.example/a%20b/%25/did.jsonl'],
  ])('%s', (place, logUrl) => {
    expect(parse(place).logUrl).toBe(logUrl)
  })

  it.each([
    '',
    'acme',
    'acme.example.',
    '.example',
    'acme..example',
    '127.0.0.1',
    '127.1',
    '0x7f.1',
    '017700000001',
    '%31%32%37.0.0.1',
    '１２７.0.0.1',
    '%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1',
    '%5B::1%5D',
    'acme.example%00',
    'acme.example%2Fx',
    'acme.example%3Fx',
    'acme.example%23x',
    'a%40acme.example',
    'acme%E3%80%82%E3%80%82example',
    'acme.example%3A',
    'acme.example%3A0',
    'acme.example%3A65536',
    'acme.example%3A123456',
    'acme.example%3A80a',
    'acme.example%253A80',
    'acme%zz.example',
    'acme%FF.example',
    'acme_.example',
    '-acme.example',
    'acme.example:',
    'acme.example::a',
    'acme.example:%2E%2E',
    'acme.example:a%5Cb',
    'acme.example:a%0Ab',
    'acme.example:a%20',
    'acme.example:%C2%A0a',
    'acme.example:%FF',
    `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.example`,
  ])('refuses %s', (place) => {
    expect(() => parse(place)).toThrow(expect.objectContaining({ code: 'COMITY_DID_INVALID' }))
  })

  it.each(['', 'Qm', `${SCID}x`, SCID.replace('f', '0'), `1${SCID.slice(1)}`])(
    'refuses the SCID %s',
    (scid) => {
      expect(() => parseWebvhDid(`did:webvh:${scid}:acme.example`)).toThrow(ComityError)
    },
  )

  it('answers any text with a code, and what it takes with a URL below the host that it names', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('%2E', '%3A', '.', ':', 'acme.example', '%2F', '127', '%00', '@', '%25'),
    )
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const place = pieces.join('')
        try {
          const { logUrl, base } = parse(place)
          const url = new URL(logUrl)
          expect(url.protocol).toBe('https:')
          expect([url.username, url.password, url.search, url.hash].join('')).toBe('')
          expect(url.pathname.endsWith('/did.jsonl')).toBe(true)
          expect(url.href.replace(':443/', '/')).toBe(logUrl.replace(':443/', '/'))
          expect(logUrl.startsWith(base)).toBe(true)
          expect(url.hostname).toMatch(/^localhost$|^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/)
        } catch (error) {
          if (!(error instanceof ComityError)) throw error
        }
      }),
      { numRuns: 5000 },
    )
  })
})

describe('times', () => {
  it('are read as they are written, in order', () => {
    const moment = fc.integer({ min: 0, max: 253_402_300_799_999 })
    fc.assert(
      fc.property(moment, moment, (a, b) => {
        const [one, two] = [a, b].map((each) => parseLogTime(formatLogTime(each / 1000))!)
        expect(Math.round(one!.seconds * 1000)).toBe(a)
        expect(one!.order < two!.order).toBe(a < b)
      }),
    )
    expect(() => formatLogTime(-1)).toThrow(TypeError)
    expect(() => formatLogTime(Number.NaN)).toThrow(TypeError)
  })
})

describe('createWebvhDid refuses', () => {
  const create = async (options: object) => {
    const [signer] = await signers(1)
    return createWebvhDid({
      location: 'https://acme.example',
      document: documentOf,
      signer: signer!,
      now: START,
      ...options,
    })
  }

  it.each<[string, object]>([
    ['a place that is none', { location: 'http://acme.example' }],
    ['an address', { location: 'https://127.0.0.1' }],
    ['a document of another DID', { document: () => documentOf('did:web:acme.example') }],
    ['a document that is none', { document: (did: string) => ({ id: did, verificationMethod: [1] }) }],
    [
      'a document with the placeholder',
      { document: (did: string) => ({ ...documentOf(did), alsoKnownAs: ['{SCID}'] }) },
    ],
    ['witnesses that are none', { witness: { threshold: 1, witnesses: ['did:web:acme.example'] } }],
    ['update keys without the signer', { updateKeys: [] }],
    ['a ttl that is none', { ttl: -1 }],
    ['a time that is none', { now: Number.NaN }],
  ])('%s', async (_name, options) => {
    await expect(create(options)).rejects.toThrow(TypeError)
  })
})
