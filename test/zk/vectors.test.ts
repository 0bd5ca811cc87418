import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import vectors from '../../fixtures/zk/core.json' with { type: 'json' }
import type { Demand, ZkQuery } from '../../src/demand/index.ts'
import {
  challengeOf,
  compilePredicates,
  complianceDigest,
  createZkSigner,
  encodeClaims,
  hashToField,
  holderCommitment,
  parseBabyJubJubJwk,
  parseComplianceCredential,
  poseidon,
  pseudonymOf,
  sponge,
  statementOf,
  statusTree,
  verifyComplianceCredential,
} from '../../src/zk/index.ts'
import * as reference from '../circuits/support/reference.ts'

const big = (text: string): bigint => BigInt(text)
const pointOf = ({ x, y }: { x: string; y: string }): reference.Point => [big(x), big(y)]
const texts = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? each.toString() : each)))

/** F of the specification, on Node's own hash. */
function fieldOf(tag: string, parts: readonly string[]): bigint {
  const items = [`comity-zk/1 ${tag}`, ...parts].map((part) => Buffer.from(part))
  const lengths = items.map((item) => Buffer.of(0, 0, item.length >> 8, item.length & 255))
  const hash = createHash('sha256')
    .update(Buffer.concat(items.flatMap((item, i) => [lengths[i]!, item])))
    .digest()
  return BigInt(`0x${hash.subarray(0, 31).toString('hex')}`)
}

describe('the vectors of the specification hold', () => {
  it('for hashes of texts', () => {
    for (const { tag, parts, number } of vectors.hashToField) {
      expect(fieldOf(tag, parts)).toBe(big(number))
      expect(hashToField(tag, ...parts)).toBe(big(number))
    }
  })

  it('for Poseidon and the sponge', () => {
    for (const { inputs, number } of vectors.poseidon) {
      expect(reference.poseidon(...inputs.map(big))).toBe(big(number))
      expect(poseidon(inputs.map(big))).toBe(big(number))
    }
    for (const { items, number } of vectors.sponge) {
      expect(reference.sponge(items.map(big))).toBe(big(number))
      expect(sponge(items.map(big))).toBe(big(number))
    }
  })

  it('for keys, signatures and holders', async () => {
    const { key, signature, holder } = vectors
    const privateKey = Buffer.from(key.privateKey, 'hex')
    const signer = createZkSigner({ kid: 'did:web:a.example#k', privateKey })
    expect(reference.publicKey(privateKey)).toEqual(pointOf(key.publicKey))
    expect(parseBabyJubJubJwk(key.jwk)).toEqual(signer.publicKey)
    expect(texts(await signer.sign(42n))).toEqual({ r8: signature.r8, s: signature.s })
    const expected = reference.sign(privateKey, 42n)
    expect([expected.r8, expected.s]).toEqual([pointOf(signature.r8), big(signature.s)])
    const secret = big(holder.secret)
    expect(reference.poseidon(...reference.multiply(reference.BASE8, secret))).toBe(big(holder.commitment))
    expect(holderCommitment(secret)).toBe(big(holder.commitment))
    expect(reference.poseidon(secret, big(holder.domain))).toBe(big(holder.pseudonym))
    expect(pseudonymOf(secret, big(holder.domain))).toBe(big(holder.pseudonym))
  })

  it('for claims, the policy and the credential', async () => {
    const { claims, policy, credential, holder, key } = vectors
    expect(texts(encodeClaims({ credentialSubject: claims.subject }))).toEqual(claims.slots)
    const { query, ...compiled } = policy
    expect(texts(compilePredicates(query as unknown as ZkQuery))).toEqual(compiled)
    const rows = policy.predicates.flatMap(({ key: place, op, lo, hi, joined }) => [
      place,
      op,
      lo,
      hi,
      joined,
    ])
    expect(reference.sponge([...rows, policy.typeField].map(big))).toBe(big(policy.digest))
    const parsed = parseComplianceCredential(credential.text)
    expect(complianceDigest(parsed)).toBe(big(credential.digest))
    const options = {
      publicKey: parseBabyJubJubJwk(key.jwk),
      commitment: big(holder.commitment),
      now: vectors.statement.epoch,
    }
    await expect(verifyComplianceCredential(credential.text, options)).resolves.toMatchObject({
      iat: parsed.iat,
    })
  })

  it('for trees', () => {
    const { status, anchors, key } = vectors
    const leaves = new Map<number, bigint>()
    for (const index of status.revoked) {
      const at = Math.floor(index / 128)
      leaves.set(at, (leaves.get(at) ?? 0n) | (1n << BigInt(index % 128)))
    }
    const expected = reference.tree(17, leaves, Math.floor(status.index / 128))
    expect([expected.root, expected.siblings]).toEqual([big(status.root), status.siblings.map(big)])
    const tree = statusTree({ length: status.length, get: (index) => status.revoked.includes(index) })
    expect([tree.root, tree.leaf(5), tree.path(5)]).toEqual([
      big(status.root),
      big(status.leaf),
      expected.siblings,
    ])
    expect(reference.poseidon(...pointOf(key.publicKey), tree.root)).toBe(big(anchors.leaves[1]!))
    const top = reference.tree(8, new Map(anchors.leaves.map((leaf, i) => [i, big(leaf)])), anchors.index)
    expect([top.root, top.siblings]).toEqual([big(anchors.root), anchors.siblings.map(big)])
  })

  it('for the challenge, the escrow and the statement', () => {
    const { challenge, escrow, statement, credential } = vectors
    const { number, demand, ...parts } = challenge
    expect(challengeOf({ ...parts, demand: demand as unknown as Demand })).toBe(big(number))
    const nonce = big(escrow.nonce)
    expect(reference.multiply(reference.BASE8, nonce)).toEqual(pointOf(escrow.c1))
    const pad = reference.poseidon(...reference.multiply(pointOf(escrow.auditor), nonce))
    expect((big(credential.digest) + pad) % reference.FIELD).toBe(big(escrow.ciphertext))
    const sealed = [...pointOf(escrow.auditor), ...pointOf(escrow.c1), big(escrow.ciphertext)]
    expect(reference.poseidon(...sealed)).toBe(big(escrow.digest))
    const { policy, anchors, epoch, domain, pseudonym } = statement
    const items = [policy, anchors, epoch, number, domain, pseudonym, escrow.digest].map(BigInt)
    expect(reference.poseidon(...items)).toBe(big(statement.number))
    const [p, a, , c, d, s, e] = items as [bigint, bigint, bigint, bigint, bigint, bigint, bigint]
    expect(
      statementOf({ policy: p, anchors: a, epoch, challenge: c, domain: d, pseudonym: s, escrow: e }),
    ).toBe(big(statement.number))
  })
})
