import { describe, expect, it } from 'vitest'
import {
  createDidDocument,
  createDidResolver,
  findForeignJwk,
  findVerificationKey,
  parseDidDocument,
  updateDidDocument,
  type DidDocument,
  type ForeignDocumentKey,
} from '../../src/did/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import {
  generateSigner,
  parseJws,
  parsePublicJwk,
  signJws,
  verifyJwsSignature,
} from '../../src/keys/index.ts'
import {
  babyJubJubJwk,
  createZkSigner,
  generateZkPrivateKey,
  parseBabyJubJubJwk,
} from '../../src/zk/index.ts'
import { createWeb } from '../credentials/world.ts'
import { codeOf } from '../support/codes.ts'

const DID = 'did:web:acme.example'
const signer = await generateSigner({ alg: 'Ed25519', kid: `${DID}#key-1` })
const point = createZkSigner({ kid: `${DID}#zk-1`, privateKey: generateZkPrivateKey() }).publicKey
const publicKeyJwk: JsonObject = { ...babyJubJubJwk(point) }

function zkKey(jwk: JsonObject = publicKeyJwk): ForeignDocumentKey {
  return {
    fragment: '#zk-1',
    type: 'JsonWebKey',
    material: { publicKeyJwk: jwk },
    relationships: ['assertionMethod'],
  }
}

/** A document with an ordinary key, before or after one on BabyJubJub. */
function documentWith(key: ForeignDocumentKey, first: 'ordinary' | 'foreign' = 'ordinary'): JsonObject {
  const ordinary = { fragment: '#key-1', jwk: signer.publicJwk, relationships: ['assertionMethod'] as const }
  return createDidDocument({ did: DID, keys: first === 'ordinary' ? [ordinary, key] : [key, ordinary] })
}

describe('a document with a key on BabyJubJub', () => {
  it.each(['ordinary', 'foreign'] as const)(
    'resolves, and its other keys verify (%s key first)',
    async (first) => {
      const web = createWeb()
      web.pages.set('https://acme.example/.well-known/did.json', JSON.stringify(documentWith(zkKey(), first)))
      const resolver = createDidResolver({ fetch: web.fetch })
      const document = await resolver.resolveDocument(DID)
      const jws = parseJws(await signJws({ header: { typ: 'JWT' }, payload: { a: 1 }, signer }))
      const key = findVerificationKey(document, jws.header.kid ?? '', 'assertionMethod')
      await expect(verifyJwsSignature(jws, key)).resolves.toBeDefined()
      const jwk = findForeignJwk(document, `${DID}#zk-1`, 'assertionMethod')
      expect(parseBabyJubJubJwk(jwk)).toEqual(point)
      expect(Object.isFrozen(jwk)).toBe(true)
      // Those who take did-resolver's form get the document as it was hosted.
      const { didDocument } = await resolver.resolve(DID)
      expect(didDocument?.verificationMethod?.map(({ id }) => id)).toContain(`${DID}#zk-1`)
      expect(codeOf(() => parsePublicJwk(publicKeyJwk))).toBe('COMITY_JWK_INVALID')
    },
  )

  const parsed = parseDidDocument(documentWith(zkKey()), DID)

  it.each<[string, string, Parameters<typeof findForeignJwk>[2], string]>([
    ['does not verify JWS', `${DID}#zk-1`, 'authentication', 'COMITY_DID_KEY_RELATIONSHIP'],
    ['is not the ordinary key', `${DID}#key-1`, 'assertionMethod', 'COMITY_DID_KEY_UNKNOWN'],
    ['is not there', `${DID}#zk-2`, 'assertionMethod', 'COMITY_DID_KEY_UNKNOWN'],
    ['has no other spelling', `${DID}#zk%2D1`, 'assertionMethod', 'COMITY_DID_KEY_UNKNOWN'],
    ['is not of another DID', 'did:web:globex.example#zk-1', 'assertionMethod', 'COMITY_DID_INVALID'],
    ['has a whole name', '#zk-1', 'assertionMethod', 'COMITY_DID_INVALID'],
    ['has a fragment', DID, 'assertionMethod', 'COMITY_DID_INVALID'],
  ])('%s', (_name, kid, relationship, code) => {
    expect(codeOf(() => findForeignJwk(parsed, kid, relationship))).toBe(code)
  })

  it('never verifies a JWS with it', () => {
    expect(codeOf(() => findVerificationKey(parsed, `${DID}#zk-1`, 'assertionMethod'))).toBe(
      'COMITY_DID_KEY_UNKNOWN',
    )
  })

  it('keeps it while other keys change, and loses it when it is taken out', () => {
    const before = documentWith(zkKey())
    const has = (document: JsonObject): DidDocument['assertionMethod'] =>
      parseDidDocument(document, DID).assertionMethod
    const rotated = updateDidDocument(before, {
      addKeys: [{ fragment: '#key-2', jwk: signer.publicJwk, relationships: ['assertionMethod'] }],
      removeKeys: ['#key-1'],
    })
    expect(has(rotated)).toEqual([`${DID}#zk-1`, `${DID}#key-2`])
    expect(has(updateDidDocument(rotated, { removeKeys: ['#zk-1'] }))).toEqual([`${DID}#key-2`])
    expect(has(updateDidDocument(documentWith(zkKey(), 'foreign'), { removeKeys: ['#zk-1'] }))).toEqual([
      `${DID}#key-1`,
    ])
  })

  it('is refused with its private part, and with a key of a curve of ours that is none', () => {
    expect(() => documentWith(zkKey({ ...publicKeyJwk, d: publicKeyJwk['x'] ?? '' }))).toThrow(TypeError)
    expect(() => documentWith(zkKey({ ...publicKeyJwk, crv: 'P-256' }))).toThrow(TypeError)
  })

  it('gives nothing but the texts of the JWK', () => {
    const jwk = { ...publicKeyJwk, key_ops: ['verify'], n: 1, nested: { d: 'x' } }
    const document = parseDidDocument(documentWith(zkKey(jwk)), DID)
    expect(findForeignJwk(document, `${DID}#zk-1`, 'assertionMethod')).toEqual(publicKeyJwk)
  })
})
