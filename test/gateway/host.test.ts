import { describe, expect, it } from 'vitest'
import { createDidDocument } from '../../src/did/index.ts'
import { createHost } from '../../src/gateway/index.ts'
import { generateSigner } from '../../src/keys/index.ts'

const { publicJwk: jwk } = await generateSigner({ alg: 'Ed25519' })
const origin = 'https://acme.example'
const didDocuments = [
  createDidDocument({
    did: 'did:web:acme.example',
    keys: [{ fragment: '#key-1', jwk, relationships: ['authentication'] }],
  }),
]

async function cachingOf(options: { documentSeconds?: number }): Promise<string | null | undefined> {
  const host = createHost({ origin, didDocuments, ...options })
  const response = await host.handle(new Request(`${origin}/.well-known/did.json`))
  return response?.headers.get('cache-control')
}

describe('a host says for how long its DID documents may be kept', () => {
  it.each([
    [{}, 'no-cache'],
    [{ documentSeconds: 0 }, 'no-cache'],
    [{ documentSeconds: 60 }, 'max-age=60'],
  ])('%j: %s', async (options, expected) => {
    expect(await cachingOf(options)).toBe(expected)
  })

  it.each([-1, 301, 1.5, NaN])('not for %d seconds', (documentSeconds) => {
    expect(() => createHost({ origin, documentSeconds })).toThrow(TypeError)
  })
})
