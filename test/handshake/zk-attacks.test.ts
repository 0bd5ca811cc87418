/** Attacks on compliance proofs, through the real gateway over HTTPS, with real proofs. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Demand } from '../../src/demand/index.ts'
import { parseDemand } from '../../src/demand/index.ts'
import type { ComplianceEvidence } from '../../src/handshake/index.ts'
import type { Signer } from '../../src/keys/index.ts'
import { encodeComplianceProof } from '../../src/zk/index.ts'
import { parseComplianceProof } from '../../src/zk/proof-codec.ts'
import type { Prover } from '../../src/zk/prove/prover.ts'
import verificationKeyJson from '../../circuits/build/verification_key.json' with { type: 'json' }
import { createManualInitiator, type ManualInitiator } from '../support/manual-initiator.ts'
import { REQUEST } from '../support/demands.ts'
import { freshDidKey } from '../support/zk-source.ts'
import {
  createTestProver,
  createZkWorld,
  type ZkAgent,
  type ZkGateway,
  type ZkWorld,
} from '../support/zk-world.ts'
import { rerandomize } from '../zk/support/points.ts'

interface Party {
  readonly did: string
  readonly signer: Signer
}

const POSTURE = 'AgentPostureCredential'

let prover: Prover
let world: ZkWorld
let agent: ZkAgent
let holder: Party
/** An honest proof for `holder`, Globex and what it asks now. */
let honest: ComplianceEvidence
/** One of the same for another key, which is never shown. */
let unspent: { readonly party: Party; readonly proof: ComplianceEvidence }

async function asked({ endpoint }: ZkGateway): Promise<Demand> {
  return parseDemand(JSON.parse(new TextDecoder().decode((await world.fetch(endpoint)).body)))
}

async function prove(party: Party, gateway: ZkGateway, demand?: Demand): Promise<ComplianceEvidence> {
  const question = { audience: gateway.did, demand: demand ?? (await asked(gateway)) }
  const [proof] = await agent.source.proveFor(party.signer, question)
  if (proof === undefined) throw new Error('nothing was proven')
  return proof
}

beforeAll(async () => {
  prover = await createTestProver()
  world = await createZkWorld({ prover })
  agent = await world.createAgent('invoices')
  holder = await freshDidKey()
  honest = await prove(holder, world.globex)
  const party = await freshDidKey()
  unspent = { party, proof: await prove(party, world.globex) }
}, 120_000)
afterAll(async () => {
  await world.close()
  await prover.close()
})

/** A run with Globex whose offer has been read. */
async function begin(
  party: Party,
  ...evidence: readonly Partial<ComplianceEvidence>[]
): Promise<ManualInitiator> {
  const run = await createManualInitiator({
    ...party,
    peer: world.globex.did,
    evidence: evidence,
    demand: { anyone: true },
    request: REQUEST,
  })
  await run.readOffer(await world.post(run.hello))
  return run
}

/** How Globex answers: the session, or the code that only its log has. */
async function finish(run: ManualInitiator): Promise<unknown> {
  const answer = await run.readAnswer(await world.post(await run.present()))
  if (answer.msg === 'accept') return 'accepted'
  expect(answer.reason).toBe('evidence')
  return world.globex.lastCode()
}

async function show(party: Party, proof: Partial<ComplianceEvidence>): Promise<unknown> {
  return finish(await begin(party, proof))
}

/** Anybody can do that to a proof that was seen, and both verify. */
function changed(proof: ComplianceEvidence): ComplianceEvidence {
  const { unverified: _unverified, ...parts } = parseComplianceProof(proof.value, {
    domain: false,
    auditor: false,
  })
  const value = encodeComplianceProof(rerandomize(parts, deltaOf(verificationKeyJson), 31_337n, 99n))
  expect(value).not.toBe(proof.value)
  return { ...proof, value }
}

function deltaOf({
  vk_delta_2: [x = [], y = []],
}: {
  vk_delta_2: string[][]
}): Parameters<typeof rerandomize>[1] {
  const fp2 = ([c0 = '0', c1 = '0']: string[]): { c0: bigint; c1: bigint } => ({
    c0: BigInt(c0),
    c1: BigInt(c1),
  })
  return { x: fp2(x), y: fp2(y) }
}

describe('a compliance proof', () => {
  it('of somebody else is of no use to another key', async () => {
    expect(await show(await freshDidKey(), honest)).toBe('COMITY_ZK_PROOF_INVALID')
  })

  it('of somebody else is of no use when it is changed, either', async () => {
    expect(await show(await freshDidKey(), changed(honest))).toBe('COMITY_ZK_PROOF_INVALID')
  })

  it('of somebody else is of no use in a message that somebody else signs in their name', async () => {
    const { signer } = await freshDidKey()
    const run = await begin({ did: holder.did, signer }, honest)
    const answer = await run.readAnswer(await world.post(await run.present()))
    expect(answer.msg).toBe('reject')
    expect(world.globex.lastCode()).not.toBe('COMITY_ZK_PROOF_REPLAYED')
  })

  it('for another audience is refused', async () => {
    expect(await show(holder, await prove(holder, world.initech))).toBe('COMITY_ZK_PROOF_INVALID')
  }, 180_000)

  it('for another demand of the same verifier is refused, though it asks for more', async () => {
    const demand = await asked(world.globex)
    const other = parseDemand({ ...demand, posture: { maxAge: 90_000 } })
    expect(await show(holder, await prove(holder, world.globex, other))).toBe('COMITY_ZK_PROOF_INVALID')
  }, 180_000)

  it.each([
    ['no query', {}],
    ['an unknown query', { query: 'posture' }],
  ])('for %s is refused', async (_what, query) => {
    const { query: _query, ...rest } = honest
    expect(await show(holder, { ...rest, ...query })).toBe('COMITY_ZK_PROOF_UNASKED')
  })

  it('of another form is refused', async () => {
    expect(await show(holder, { ...honest, value: honest.value.slice(4) })).toBe('COMITY_ZK_PROOF_MALFORMED')
    const zeros = Buffer.alloc(257)
    zeros[0] = 1
    expect(await show(holder, { ...honest, value: zeros.toString('base64url') })).toMatch(/^COMITY_ZK_PO/)
  })

  it('is not there where none is shown: nothing was proven', async () => {
    expect(await finish(await begin(holder))).toBe('COMITY_DEMAND_UNMET')
  })

  it('is taken once: neither again nor changed', async () => {
    expect(await show(holder, honest)).toBe('accepted')
    expect(await show(holder, honest)).toBe('COMITY_ZK_PROOF_REPLAYED')
    expect(await show(holder, changed(honest))).toBe('COMITY_ZK_PROOF_REPLAYED')
  })
})

describe('the anchors of a gateway', () => {
  it('are those of now: a run that began before the epoch did is refused, and the old proof with the new ones', async () => {
    const run = await begin(unspent.party, unspent.proof)
    await world.globex.publisher.startEpoch()
    expect(await finish(run)).toBe('COMITY_ZK_ANCHORS_STALE')
    expect(await show(unspent.party, unspent.proof)).toBe('COMITY_ZK_PROOF_INVALID')
  })

  it('are forged by whoever is not the verifier', async () => {
    // Initech's list, which Initech has signed, is asked for in the name of Globex.
    const foreign = await asked(world.initech)
    const question = { audience: world.globex.did, demand: foreign }
    await expect(agent.source.proveFor(holder.signer, question)).rejects.toMatchObject({
      code: expect.stringMatching(/^COMITY_ZK_ANCHORS_(?:FORGED|UNAVAILABLE)$/) as string,
    })
  })

  it('lack an issuer that is not accepted any more, from the next epoch on', async () => {
    const party = await freshDidKey()
    const proof = await prove(party, world.globex)
    world.globex.accepts.acme = false
    await world.globex.publisher.startEpoch()
    expect(await show(party, proof)).toBe('COMITY_ZK_PROOF_INVALID')
    await expect(prove(party, world.globex)).rejects.toMatchObject({ code: 'COMITY_ZK_ISSUER_NOT_ANCHORED' })
    world.globex.accepts.acme = true
    await world.globex.publisher.startEpoch()
  }, 180_000)
})

describe('a credential that is revoked after it was proven', () => {
  it('ends the session at once, as soon as the issuer says so, and is proven no more', async () => {
    const session = await agent.agent.connect(world.globex.did, {
      request: REQUEST,
      demand: { anyone: true },
      pairwise: true,
    })
    expect((await session.fetch('/invoices/1')).status).toBe(200)
    const party = await freshDidKey()
    const proof = await prove(party, world.globex)
    const before = world.globex.publisher.current(POSTURE).digest

    await world.issuer.revoke({ credential: agent.posture.id }, { reason: 'compromised' })
    await expect
      .poll(async () => (await world.globex.gateway.sessions.get(session.id))?.endedReason, {
        timeout: 20_000,
      })
      .toBe('anchors-renewed')
    expect((await session.fetch('/invoices/1')).status).toBe(401)
    expect(world.globex.publisher.current(POSTURE).digest).not.toBe(before)
    expect(await show(party, proof)).toBe('COMITY_ZK_PROOF_INVALID')
    await expect(prove(party, world.globex)).rejects.toMatchObject({ code: 'COMITY_ZK_CREDENTIAL_REVOKED' })
  }, 180_000)
})
