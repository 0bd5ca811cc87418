import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDidDocument, parseDidDocument, spiffeTrustDomainService } from '../../src/did/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { findTrustDomainClaim, nameFault, readTrustDomainClaim } from '../../src/federation/index.ts'
import { generateSigner } from '../../src/keys/index.ts'

const WEB = {
  trustDomain: 'acme.example',
  bundleEndpoint: 'https://acme.example/bundle',
  profile: 'https_web',
}
const SPIFFE = {
  ...WEB,
  profile: 'https_spiffe',
  endpointSpiffeId: 'spiffe://acme.example/spire/server',
  firstBundle: { url: 'https://acme.example/first', sha256: 'A'.repeat(43) },
}
const { publicJwk } = await generateSigner({ alg: 'Ed25519' })

describe('the claim of a document', () => {
  it('is what the service says, as it was made', () => {
    const did = 'did:web:acme.example'
    const agents = { dids: ['did:key:z1'], under: ['did:web:agents.example:acme'] }
    const credentials = ['https://body.example/a.jwt']
    const options = { ...SPIFFE, profile: 'https_spiffe' as const, agents, credentials }
    const document = createDidDocument({
      did,
      keys: [{ fragment: '#key-1', jwk: publicJwk, relationships: ['authentication'] }],
      services: [spiffeTrustDomainService(options)],
    })
    const claim = findTrustDomainClaim(parseDidDocument(document, did))
    expect(claim).toMatchObject({
      trustDomain: { name: 'acme.example' },
      bundleEndpoint: WEB.bundleEndpoint,
      profile: 'https_spiffe',
      endpointSpiffeId: { uri: SPIFFE.endpointSpiffeId },
      firstBundle: SPIFFE.firstBundle,
      agents,
      credentials,
    })
    expect(Object.isFrozen(claim)).toBe(true)
  })

  it('is of the first service of the type', async () => {
    const did = 'did:web:acme.example'
    const document = createDidDocument({
      did,
      keys: [{ fragment: '#key-1', jwk: publicJwk, relationships: ['authentication'] }],
      services: [
        spiffeTrustDomainService({ ...WEB, profile: 'https_web', fragment: '#a' }),
        spiffeTrustDomainService({
          ...WEB,
          profile: 'https_web',
          fragment: '#b',
          trustDomain: 'other.example',
        }),
      ],
    })
    expect(findTrustDomainClaim(parseDidDocument(document, did))?.trustDomain.name).toBe('acme.example')
    const { service: _service, ...without } = document
    expect(findTrustDomainClaim(parseDidDocument(without, did))).toBeUndefined()
  })

  it('may say more', () => {
    expect(readTrustDomainClaim({ ...WEB, more: 1 })).toMatchObject({ profile: 'https_web' })
  })

  it.each([
    ['trustDomain', { ...WEB, trustDomain: 'Acme.example' }],
    ['trustDomain', { ...WEB, trustDomain: 'spiffe://acme.example' }],
    ['trustDomain', { ...WEB, trustDomain: undefined }],
    ['bundleEndpoint', { ...WEB, bundleEndpoint: 'http://acme.example/bundle' }],
    ['bundleEndpoint', { ...WEB, bundleEndpoint: 'https://a@acme.example/bundle' }],
    ['bundleEndpoint', { ...WEB, bundleEndpoint: `https://acme.example/${'a'.repeat(2048)}` }],
    ['bundleEndpoint', { ...WEB, bundleEndpoint: 'https://' }],
    ['profile', { ...WEB, profile: 'https' }],
    ['endpointSpiffeId', { ...WEB, endpointSpiffeId: SPIFFE.endpointSpiffeId }],
    ['firstBundle', { ...WEB, firstBundle: SPIFFE.firstBundle }],
    ['endpointSpiffeId', { ...SPIFFE, endpointSpiffeId: undefined }],
    ['endpointSpiffeId', { ...SPIFFE, endpointSpiffeId: 'spiffe://acme.example' }],
    ['endpointSpiffeId', { ...SPIFFE, endpointSpiffeId: 'spiffe://globex.example/a' }],
    ['firstBundle', { ...SPIFFE, firstBundle: undefined }],
    [
      'firstBundle.sha256',
      { ...SPIFFE, firstBundle: { ...SPIFFE.firstBundle, sha256: `${'A'.repeat(42)}B` } },
    ],
    ['firstBundle.sha256', { ...SPIFFE, firstBundle: { url: SPIFFE.firstBundle.url } }],
    ['firstBundle.url', { ...SPIFFE, firstBundle: { ...SPIFFE.firstBundle, url: 'http://a.example' } }],
    ['agents', { ...WEB, agents: [] }],
    ['agents.dids', { ...WEB, agents: { dids: [1] } }],
    ['agents.under', { ...WEB, agents: { under: Array.from({ length: 257 }, () => 'did:web:a') } }],
    ['credentials', { ...WEB, credentials: Array.from({ length: 5 }, () => 'https://a.example') }],
    ['credentials', { ...WEB, credentials: ['http://a.example'] }],
    ['serviceEndpoint', 'https://acme.example'],
  ])('is refused when `%s` is malformed: %j', (member, value) => {
    const read = () => readTrustDomainClaim(value)
    expect(read).toThrow(ComityError)
    expect(read).toThrow(
      expect.objectContaining({ code: 'COMITY_TRUST_DOMAIN_CLAIM_INVALID', details: { member } }) as Error,
    )
  })

  it('is read, or refused with a code, whatever it is', () => {
    const names = [...Object.keys(SPIFFE), 'agents', 'credentials']
    const mutant = fc
      .tuple(fc.constantFrom(WEB, SPIFFE), fc.constantFrom(...names), fc.jsonValue())
      .map(([base, name, value]) => ({ ...base, [name]: value }))
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), mutant), (value) => {
        try {
          expect(readTrustDomainClaim(value).trustDomain.name).toMatch(/^[a-z0-9._-]+$/)
        } catch (error) {
          expect(error).toHaveProperty('code', 'COMITY_TRUST_DOMAIN_CLAIM_INVALID')
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the name of a host', () => {
  const SCID = 'QmdmPkUdYzbr9txmx8gM2rsHPgr5L6m3gHjJGAf4vUFoGE'

  it.each([
    ['did:web:acme.example', 'acme.example'],
    ['did:web:acme.example', 'prod.acme.example'],
    ['did:web:acme.example', 'a_b.c-d.acme.example'],
    ['did:web:xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['did:web:localhost', 'localhost'],
    [`did:webvh:${SCID}:acme.example`, 'acme.example'],
    [`did:webvh:${SCID}:acme.example`, 'prod.acme.example'],
  ])('of %s speaks for %s', (did, name) => {
    expect(nameFault(did, name)).toBeUndefined()
  })

  it.each([
    ['did:web:acme.example', 'evilacme.example', 'other-name'],
    ['did:web:acme.example', 'acme.example.evil.example', 'other-name'],
    ['did:web:acme.example', 'example', 'other-name'],
    ['did:web:acme.example', 'acme.example.', 'other-name'],
    ['did:web:acme.example', '.acme.example', 'other-name'],
    ['did:web:acme.example', 'a..acme.example', 'other-name'],
    ['did:web:acme.example', '-.acme.example', 'other-name'],
    ['did:web:acme.example', `${'a'.repeat(64)}.acme.example`, 'other-name'],
    ['did:web:acme.example', 'xn--acme-xyz.example', 'other-name'],
    ['did:web:example', 'acme.example', 'other-name'],
    ['did:web:acme.example:agents', 'acme.example', 'path'],
    ['did:web:acme.example%3A8443', 'acme.example', 'port'],
    [`did:webvh:${SCID}:acme.example:agents`, 'acme.example', 'path'],
    [`did:webvh:${SCID}:acme.example%3a8443`, 'acme.example', 'port'],
    [`did:webvh:${SCID}:ACME.example`, 'acme.example', 'spelling'],
    [`did:webvh:${SCID}:%61cme.example`, 'acme.example', 'spelling'],
    [`did:webvh:${SCID}:b%C3%BCcher.example`, 'xn--bcher-kva.example', 'spelling'],
    ['did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH', 'acme.example', 'method'],
  ])('of %s does not speak for %s: %s', (did, name, fault) => {
    expect(nameFault(did, name)).toBe(fault)
  })

  it.each(['did:web:ACME.example', 'did:web:acme.example.', 'did:web:127.0.0.1'])(
    'of %s is none that is resolved',
    (did) => {
      expect(() => nameFault(did, 'acme.example')).toThrow(
        expect.objectContaining({ code: 'COMITY_DID_INVALID' }) as Error,
      )
    },
  )

  it('speaks for nothing but itself and names below it', () => {
    const label = fc.stringMatching(/^[a-z0-9]{1,6}$/)
    const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
    fc.assert(
      fc.property(name, name, (host, claimed) => {
        fc.pre(!/^[0-9]+$|^0x/.test(host.split('.').at(-1) ?? ''))
        // By labels, from the last one on: another way to say the same.
        const [own, theirs] = [host.split('.').reverse(), claimed.split('.').reverse()]
        const isSame = own.length === theirs.length
        const covers = own.every((each, index) => each === theirs[index]) && (isSame || own.length > 1)
        expect(nameFault(`did:web:${host}`, claimed) === undefined).toBe(covers)
        expect(nameFault(`did:web:${host}`, `x.${host}`) === undefined).toBe(own.length > 1)
        expect(nameFault(`did:web:${host}`, `x${host}`)).toBe('other-name')
      }),
    )
  })
})
