import { describe, expect, it } from 'vitest'
import { generateSigner, withKid } from '../../src/keys/index.ts'
import { createStatusPublisher, type StatusPublisherOptions } from '../../src/status/index.ts'
import { BASE, createStatusWorld, publisherOptions } from './world.ts'

const REVOCATIONS = `${BASE}/revocation/1`

describe('createStatusPublisher', () => {
  it.each<[string, Partial<StatusPublisherOptions>]>([
    ['http', { url: 'http://acme.example/status' }],
    ['a query', { url: 'https://acme.example/status?x' }],
    ['a fragment', { url: 'https://acme.example/status#x' }],
    ['another spelling', { url: 'https://ACME.example/status' }],
    ['no URL', { url: 'status' }],
    ['user information', { url: 'https://a:b@acme.example/' }],
    ['a ttl above five minutes', { ttlMs: 300_001 }],
    ['a ttl that is no whole number', { ttlMs: 0.5 }],
    ['a validity that is too short', { validitySeconds: 299 }],
    ['a validity that is too long', { validitySeconds: 604_801 }],
    ['a list that is too short', { length: 8 }],
    ['a key of somebody else', { issuer: 'did:web:globex.example' }],
  ])('does not take %s', async (_name, more) => {
    await expect(createStatusWorld(more)).rejects.toThrow(TypeError)
  })

  it.each(['https://acme.example', 'https://acme.example/', 'https://acme.example:8443/a/b/'])(
    'takes %s',
    async (url) => {
      const { publisher } = await createStatusWorld({ url })
      const [entry] = await publisher.allocate('revocation')
      expect(entry?.statusListCredential).toBe(`${url.replace(/\/$/, '')}/revocation/1`)
    },
  )

  it('keeps apart what several publishers have in one store', async () => {
    const world = await createStatusWorld()
    const did = 'did:web:globex.example'
    const signer = withKid(await generateSigner({ alg: 'ES256' }), `${did}#key-1`)
    const other = createStatusPublisher({
      ...publisherOptions(world),
      issuer: did,
      signer,
      url: 'https://globex.example/status',
    })
    await other.allocate('revocation')
    expect(await world.publisher.credential(REVOCATIONS)).toBeUndefined()
    expect(await other.credential('https://globex.example/status/revocation/1')).toBeDefined()
  })
})
