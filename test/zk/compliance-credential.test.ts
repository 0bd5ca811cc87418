import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchesQuery, type Predicate, type ZkQuery } from '../../src/demand/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import {
  assertVerifiedComplianceCredential,
  complianceDigest,
  documentOf,
  encodeClaims,
  hashToField,
  issueComplianceCredential,
  parseComplianceCredential,
  verifyComplianceCredential,
  type IssueComplianceOptions,
} from '../../src/zk/index.ts'
import * as reference from '../circuits/support/reference.ts'
import { rejectionOf } from './support/code-of.ts'
import {
  claims,
  commitment,
  documentWith,
  issuer,
  kid,
  now,
  options,
  resolving,
  signer,
  text,
  verification,
} from './support/credential.ts'

describe('a compliance credential', () => {
  it('is signed over all that the circuit takes', () => {
    const slots = encodeClaims({ credentialSubject: claims })
    const items = slots.flatMap(({ key, field }) => [key, field])
    const digest = reference.sponge([
      ...items,
      ...Array<bigint>(64 - items.length).fill(0n),
      hashToField('type', 'AgentPostureCredential'),
      BigInt(now - 100),
      BigInt(now + 100),
      5n,
      commitment,
    ])
    const parsed = parseComplianceCredential(text)
    expect(complianceDigest(parsed)).toBe(digest)
    const { r8, s } = reference.sign(Buffer.alloc(32, 3), digest)
    expect(parsed.signature).toEqual({ r8: { x: r8[0], y: r8[1] }, s })
  })

  it('is verified by its holder with the key of the issuer’s document', async () => {
    const credential = await verifyComplianceCredential(text, resolving(documentWith('assertionMethod')))
    expect(credential).toMatchObject({
      issuer,
      kid,
      type: 'AgentPostureCredential',
      iat: now - 100,
      exp: now + 100,
    })
    expect(credential.slots).toEqual(encodeClaims({ credentialSubject: claims }))
    expect(Object.isFrozen(credential)).toBe(true)
    assertVerifiedComplianceCredential(credential)
    expect(() => assertVerifiedComplianceCredential({ ...credential })).toThrow(TypeError)
  })

  it('does not say whom it is about', () => {
    expect(text).not.toContain('agent.example')
  })

  it('becomes a document that a demand judges', async () => {
    const credential = await verifyComplianceCredential(text, verification)
    const query = (...predicates: Predicate[]): ZkQuery => ({
      id: 'q',
      format: 'comity-zk',
      meta: { type_values: [['AgentPostureCredential']], anchors: 'urn:x', epoch: now },
      predicates,
    })
    const fact = { format: 'comity-zk', types: [credential.type], issuer, claims: documentOf(credential) }
    const at = (name: string): string[] => ['credentialSubject', name]
    const fits: Predicate = { path: at('capabilities'), op: 'eq', value: 'invoice:list' }
    const fresh: Predicate = { path: at('assessedAt'), op: 'range', min: { epoch: -3600 * 24 } }
    expect(matchesQuery(query(fits, fresh), fact, { now })).toBe(true)
    expect(matchesQuery(query({ ...fits, value: 'invoice:write' }), fact, { now })).toBe(false)
  })

  it('is read into the claims of the document that it was made of', async () => {
    const value = fc.oneof(fc.nat(), fc.string({ unit: 'grapheme' }), fc.boolean(), fc.constant(null))
    const subject = fc.dictionary(
      fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('__proto__', 'constructor')),
      fc.oneof(
        value,
        fc.array(fc.oneof(value, fc.array(value, { maxLength: 2 })), { maxLength: 3 }),
        fc.array(fc.dictionary(fc.constantFrom('x', 'y'), value), { maxLength: 2 }),
      ),
      { maxKeys: 3, noNullPrototype: false },
    )
    await fc.assert(
      fc.asyncProperty(subject, async (document) => {
        const issued = await issueComplianceCredential({ ...options, claims: document })
        const credential = await verifyComplianceCredential(issued, verification)
        const sorted = (of: JsonObject): string[] =>
          encodeClaims(of)
            .map(({ key, field }) => `${key} ${field}`)
            .sort()
        expect(sorted(documentOf(credential))).toEqual(sorted({ credentialSubject: document }))
      }),
      { numRuns: 60 },
    )
  })
})

describe('issuing', () => {
  it('needs a key of the issuer, and bounds that holders take', async () => {
    const issue = (changes: Partial<IssueComplianceOptions>) =>
      issueComplianceCredential({ ...options, ...changes })
    await expect(issue({ issuer: 'did:web:other.example' })).rejects.toThrow(TypeError)
    for (const bad of [-1, 0.5, NaN]) await expect(issue({ validFrom: bad })).rejects.toThrow(TypeError)
    expect(await rejectionOf(() => issue({ type: '' }))).toBe('COMITY_ZK_CREDENTIAL_MALFORMED')
    expect(await rejectionOf(() => issue({ validUntil: 2 ** 40 }))).toBe('COMITY_ZK_CREDENTIAL_MALFORMED')
    expect(await rejectionOf(() => issue({ status: { uri: 'https://a', idx: 2 ** 24 } }))).toBe(
      'COMITY_ZK_CREDENTIAL_MALFORMED',
    )
    expect(await rejectionOf(() => issue({ claims: { n: -1 } }))).toBe('COMITY_ZK_CLAIM_UNENCODABLE')
    expect(await rejectionOf(() => issue({ claims: { n: Array(33).fill(1) } }))).toBe(
      'COMITY_ZK_CLAIMS_TOO_MANY',
    )
  })

  it('needs either a resolver or a key to verify with', async () => {
    await expect(verifyComplianceCredential(text, { commitment, now })).rejects.toThrow(TypeError)
    const both = { ...resolving(documentWith('assertionMethod')), publicKey: signer.publicKey }
    await expect(verifyComplianceCredential(text, both)).rejects.toThrow(TypeError)
    await expect(verifyComplianceCredential(text, { ...verification, now: NaN })).rejects.toThrow(TypeError)
    await expect(verifyComplianceCredential(5 as never, verification)).rejects.toThrow(TypeError)
  })
})
