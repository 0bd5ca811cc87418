import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDidDocument, type DidDocument } from '../../src/did/index.ts'
import {
  createZkSigner,
  holderCommitment,
  issueComplianceCredential,
  parseComplianceCredential,
  verifyComplianceCredential,
} from '../../src/zk/index.ts'
import { codeOf, rejectionOf } from './support/code-of.ts'
import {
  documentWith,
  issuer,
  kid,
  now,
  object,
  options,
  resolving,
  text,
  verification,
} from './support/credential.ts'

describe('a compliance credential is refused', () => {
  const changed = (changes: object): string => JSON.stringify({ ...object, ...changes })
  const other = createZkSigner({ kid, privateKey: new Uint8Array(32).fill(4) })

  it.each([
    ['for its size', JSON.stringify({ ...object, type: 'A'.repeat(65_536) }), 'COMITY_CREDENTIAL_TOO_LARGE'],
    ['as text', 'x', 'COMITY_JSON_MALFORMED'],
    ['with a foreign member', changed({ extra: 1 }), 'COMITY_ZK_CREDENTIAL_MALFORMED'],
    ['without a member', changed({ status: undefined }), 'COMITY_ZK_CREDENTIAL_MALFORMED'],
    ['of another format', changed({ format: 'comity-zk/2' }), 'COMITY_ZK_CREDENTIAL_MALFORMED'],
    ['of no DID', changed({ issuer: 'https://issuer.example' }), 'COMITY_ZK_CREDENTIAL_MALFORMED'],
    [
      'with the key of another',
      changed({ kid: 'did:web:other.example#zk' }),
      'COMITY_ZK_CREDENTIAL_MALFORMED',
    ],
    ['with no key', changed({ kid: issuer }), 'COMITY_ZK_CREDENTIAL_MALFORMED'],
    ['of no type', changed({ type: '' }), 'COMITY_ZK_CREDENTIAL_MALFORMED'],
    ['of a long type', changed({ type: 'A'.repeat(513) }), 'COMITY_ZK_CREDENTIAL_MALFORMED'],
    ['with claims that are no list', changed({ claims: {} }), 'COMITY_ZK_CREDENTIAL_MALFORMED'],
    [
      'with 33 claims',
      changed({ claims: Array(33).fill([['credentialSubject', 'a'], 1]) }),
      'COMITY_ZK_CREDENTIAL_MALFORMED',
    ],
    [
      'with a claim that is three',
      changed({ claims: [[['credentialSubject', 'a'], 1, 2]] }),
      'COMITY_ZK_CREDENTIAL_MALFORMED',
    ],
    ['with a claim elsewhere', changed({ claims: [[['issuer', 'a'], 1]] }), 'COMITY_ZK_CREDENTIAL_MALFORMED'],
    ['with an index', changed({ claims: [[['credentialSubject', 0], 1]] }), 'COMITY_ZK_CREDENTIAL_MALFORMED'],
    [
      'with a null at the end',
      changed({ claims: [[['credentialSubject', 'a', null], 1]] }),
      'COMITY_ZK_CREDENTIAL_MALFORMED',
    ],
    [
      'with a long path',
      changed({ claims: [[['credentialSubject', ...Array(16).fill('a')], 1]] }),
      'COMITY_ZK_CREDENTIAL_MALFORMED',
    ],
    [
      'with the id of its subject',
      changed({ claims: [[['credentialSubject', 'id'], 'x']] }),
      'COMITY_ZK_CREDENTIAL_MALFORMED',
    ],
    [
      'with an object for a value',
      changed({ claims: [[['credentialSubject', 'a'], {}]] }),
      'COMITY_ZK_CREDENTIAL_MALFORMED',
    ],
    [
      'with a list for a value',
      changed({
        claims: [
          [
            ['credentialSubject', 'a'],
            [1, 2],
          ],
        ],
      }),
      'COMITY_ZK_CREDENTIAL_MALFORMED',
    ],
    [
      'with null for a value',
      changed({ claims: [[['credentialSubject', 'a'], null]] }),
      'COMITY_ZK_CREDENTIAL_MALFORMED',
    ],
    [
      'with a fraction',
      changed({ claims: [[['credentialSubject', 'a'], 0.5]] }),
      'COMITY_ZK_CREDENTIAL_MALFORMED',
    ],
    [
      'with a negative number',
      changed({ claims: [[['credentialSubject', 'a'], -1]] }),
      'COMITY_ZK_CREDENTIAL_MALFORMED',
    ],
    [
      'with members of a value',
      changed({
        claims: [
          [['credentialSubject', 'a'], 1],
          [['credentialSubject', 'a', 'b'], 2],
        ],
      }),
      'COMITY_ZK_CREDENTIAL_MALFORMED',
    ],
    [
      'with a subject that is one and many',
      changed({
        claims: [
          [['credentialSubject', 'a'], 1],
          [['credentialSubject', null, 'a'], 2],
        ],
      }),
      'COMITY_ZK_CREDENTIAL_MALFORMED',
    ],
    ['that begins late', changed({ iat: 2 ** 40 }), 'COMITY_ZK_CREDENTIAL_MALFORMED'],
    ['that ends before it begins', changed({ exp: now - 101 }), 'COMITY_ZK_CREDENTIAL_MALFORMED'],
    ['that ends at a fraction', changed({ exp: now + 0.5 }), 'COMITY_ZK_CREDENTIAL_MALFORMED'],
    [
      'with a foreign member of its status',
      changed({ status: { uri: 'https://a', idx: 1, x: 1 } }),
      'COMITY_ZK_CREDENTIAL_MALFORMED',
    ],
    ['with a status nowhere', changed({ status: { uri: 'x', idx: 1 } }), 'COMITY_ZK_CREDENTIAL_MALFORMED'],
    [
      'with a status beyond 2^24',
      changed({ status: { uri: 'https://a', idx: 2 ** 24 } }),
      'COMITY_ZK_CREDENTIAL_MALFORMED',
    ],
    [
      'with a commitment out of the field',
      changed({ commitment: '_'.repeat(43) }),
      'COMITY_ZK_CREDENTIAL_MALFORMED',
    ],
    [
      'with a signature that is none',
      changed({ signature: { r8: 1, s: 2 } }),
      'COMITY_ZK_CREDENTIAL_MALFORMED',
    ],
    ['for another type', changed({ type: 'Other' }), 'COMITY_SIGNATURE_INVALID'],
    ['for another time', changed({ exp: now + 101 }), 'COMITY_SIGNATURE_INVALID'],
    [
      'for another index',
      changed({ status: { uri: 'https://issuer.example/status/1', idx: 6 } }),
      'COMITY_SIGNATURE_INVALID',
    ],
    [
      'for claims in another order',
      changed({ claims: [...object['claims']!].reverse() }),
      'COMITY_SIGNATURE_INVALID',
    ],
    ['for another commitment', changed({ commitment: `${'A'.repeat(42)}E` }), 'COMITY_SIGNATURE_INVALID'],
  ])('%s', async (_, bad, code) => {
    expect(await rejectionOf(() => verifyComplianceCredential(bad, verification))).toBe(code)
  })

  it('under another key', async () => {
    expect(
      await rejectionOf(() =>
        verifyComplianceCredential(text, { ...verification, publicKey: other.publicKey }),
      ),
    ).toBe('COMITY_SIGNATURE_INVALID')
    const forged = await issueComplianceCredential({ ...options, signer: other })
    expect(await rejectionOf(() => verifyComplianceCredential(forged, verification))).toBe(
      'COMITY_SIGNATURE_INVALID',
    )
  })

  it('under a key that the document has not, for this use, or of this curve', async () => {
    const verify = (document: DidDocument) =>
      rejectionOf(() => verifyComplianceCredential(text, resolving(document)))
    expect(await verify(documentWith('keyAgreement'))).toBe('COMITY_DID_KEY_RELATIONSHIP')
    expect(await verify(parseDidDocument({ id: issuer }, issuer))).toBe('COMITY_DID_KEY_UNKNOWN')
    expect(await verify(documentWith('assertionMethod', { kty: 'EC', crv: 'Other', x: 'AA', y: 'AA' }))).toBe(
      'COMITY_ZK_KEY_INVALID',
    )
  })

  it('by a holder with another secret', async () => {
    const mine = { ...verification, commitment: holderCommitment(6n) }
    expect(await rejectionOf(() => verifyComplianceCredential(text, mine))).toBe('COMITY_CREDENTIAL_HOLDER')
  })

  it.each([
    [now - 101, 'COMITY_CREDENTIAL_NOT_YET_VALID'],
    [now - 100, undefined],
    [now + 100, undefined],
    [now + 101, 'COMITY_CREDENTIAL_EXPIRED'],
  ])('at its times alone: %d', async (when, code) => {
    expect(await rejectionOf(() => verifyComplianceCredential(text, { ...verification, now: when }))).toBe(
      code,
    )
  })

  it('with any character changed', async () => {
    const characters = fc.constantFrom(...'AZaz09-_"{}[]:,\\ ')
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: text.length - 1 }), characters, async (at, character) => {
        fc.pre(text[at] !== character)
        const forged = text.slice(0, at) + character + text.slice(at + 1)
        const code = await rejectionOf(() => verifyComplianceCredential(forged, verification))
        // What is not signed: which list the index is in, and which of the issuer's keys signed.
        const [before, after] = [text, forged].map((each) =>
          each.replace(/"uri":"[^"]*"|"kid":"[^"]*"|"issuer":"[^"]*"/g, ''),
        )
        if (before !== after) expect(code).toBeDefined()
      }),
      { numRuns: 400 },
    )
  })

  it('whatever it is, with a coded error', () => {
    const members = fc.record(
      Object.fromEntries(
        Object.keys(object).map((name) => [name, fc.oneof(fc.constant(object[name]), fc.jsonValue())]),
      ),
      { requiredKeys: Object.keys(object) },
    )
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      members.map((value) => JSON.stringify(value)),
    )
    fc.assert(
      fc.property(anything, (value) => {
        const code = codeOf(() => parseComplianceCredential(value))
        if (code !== undefined) expect(code).toMatch(/^COMITY_/)
      }),
      { numRuns: 300 },
    )
  })

  it('and its claims are in no message', async () => {
    const bad = changed({ claims: [[['credentialSubject', 'secretName'], -4711]] })
    const error = await verifyComplianceCredential(bad, verification).catch((reason: unknown) => reason)
    expect(JSON.stringify(error)).not.toMatch(/4711|secretName/)
  })
})
