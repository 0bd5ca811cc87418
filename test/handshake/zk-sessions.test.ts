/** Compliance proofs through a real gateway over HTTPS, with real proofs: what they open, and what ends it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AgentSession } from '../../src/agent/index.ts'
import { openEscrow, parseComplianceCredential, complianceDigest } from '../../src/zk/index.ts'
import type { Prover } from '../../src/zk/prove/prover.ts'
import { REQUEST } from '../support/demands.ts'
import { createTestProver, createZkWorld, type ZkAgent, type ZkWorld } from '../support/zk-world.ts'

let prover: Prover
let world: ZkWorld
let agent: ZkAgent
let session: AgentSession

const wanted = { request: REQUEST, demand: { anyone: true }, pairwise: true } as const

beforeAll(async () => {
  prover = await createTestProver()
  world = await createZkWorld({ prover, auditor: true, domain: true })
  agent = await world.createAgent('invoices')
  session = await agent.agent.connect(world.globex.did, wanted)
}, 120_000)
afterAll(async () => {
  await world.close()
  await prover.close()
})

describe('a pairwise session on a compliance proof', () => {
  it('lets the agent do what was attested for the query, and no more', async () => {
    expect(session.granted).toEqual([{ type: 'invoices', actions: ['read'] }])
    const response = await session.fetch('/invoices/1')
    expect(response.status).toBe(200)
    const { hello } = (await response.json()) as { hello: string }
    expect(hello).toMatch(/^did:key:z/)
    expect(hello).not.toBe(agent.did)
  })

  it('lives by its epoch, and not by an event stream that nobody has', async () => {
    const record = await world.globex.gateway.sessions.get(session.id)
    const current = world.globex.publisher.current('AgentPostureCredential')
    expect(record).toMatchObject({ credentials: [], leasedBy: [], state: 'active' })
    expect(record?.expiresAt).toBe(current.expiresAt + current.epochSeconds)
    expect(record?.compliance).toEqual([
      {
        query: 'posture-zk',
        type: 'AgentPostureCredential',
        anchors: current.digest,
        epoch: current.epoch,
        pseudonym: expect.any(String) as string,
        escrow: { auditor: `${world.acme}#auditor`, ciphertext: expect.any(String) as string },
      },
    ])
    expect(JSON.stringify(record)).not.toContain(agent.did)
  })

  it('is in the audit log with what the auditor can open, and nobody else', async () => {
    const records = (await world.globex.gateway.audit.read()).map(({ record }) => record)
    const handshake = records.find((each) => each.kind === 'handshake')
    const details = handshake?.details ?? {}
    expect(details).toMatchObject({ 'zk.query': 'posture-zk', 'zk.auditor': `${world.acme}#auditor` })
    expect(JSON.stringify(records)).not.toContain(agent.did)
    const digest = openEscrow(String(details['zk.escrow']), world.auditorKey)
    expect(digest).toBe(complianceDigest(parseComplianceCredential(agent.posture.compliance ?? '')))
    const found = await world.issuer.find({ complianceDigest: agent.posture.complianceDigest ?? '' })
    expect(found).toMatchObject({ subject: agent.did })
  })

  it('is not renewed with a posture of the own DID', async () => {
    await expect(session.renew()).resolves.toBeUndefined()
    const record = await world.globex.gateway.sessions.get(session.id)
    expect(record?.credentials).toEqual([])
  })

  it('ends at once with an urgent epoch, and not before; the agent comes back with a new proof', async () => {
    await world.globex.publisher.startEpoch()
    expect((await session.fetch('/invoices/1')).status).toBe(200)
    await world.globex.publisher.startEpoch({ urgent: true })
    await expect
      .poll(async () => (await world.globex.gateway.sessions.get(session.id))?.endedReason)
      .toBe('anchors-renewed')
    expect((await session.fetch('/invoices/1')).status).toBe(401)
    const next = await agent.agent.connect(world.globex.did, wanted)
    expect((await next.fetch('/invoices/1')).status).toBe(200)
    expect(next.id).not.toBe(session.id)
  }, 120_000)
})

describe('what a gateway asks for', () => {
  it('is told to anybody, with the anchors of now, and what they are is there too', async () => {
    const response = await world.fetch(world.globex.endpoint)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('cache-control')).toMatch(/^max-age=\d+$/)
    const { digest } = world.globex.publisher.current('AgentPostureCredential')
    expect(new TextDecoder().decode(response.body)).toContain(digest)
    const hash = digest.slice('urn:sha256:'.length)
    expect((await world.fetch(`${world.globex.origin}/comity/anchors/${hash}`)).status).toBe(200)
  })
})
