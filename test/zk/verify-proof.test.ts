import { describe, expect, it } from 'vitest'
import { parseDemand, type Demand, type ZkQuery } from '../../src/demand/index.ts'
import { decodeBase64url, encodeBase64url } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import {
  assertVerifiedComplianceProof,
  BASE8,
  challengeOf,
  DEVELOPMENT_VERIFICATION_KEY,
  encodeComplianceProof,
  parseComplianceProof,
  parseVerificationKey,
  verifyComplianceProof,
  type VerifiedComplianceProof,
  type VerifyComplianceProofOptions,
} from '../../src/zk/index.ts'
import type { G2Affine } from '../../src/zk/pairing/lines.ts'
import { codeOf } from '../support/codes.ts'
import { rerandomize } from './support/points.ts'
import {
  anchors,
  audience,
  auditor,
  caseOf,
  cases,
  numberOf,
  otherAnchors,
  queryOf,
} from './support/proofs.ts'

const plain = caseOf('plain')
const pseudonym = caseOf('pseudonym')
const escrowed = caseOf('auditor')
const both = caseOf('pseudonym and auditor')
const epoch = anchors.epoch

/** The options with another demand, and its query. */
function withDemand(
  options: VerifyComplianceProofOptions,
  change: (json: { credentials: (ZkQuery & { meta: ZkQuery['meta'] })[] }) => void,
): VerifyComplianceProofOptions {
  const json = structuredClone(options.demand) as unknown as Parameters<typeof change>[0]
  change(json)
  const demand: Demand = parseDemand(json)
  return { ...options, demand, query: queryOf(demand) }
}

const verify = (text: string, options: VerifyComplianceProofOptions) => verifyComplianceProof(text, options)
const codeWith = (text: string, options: VerifyComplianceProofOptions) => codeOf(() => verify(text, options))

describe('verifyComplianceProof', () => {
  it.each(cases)('accepts "$id", and says what it proves', ({ text, options, statement }) => {
    const proof = verify(text, options)
    const { meta } = options.query
    expect(proof).toMatchObject({
      query: 'posture',
      type: 'AgentPostureCredential',
      anchors: anchors.digest,
      epoch,
      expiresAt: epoch + 1200,
      assessedAt: epoch - 86_400,
    })
    expect(numberOf(proof.statement)).toBe(statement)
    const challenge = challengeOf({
      key: options.key,
      audience,
      demand: options.demand,
      query: 'posture',
      epoch,
    })
    expect(numberOf(proof.challenge)).toBe(challenge)
    expect(proof.pseudonym === undefined).toBe(meta.domain === undefined)
    expect(proof.escrow?.auditor).toBe(meta.auditor)
    expect(Object.isFrozen(proof)).toBe(true)
    expect(() => {
      assertVerifiedComplianceProof(proof)
    }).not.toThrow()
    expect(() => {
      assertVerifiedComplianceProof({ ...proof })
    }).toThrow(TypeError)
  })

  it.each<readonly [string, (options: VerifyComplianceProofOptions) => VerifyComplianceProofOptions]>([
    ['the key of another presenter', (options) => ({ ...options, key: pseudonym.options.key })],
    ['another audience', (options) => ({ ...options, audience: 'did:web:else.example' })],
    [
      'a demand with another bound of a range',
      (options) =>
        withDemand(options, ({ credentials: [query] }) => {
          Object.assign(query!.predicates![1]!, { max: 1 })
        }),
    ],
    [
      'a demand with another value',
      (options) =>
        withDemand(options, ({ credentials: [query] }) => {
          Object.assign(query!.predicates![3]!, { value: 'reporting' })
        }),
    ],
    [
      'a demand with a predicate less',
      (options) =>
        withDemand(options, ({ credentials: [query] }) => {
          Object.assign(query!, { predicates: query!.predicates!.slice(1) })
        }),
    ],
    [
      'a demand with the predicates in another order',
      (options) =>
        withDemand(options, ({ credentials: [query] }) => {
          Object.assign(query!, { predicates: query!.predicates!.toReversed() })
        }),
    ],
    [
      'a demand whose query has another id',
      (options) =>
        withDemand(options, ({ credentials: [query] }) => {
          Object.assign(query!, { id: 'other' })
        }),
    ],
    [
      'a demand that asks for more beside',
      (options) =>
        withDemand(options, (demand) => {
          Object.assign(demand, { posture: { maxAge: 3600 } })
        }),
    ],
  ])('refuses a proof that was made for something else: %s', (_, change) => {
    expect(codeWith(plain.text, change(plain.options))).toBe('COMITY_ZK_PROOF_INVALID')
  })

  it('refuses a proof for a demand whose query is another one than the one that is judged', () => {
    const other = withDemand(plain.options, ({ credentials: [query] }) => {
      Object.assign(query!, { predicates: query!.predicates!.slice(1) })
    })
    expect(codeWith(plain.text, { ...plain.options, query: other.query })).toBe('COMITY_ZK_PROOF_INVALID')
    expect(codeWith(plain.text, { ...plain.options, demand: other.demand })).toBe('COMITY_ZK_PROOF_INVALID')
  })

  it('refuses the proof of one query for another, in all combinations', () => {
    for (const proof of cases) {
      for (const { id, options } of cases) {
        if (id === proof.id) continue
        expect(['COMITY_ZK_PROOF_MALFORMED', 'COMITY_ZK_PROOF_INVALID']).toContain(
          codeWith(proof.text, options),
        )
      }
    }
  })

  it('refuses another pseudonym, sealed number or point', () => {
    const form = { domain: true, auditor: true }
    const parsed = parseComplianceProof(both.text, form)
    const escrow = parsed.escrow!
    const changes = [
      { pseudonym: parsed.pseudonym! + 1n },
      { pseudonym: 0n },
      { escrow: { ...escrow, sealed: escrow.sealed + 1n } },
      { escrow: { ...escrow, c1: BASE8 } },
      { escrow: { ...escrow, c1: { x: 0n, y: 1n } } },
      { escrow: parseComplianceProof(escrowed.text, { domain: false, auditor: true }).escrow! },
    ]
    for (const change of changes) {
      const text = encodeComplianceProof({ ...parsed, ...change })
      expect(codeWith(text, both.options)).toBe('COMITY_ZK_PROOF_INVALID')
    }
  })

  it('refuses what seals for another auditor, or for none that is known', () => {
    expect(codeWith(both.text, { ...both.options, auditor: BASE8 })).toBe('COMITY_ZK_PROOF_INVALID')
    const { auditor: _, ...without } = both.options
    expect(codeWith(both.text, without)).toBe('COMITY_ZK_AUDITOR_UNKNOWN')
    for (const point of [
      { x: 0n, y: 1n },
      { x: 1n, y: 1n },
      { x: 0n, y: -1n },
    ]) {
      expect(codeWith(both.text, { ...both.options, auditor: point })).toBe('COMITY_ZK_KEY_INVALID')
    }
    expect(() => verify(plain.text, { ...plain.options, auditor: auditor.point })).toThrow(TypeError)
  })

  it('refuses a query about another anchor list or epoch', () => {
    const stale = (meta: Partial<ZkQuery['meta']>) =>
      withDemand(plain.options, ({ credentials: [query] }) => {
        Object.assign(query!.meta, meta)
      })
    const code = 'COMITY_ZK_ANCHORS_STALE'
    expect(codeWith(plain.text, stale({ epoch: epoch - 600 }))).toBe(code)
    expect(codeWith(plain.text, stale({ epoch: epoch + 600 }))).toBe(code)
    expect(codeWith(plain.text, stale({ anchors: `urn:sha256:${'A'.repeat(43)}` }))).toBe(code)
  })

  it('refuses another current anchor list, even one with the same issuers', async () => {
    const other = await otherAnchors()
    expect(other.root).toBe(anchors.root)
    expect(codeWith(plain.text, { ...plain.options, anchors: other })).toBe('COMITY_ZK_ANCHORS_STALE')
    // The list is part of the demand, and so of the challenge.
    const moved = withDemand(plain.options, ({ credentials: [query] }) => {
      Object.assign(query!.meta, { anchors: other.digest })
    })
    expect(codeWith(plain.text, { ...moved, anchors: other })).toBe('COMITY_ZK_PROOF_INVALID')
  })

  it('refuses an anchor list about another type', async () => {
    const other = await otherAnchors({ type: 'AgentCapabilityCredential' })
    const moved = withDemand(plain.options, ({ credentials: [query] }) => {
      Object.assign(query!.meta, { anchors: other.digest })
    })
    expect(codeWith(plain.text, { ...moved, anchors: other })).toBe('COMITY_ZK_ANCHORS_TYPE')
  })

  it('takes anchors and keys only from where they were checked', () => {
    expect(() => verify(plain.text, { ...plain.options, anchors: { ...anchors } })).toThrow(TypeError)
    const verificationKey = { ...plain.options.verificationKey }
    expect(() => verify(plain.text, { ...plain.options, verificationKey })).toThrow(TypeError)
  })

  it('refuses a pseudonym that is asked for under another name than its own', () => {
    const options = { ...pseudonym.options, audience: 'did:web:else.example' }
    expect(codeWith(pseudonym.text, options)).toBe('COMITY_ZK_DOMAIN_FOREIGN')
  })

  it('refuses what does not verify under this key', () => {
    const { vk_beta_2: beta } = DEVELOPMENT_VERIFICATION_KEY
    const verificationKey = parseVerificationKey({ ...DEVELOPMENT_VERIFICATION_KEY, vk_delta_2: beta })
    expect(codeWith(plain.text, { ...plain.options, verificationKey })).toBe('COMITY_ZK_PROOF_INVALID')
  })

  it('refuses what is malformed, cut off or longer', () => {
    const code = 'COMITY_ZK_PROOF_MALFORMED'
    expect(codeWith('', plain.options)).toBe(code)
    expect(codeWith(plain.text.slice(0, -4), plain.options)).toBe(code)
    expect(codeWith(`${plain.text}AAAA`, plain.options)).toBe(code)
    const zero = new Uint8Array(257)
    zero[0] = 1
    expect(codeWith(encodeBase64url(zero), plain.options)).toBe('COMITY_ZK_POINT_INVALID')
    expect(codeWith('A'.repeat(10_000_000), plain.options)).toBe(code)
  })

  it('says of a changed proof what it says of the first one, so that both are accepted once together', () => {
    const delta = twoOf(DEVELOPMENT_VERIFICATION_KEY['vk_delta_2'])
    const changed = encodeComplianceProof(rerandomize(plain.claim.proof, delta, 31_337n, 99n))
    expect(changed).not.toBe(plain.text)
    const [first, second] = [verify(plain.text, plain.options), verify(changed, plain.options)]
    expect(second).toEqual(first)
    const accepted = new Set<string>()
    const take = ({ challenge }: VerifiedComplianceProof) => {
      if (accepted.has(challenge)) return 'replayed'
      accepted.add(challenge)
      return 'taken'
    }
    expect([take(first), take(second)]).toEqual(['taken', 'replayed'])
  })

  it('tells no number in an error', () => {
    const bytes = decodeBase64url(plain.text)
    bytes[40]! ^= 1
    try {
      verify(encodeBase64url(bytes), plain.options)
    } catch (error) {
      expect(error).toBeInstanceOf(ComityError)
      expect(JSON.stringify(error)).not.toMatch(/\d{20}|[A-Za-z0-9_-]{40}/)
    }
    expect.assertions(2)
  })
})

function twoOf(json: unknown): G2Affine {
  const [x, y] = json as [[string, string], [string, string]]
  return {
    x: { c0: BigInt(x[0]), c1: BigInt(x[1]) },
    y: { c0: BigInt(y[0]), c1: BigInt(y[1]) },
  }
}
