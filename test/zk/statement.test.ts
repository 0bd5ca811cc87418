import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/runtime/index.ts'
import { parseDemand, type ZkQuery } from '../../src/demand/index.ts'
import { canonicalizeJson, encodeUtf8, type JsonValue } from '../../src/encoding/index.ts'
import {
  challengeOf,
  demandDigest,
  domainOf,
  escrowDigest,
  hashToField,
  multiplyBase,
  statementOf,
  type ChallengeParts,
} from '../../src/zk/index.ts'
import * as reference from '../circuits/support/reference.ts'
import { codeOf } from './support/code-of.ts'

const query = {
  id: 'posture',
  format: 'comity-zk',
  meta: { type_values: [['A']], anchors: 'urn:sha256:x', epoch: 600 },
} satisfies ZkQuery
const demand = parseDemand({ credentials: [query] })
const parts: ChallengeParts = {
  key: 'thumb',
  audience: 'did:web:b.example',
  demand,
  query: 'posture',
  epoch: 600,
}

describe('a challenge', () => {
  it('is the hash of its parts, the epoch in 8 bytes', () => {
    const digest = sha256(encodeUtf8(canonicalizeJson(demand as unknown as JsonValue))).subarray(0, 31)
    expect(demandDigest(demand)).toEqual(digest)
    expect(challengeOf(parts)).toBe(
      hashToField(
        'challenge',
        'thumb',
        'did:web:b.example',
        digest,
        'posture',
        Uint8Array.of(0, 0, 0, 0, 0, 0, 2, 88),
      ),
    )
  })

  it('is another one when any of them is', () => {
    const other = parseDemand({
      credentials: [{ ...query, meta: { ...query.meta, epoch: 1200 } }],
    })
    const all = [
      parts,
      { ...parts, key: 'other' },
      { ...parts, audience: 'did:web:c.example' },
      { ...parts, demand: other },
      { ...parts, query: 'other' },
      { ...parts, epoch: 601 },
      { ...parts, key: 'thumbd', audience: 'id:web:b.example' },
    ]
    expect(new Set(all.map(challengeOf)).size).toBe(all.length)
  })

  it('is for a whole number of seconds', () => {
    for (const epoch of [-1, 0.5, NaN, 2 ** 60])
      expect(() => challengeOf({ ...parts, epoch })).toThrow(TypeError)
  })

  it('is not that of a demand that is changed afterwards', () => {
    const mutable = structuredClone(demand) as unknown as { credentials: { id: string }[] }
    const before = demandDigest(mutable as never)
    mutable.credentials[0]!.id = 'other'
    expect(demandDigest(mutable as never)).not.toEqual(before)
  })
})

describe('the domain of a pseudonym', () => {
  const asking = (domain: string): ZkQuery => ({ ...query, meta: { ...query.meta, domain } })

  it('is the audience’s own, or none', () => {
    expect(domainOf(query, 'did:web:b.example')).toBe(0n)
    expect(domainOf(asking('did:web:b.example'), 'did:web:b.example')).toBe(
      hashToField('domain', 'did:web:b.example'),
    )
  })

  it('is refused where it is another’s', () => {
    expect(codeOf(() => domainOf(asking('did:web:c.example'), 'did:web:b.example'))).toBe(
      'COMITY_ZK_DOMAIN_FOREIGN',
    )
    expect(codeOf(() => domainOf(asking(''), 'did:web:b.example'))).toBe('COMITY_ZK_DOMAIN_FOREIGN')
  })
})

describe('a statement', () => {
  it('is the hash of its seven parts', () => {
    const statement = {
      policy: 1n,
      anchors: 2n,
      epoch: 3,
      challenge: 4n,
      domain: 5n,
      pseudonym: 6n,
      escrow: 7n,
    }
    expect(statementOf(statement)).toBe(reference.poseidon(1n, 2n, 3n, 4n, 5n, 6n, 7n))
  })

  it('has a sealed digest in it', () => {
    const [auditor, c1] = [multiplyBase(3n), multiplyBase(4n)]
    expect(escrowDigest(auditor, c1, 9n)).toBe(reference.poseidon(auditor.x, auditor.y, c1.x, c1.y, 9n))
  })
})
