import type { DIDResolver } from 'did-resolver'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDidResolver, type DidResolver } from '../../src/did/index.ts'
import { readVersionQuery } from '../../src/did/version-query.ts'
import { createGuardedFetch } from '../../src/net/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { codeOf, codeOfPromise } from '../support/codes.ts'
import { resolverFor, startHost } from './support.ts'

const fetch = createGuardedFetch({ resolveHost: async () => [] })

/** A method with two versions; the second is the last, and the DID has come to its end. */
function withVersions(asked: unknown[] = []): DidResolver {
  const method: DIDResolver = async (did, _parsed, _resolver, options) => {
    asked.push(options['versionId'] ?? options['versionNumber'])
    const isFirst = options['versionId'] === '1-a' || options['versionNumber'] === 1
    const dates = {
      created: '2026-01-01T00:00:00.250Z',
      updated: 'yesterday',
      nextUpdate: '2026-02-01T01:00:00+01:00',
    }
    return isFirst
      ? {
          didResolutionMetadata: {},
          didDocument: { id: did },
          didDocumentMetadata: { ...dates, versionId: '1-a', deactivated: true },
        }
      : { didResolutionMetadata: {}, didDocument: null, didDocumentMetadata: { ...dates, deactivated: true } }
  }
  return createDidResolver({ fetch, methods: { x: method } })
}

describe('a version of a DID', () => {
  it.each([
    ['did:x:1?versionId=1-a', {}],
    ['did:x:1?versionId=1%2Da#key-1', {}],
    ['did:x:1?versionNumber=1', {}],
    ['did:x:1', { versionId: '1-a' }],
    ['did:x:1?versionId=2-b', { versionId: '1-a' }],
  ])('is given for %s and %j, also of one that is deactivated by now', async (didUrl, options) => {
    const result = await withVersions().resolve(didUrl, options)
    expect(result).toEqual({
      didResolutionMetadata: {},
      didDocument: { id: 'did:x:1' },
      didDocumentMetadata: {
        created: '2026-01-01T00:00:00Z',
        nextUpdate: '2026-02-01T00:00:00Z',
        versionId: '1-a',
        deactivated: true,
      },
    })
  })

  it('is never what the current document is taken from', async () => {
    const resolver = withVersions()
    await resolver.resolve('did:x:1', { versionId: '1-a' })
    expect(await codeOfPromise(() => resolver.resolveDocument('did:x:1'))).toBe('COMITY_DID_DEACTIVATED')
    expect(await resolver.resolve('did:x:1')).toMatchObject({
      didDocument: null,
      didDocumentMetadata: { created: '2026-01-01T00:00:00Z', deactivated: true },
    })
  })

  it('is asked for each time, and the current document is not', async () => {
    const asked: unknown[] = []
    const resolver = withVersions(asked)
    for (let round = 0; round < 2; round += 1) {
      await resolver.resolve('did:x:1')
      await resolver.resolve('did:x:1?versionNumber=1')
    }
    expect(asked).toEqual([undefined, 1, 1])
  })

  it('is not given by a method that passes over the question', async () => {
    const method: DIDResolver = async (did) => {
      return { didResolutionMetadata: {}, didDocument: { id: did }, didDocumentMetadata: {} }
    }
    const resolver = createDidResolver({ fetch, methods: { x: method } })
    const { didDocument, didResolutionMetadata } = await resolver.resolve('did:x:1', { versionId: '1' })
    expect(didDocument).toBeNull()
    expect(didResolutionMetadata).toMatchObject({
      error: 'featureNotSupported',
      code: 'COMITY_DID_VERSION_UNSUPPORTED',
    })
  })

  it('is not another DID’s document', async () => {
    const method: DIDResolver = async () => ({
      didResolutionMetadata: {},
      didDocument: { id: 'did:x:2' },
      didDocumentMetadata: { versionId: '1' },
    })
    const resolver = createDidResolver({ fetch, methods: { x: method } })
    expect((await resolver.resolve('did:x:1', { versionId: '1' })).didResolutionMetadata).toMatchObject({
      code: 'COMITY_DID_DOCUMENT_INVALID',
    })
  })

  it('of a did:web is not today’s document', async () => {
    const host = await startHost()
    const resolver = resolverFor(host)
    for (const question of ['versionId=1', 'versionTime=2020-01-01T00:00:00Z', 'versionNumber=1']) {
      expect((await resolver.resolve(`${host.did}?${question}`)).didResolutionMetadata['code']).toBe(
        'COMITY_DID_VERSION_UNSUPPORTED',
      )
    }
    expect(host.asked()).toBe(0)
    expect((await resolver.resolve(`${host.did}?service=files`)).didDocument?.id).toBe(host.did)
  })

  it('cannot be asked for where the current document is needed', async () => {
    const resolver = withVersions()
    expect(await codeOfPromise(() => resolver.resolveDocument('did:x:1?versionId=1-a'))).toBe(
      'COMITY_DID_INVALID',
    )
  })
})

describe('the question for a version', () => {
  it('is read out of a DID URL', () => {
    expect(readVersionQuery('versionTime=2026-01-01T00:00:00+00:00&a=b')).toEqual({
      versionId: undefined,
      versionTime: '2026-01-01T00:00:00+00:00',
      versionNumber: undefined,
    })
    expect(readVersionQuery('versionNumber=007').versionNumber).toBe(7)
    expect(readVersionQuery('VersionId=1&versionid=1').versionId).toBeUndefined()
  })

  it.each([
    'versionId=1&versionId=1',
    'versionNumber=',
    'versionNumber=-1',
    'versionNumber=1e3',
    'versionNumber=9999999999',
  ])('is malformed in %s', async (query) => {
    expect(codeOf(() => readVersionQuery(query))).toBe('COMITY_DID_INVALID')
    expect((await withVersions().resolve(`did:x:1?${query}`)).didResolutionMetadata).toMatchObject({
      error: 'invalidDid',
    })
  })

  it('is answered, or refused with a ComityError, whatever the text', () => {
    const part = fc.oneof(
      fc.constantFrom(
        'versionId',
        'versionTime',
        'versionNumber',
        '=',
        '&',
        '%',
        '%20',
        '1',
        '+',
        '__proto__',
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        try {
          const { versionNumber = 0 } = readVersionQuery(parts.join(''))
          expect(Number.isSafeInteger(versionNumber) && versionNumber >= 0).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(ComityError)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
