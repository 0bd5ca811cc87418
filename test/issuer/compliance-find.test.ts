import { beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_TRACE_SECONDS, MAX_TRACE_SECONDS, type Issuer } from '../../src/issuer/index.ts'
import { complianceDigest, parseComplianceCredential } from '../../src/zk/index.ts'
import { createComplianceWorld, zkSigner, type ComplianceWorld } from './compliance-world.ts'
import { AGENT, createWorld, ORGANIZATION } from './world.ts'

const why = { reason: 'compromised' }

let world: ComplianceWorld
let issuer: Issuer
let issuePosture: ComplianceWorld['issuePosture']

beforeEach(async () => {
  world = await createComplianceWorld()
  ;({ issuer, issuePosture } = world)
})

describe('what an auditor’s opened escrow leads to', () => {
  it('is the credential and its agent, and it is on record who was looked for', async () => {
    const issued = await issuePosture()
    const digest = complianceDigest(parseComplianceCredential(issued.compliance ?? ''))
    const found = await world.restart().find({ complianceDigest: digest }, { reason: 'incident-7' })
    expect(found).toEqual({
      id: issued.id,
      type: 'AgentPostureCredential',
      subject: AGENT,
      digest: issued.digest,
      complianceDigest: issued.complianceDigest,
      validUntil: issued.validUntil,
      state: 'active',
    })
    expect(await issuer.find({ complianceDigest: issued.complianceDigest ?? '' })).toEqual(found)
    const records = await world.audit.read()
    expect(
      records.map(({ record: { kind, action, outcome, peer } }) => [kind, action, outcome, peer]),
    ).toEqual([
      ['issuance', 'issue', 'issued', AGENT],
      ['issuance', 'find', 'allowed', AGENT],
      ['issuance', 'find', 'allowed', AGENT],
    ])
    const { id: credential, complianceDigest: name, digest: vc } = issued
    expect(records.map(({ record }) => record.details)).toEqual([
      { credential, digest: vc, type: 'AgentPostureCredential', complianceDigest: name },
      { credential, digest: vc, complianceDigest: name, reason: 'incident-7' },
      { credential, digest: vc, complianceDigest: name, reason: 'escrow-opened' },
    ])
  })

  it('says what became of it, and stays when its record has gone', async () => {
    const issued = await issuePosture()
    const target = { complianceDigest: issued.complianceDigest ?? '' }
    await issuer.suspend(issued.id)
    expect((await issuer.find(target))?.state).toBe('suspended')
    await issuer.revoke({ credential: issued.id }, why)
    expect((await issuer.find(target))?.state).toBe('revoked')
    world.pass(30 * 86_400)
    expect(await issuer.find(target)).toMatchObject({ id: issued.id, subject: AGENT, state: undefined })
    world.pass(DEFAULT_TRACE_SECONDS)
    expect(await issuer.find(target)).toBeUndefined()
  })

  it('is nothing for the digest of nobody, and that is on record too', async () => {
    await issuePosture()
    expect(await issuer.find({ complianceDigest: 5n })).toBeUndefined()
    const last = (await world.audit.read()).at(-1)?.record
    expect(last).toMatchObject({ action: 'find', outcome: 'refused', details: { reason: 'escrow-opened' } })
    expect(last).not.toHaveProperty('peer')
  })

  it('is told to nobody where it cannot be recorded', async () => {
    const issued = await issuePosture()
    const append = (): never => {
      throw new Error('the disk is full')
    }
    const blind = world.restart({ audit: { ...world.audit, append } })
    const target = { complianceDigest: issued.complianceDigest ?? '' }
    await expect(blind.find(target)).rejects.toThrow('the disk is full')
  })

  it.each([-1n, 1n << 256n, '', 'x', 'a'.repeat(44), 7, undefined])(
    'is not looked for by %s',
    async (digest) => {
      await expect(issuer.find({ complianceDigest: digest as never })).rejects.toThrow(TypeError)
      await expect(issuer.find({ complianceDigest: 1n }, { reason: 'No!' })).rejects.toThrow(TypeError)
    },
  )
})

describe('an issuer', () => {
  it('makes nothing for proofs without a key for it', async () => {
    await expect(issuePosture({}, (await createWorld()).issuer)).rejects.toThrow(TypeError)
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['no nonce', { commitment: {} }],
    ['no commitment', { nonce: 'n' }],
    ['a text', { commitment: 'c', nonce: 'n' }],
  ])('is not asked with %s', async (_name, compliance) => {
    await expect(issuePosture({ compliance })).rejects.toThrow(TypeError)
  })

  it.each<[string, object]>([
    ['another’s key', { zkSigner: { ...zkSigner, kid: 'did:web:globex.example#zk-1' } }],
    ['a DID for a key', { zkSigner: { ...zkSigner, kid: ORGANIZATION } }],
    ['traces for ever', { traceSeconds: MAX_TRACE_SECONDS + 1 }],
    ['negative traces', { traceSeconds: -1 }],
    ['traces of no length', { traceSeconds: Number.NaN }],
  ])('is not made with %s', (_name, change) => {
    expect(() => world.restart({ zkSigner, ...change })).toThrow(TypeError)
  })

  it('signs with the key that its wallet made', async () => {
    const own = await world.wallet.zkSigner(ORGANIZATION)
    const issued = await issuePosture({}, world.restart({ zkSigner: own }))
    const { kid } = parseComplianceCredential(issued.compliance ?? '')
    expect((await world.wallet.zkKeys(ORGANIZATION)).map((key) => key.kid)).toEqual([kid])
  })
})
