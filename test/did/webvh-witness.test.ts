import { describe, expect, it } from 'vitest'
import { didKeyFromJwk } from '../../src/did/index.ts'
import { signProof } from '../../src/did/webvh/proof.ts'
import { canonicalizeJson } from '../../src/encoding/index.ts'
import type { Signer } from '../../src/keys/index.ts'
import { forgeFirst, forgeNext, type Forged } from './webvh-forge.ts'
import { refusalOf, signers, verify } from './webvh-support.ts'

const [signer, other, third] = (await signers(3)) as [Signer, Signer, Signer]
const first = await forgeFirst({ signer })
const didKey = (of: Signer): string => didKeyFromJwk(of.publicJwk)

const config = { threshold: 2, witnesses: [{ id: didKey(other) }, { id: didKey(third) }] }
const approve = async (by: Signer, versionId: string) =>
  signProof(by, canonicalizeJson({ versionId }), '2026-11-24T00:00:00Z')
const witnessed = await forgeFirst({ signer, parameters: { witness: config } })
const judge = async (records: unknown, { did, log }: Forged = witnessed): Promise<string> =>
  verify(did, log, typeof records === 'string' ? records : JSON.stringify(records)).then(
    () => 'verified',
    async (error: unknown) => refusalOf(Promise.reject(error as Error)),
  )
const { versionId } = witnessed
const [one, two] = [await approve(other, versionId), await approve(third, versionId)]
const [moved, strange] = [await approve(third, '1-x'), await approve(signer, versionId)]

describe('witnesses', () => {
  it('approve together, in one record or several', async () => {
    expect(await judge([{ versionId, proof: [one, two] }])).toBe('verified')
    expect(
      await judge([
        { versionId, proof: [one] },
        { versionId: '9-x', proof: [1] },
        { versionId, proof: [two] },
      ]),
    ).toBe('verified')
  })

  it.each<[string, unknown]>([
    ['one alone', [{ versionId, proof: [one] }]],
    ['one twice', [{ versionId, proof: [one, one] }]],
    ['one of another version', [{ versionId: '2-x', proof: [one, two] }]],
    ['one moved to another version', [{ versionId, proof: [one, moved] }]],
    ['one without a fragment', [{ versionId, proof: [one, { ...two, verificationMethod: didKey(third) }] }]],
    ['a stranger', [{ versionId, proof: [one, strange] }]],
    ['no list', { versionId, proof: [one, two] }],
    ['no JSON', '[{'],
    ['a member twice', `[{"versionId":"x","versionId":"${versionId}","proof":[]}]`],
  ])('%s', async (_name, records) => {
    expect(await judge(records)).toBe('COMITY_DID_LOG_WITNESS')
  })

  it('no file at all', async () => {
    expect(await refusalOf(verify(witnessed.did, witnessed.log))).toBe('COMITY_DID_LOG_WITNESS')
  })

  it('approve what was before, never what follows; the old ones approve the new ones', async () => {
    const changed = await forgeNext(witnessed, {
      signer,
      parameters: { witness: { threshold: 1, witnesses: [{ id: didKey(signer) }] } },
    })
    const [later, last] = [await approve(other, changed.versionId), await approve(third, changed.versionId)]
    expect(await judge([{ versionId, proof: [one, two] }], changed)).toBe('COMITY_DID_LOG_WITNESS')
    expect(
      await judge(
        [
          { versionId, proof: [two] },
          { versionId: changed.versionId, proof: [later] },
        ],
        changed,
      ),
    ).toBe('COMITY_DID_LOG_WITNESS')
    expect(await judge([{ versionId: changed.versionId, proof: [later, last] }], changed)).toBe('verified')
    const own = [
      { versionId, proof: [one, two] },
      { versionId: changed.versionId, proof: [await approve(signer, changed.versionId)] },
    ]
    expect(await judge(own, changed)).toBe('COMITY_DID_LOG_WITNESS')
  })

  it('approve the entry that names them where there were none, and the one that ends them', async () => {
    const named = await forgeNext(first, { signer, parameters: { witness: config } })
    expect(await judge([], named)).toBe('COMITY_DID_LOG_WITNESS')
    const ended = await forgeNext(named, { signer, parameters: { witness: {} } })
    const of = async (id: string) => ({
      versionId: id,
      proof: [await approve(other, id), await approve(third, id)],
    })
    expect(await judge([await of(named.versionId)], ended)).toBe('COMITY_DID_LOG_WITNESS')
    expect(await judge([await of(ended.versionId)], ended)).toBe('verified')
    const free = await forgeNext(ended, { signer })
    expect(await judge([await of(ended.versionId)], free)).toBe('verified')
  })
})
