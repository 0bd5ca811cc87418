/** Compliance proofs as evidence: which are looked at at all, before any of them is verified. */
import { describe, expect, it } from 'vitest'
import { parseDemand, type Demand } from '../../src/demand/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import {
  createInitiator,
  type ComplianceExpectation,
  type ComplianceEvidenceSource,
  type ComplianceTrust,
} from '../../src/handshake/index.ts'
import { jwkThumbprint } from '../../src/keys/index.ts'
import { createManualResponder } from '../support/manual-responder.ts'
import { createKeyParty, createPair, noTrust, type Pair } from '../support/pair.ts'
import { REQUEST } from '../support/world.ts'

function zkQuery(id: string, meta: JsonObject = {}): JsonObject {
  const type_values = [['AgentPostureCredential']]
  return { id, format: 'comity-zk', meta: { type_values, anchors: 'urn:sha256:x', epoch: 0, ...meta } }
}
const clear = { id: 'clear', format: 'vc+jwt', meta: { type_values: [['AgentPostureCredential']] } }
const ids = ['a', 'b', 'c', 'd', 'e']
const demand: Demand = parseDemand({
  credentials: [...ids.map((id) => zkQuery(id)), clear],
  credential_sets: [{ options: [...ids, 'clear'].map((id) => [id]) }],
})

function proof(query?: string): JsonObject {
  return { format: 'comity-zk', value: 'proof', ...(query === undefined ? {} : { query }) }
}

/** A stand-in that tells what it was asked, and says yes to everything: which must not be enough. */
function gullible(): ComplianceTrust & { readonly asked: ComplianceExpectation[] } {
  const asked: ComplianceExpectation[] = []
  return {
    asked,
    verify(_value, expected) {
      asked.push(expected)
      return Promise.resolve({
        query: expected.query.id,
        type: 'AgentPostureCredential',
        expiresAt: 1e12,
      } as never)
    },
  }
}

async function refusal(pair: Pair, evidence: readonly JsonObject[]): Promise<unknown> {
  const run = await pair.manual({ evidence })
  await run.readOffer(await pair.send(run.hello))
  return pair.send(await run.present()).then(
    () => 'accepted',
    (error: unknown) => (error as { code?: unknown }).code ?? (error as Error).name,
  )
}

describe('compliance proofs in a present', () => {
  it('are refused where nothing can judge them', async () => {
    expect(await refusal(await createPair({ demand }), [proof('a')])).toBe('COMITY_ZK_NOT_JUDGED')
  })

  it.each([
    ['without a query', [proof()]],
    ['for a query that was not asked', [proof('unknown')]],
    ['for a query of another format', [proof('clear')]],
    ['twice for one query', [proof('a'), proof('a')]],
    ['beside one that was asked for', [proof('a'), proof('unknown')]],
    ['more of them than four', ids.map((id) => proof(id))],
  ])('are refused before anything is verified: %s', async (_what, evidence) => {
    const compliance = gullible()
    expect(await refusal(await createPair({ demand, compliance }), evidence)).toBe('COMITY_ZK_PROOF_UNASKED')
    expect(compliance.asked).toEqual([])
  })

  it('are verified for the key that signed, the own DID, and the demand as it was sent', async () => {
    const compliance = gullible()
    const pair = await createPair({ demand, compliance })
    await refusal(pair, [proof('b')])
    expect(compliance.asked).toHaveLength(1)
    expect(compliance.asked[0]).toMatchObject({
      audience: pair.responder.did,
      key: jwkThumbprint(pair.initiator.signer.publicJwk),
      query: { id: 'b' },
    })
    expect(compliance.asked[0]?.demand).toEqual(demand)
  })

  it('count for nothing that did not come out of the verifier of proofs', async () => {
    const pair = await createPair({ demand, compliance: gullible() })
    expect(await refusal(pair, [proof('a')])).toBe('TypeError')
  })

  it('are not verified where other evidence is refused: they are taken once', async () => {
    const compliance = gullible()
    const pair = await createPair({ demand, compliance })
    const broken = { format: 'vc+jwt', query: 'clear', value: 'no token' }
    expect(await refusal(pair, [proof('a'), broken])).not.toBe('accepted')
    expect(compliance.asked).toEqual([])
  })
})

describe('compliance proofs of a responder', () => {
  async function connectTo(
    lies: { offer?: readonly JsonObject[]; answer?: readonly JsonObject[] },
    trust: ComplianceTrust = gullible(),
  ): Promise<unknown> {
    const [own, peer] = [await createKeyParty(), await createKeyParty()]
    const respond = createManualResponder({
      did: peer.did,
      signer: peer.signer,
      demand: { anyone: true },
      evidence: lies.offer ?? [],
      answerEvidence: () => Promise.resolve(lies.answer ?? []),
    })
    const initiator = createInitiator({
      did: own.did,
      peer: peer.did,
      wallet: own.wallet,
      evidence: { ...noTrust, compliance: trust },
      demand: { anyone: true },
      request: REQUEST,
    })
    const send = async (body: string): Promise<Uint8Array> =>
      new TextEncoder().encode(await respond(new TextEncoder().encode(body)))
    try {
      const offer = await send(await initiator.hello())
      await initiator.finish(await send(await initiator.present(offer)))
      return 'accepted'
    } catch (error) {
      return (error as { code?: unknown }).code
    }
  }

  it('positive control: without them it is believed', async () => {
    expect(await connectTo({})).toBe('accepted')
  })

  it.each([
    ['offer', { offer: [proof('a')] }],
    ['offer, for no query', { offer: [proof()] }],
    ['answer', { answer: [proof('a')] }],
  ])('are refused in the %s', async (_where, lies) => {
    expect(await connectTo(lies)).toBe('COMITY_ZK_PROOF_MISPLACED')
  })
})

describe('an initiator that is asked for a pseudonym', () => {
  const asks = (domain: string): JsonObject => ({ credentials: [zkQuery('a', { domain })] })
  const unused: ComplianceEvidenceSource = {
    take: () => Promise.reject(new Error('asked')),
    answer: () => Promise.reject(new Error('asked')),
  }

  it.each([true, false])(
    'for another DID, refuses before anything is proven or sent (pairwise: %s)',
    async (isPairwise) => {
      const [own, peer] = [await createKeyParty(), await createKeyParty()]
      let seen: unknown
      const respond = createManualResponder({
        did: peer.did,
        signer: peer.signer,
        demand: asks('did:web:agreed.example'),
        onPresent: (claims) => {
          seen = claims
        },
      })
      const initiator = createInitiator({
        did: own.did,
        peer: peer.did,
        wallet: own.wallet,
        evidence: noTrust,
        demand: { anyone: true },
        request: REQUEST,
        compliance: unused,
        isPairwise,
      })
      const offer = await respond(new TextEncoder().encode(await initiator.hello()))
      await expect(initiator.present(new TextEncoder().encode(offer))).rejects.toMatchObject({
        code: 'COMITY_ZK_DOMAIN_FOREIGN',
      })
      expect(seen).toBeUndefined()
    },
  )
})
