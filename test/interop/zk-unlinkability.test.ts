/**
 * A hundred pairwise sessions of one agent at two gateways, each with a real proof: nothing on the wire repeats but what
 * the agent asks for and what the protocol is. Slow: a proof takes seconds.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../src/encoding/index.ts'
import { isJsonObject } from '../../src/encoding/index.ts'
import type { ComplianceEvidence } from '../../src/handshake/index.ts'
import { parseJws } from '../../src/keys/index.ts'
import type { Prover } from '../../src/zk/prove/prover.ts'
import { createManualInitiator } from '../support/manual-initiator.ts'
import { REQUEST } from '../support/demands.ts'
import {
  createTestProver,
  createZkWorld,
  type ZkAgent,
  type ZkGateway,
  type ZkWorld,
} from '../support/zk-world.ts'

const SESSIONS = 100

/** What is the protocol's, what the agent asks for, and times: the same in the message of any agent that wants this. */
const EXPECTED =
  /^(?:hello\.(?:versions|suites|to)|present\.(?:msg|aud|iat|exp|supported|demand|request|evidence\.0\.(?:query|format)|cnf\.jwk\.(?:kty|crv|alg|use))|session\.(?:granted|compliance\.0\.(?:query|type|anchors|epoch|escrow\.auditor)|organizations|leasedBy|credentials|expiresAt|openedAt|state|evidenceCheckedAt))(?:\.|$)/

let prover: Prover

beforeAll(async () => {
  prover = await createTestProver(2)
})
afterAll(async () => prover.close())

/** Each value that is no object or list, with the path to it. */
function leavesOf(value: JsonValue, path: string): [string, string][] {
  if (Array.isArray(value))
    return value.flatMap((each, index) => leavesOf(each as JsonValue, `${path}.${index}`))
  if (isJsonObject(value)) {
    return Object.entries(value).flatMap(([name, each]) => leavesOf(each, `${path}.${name}`))
  }
  return [[path, JSON.stringify(value)]]
}

interface Seen {
  readonly gateway: string
  readonly fields: readonly [string, string][]
}

/** One run, with all that the gateway sees in clear: hello, the content of the box of `present`, and its record. */
async function observe(world: ZkWorld, agent: ZkAgent, gateway: ZkGateway): Promise<Seen> {
  // An epoch may begin between the making of a proof and its use.
  return (await observeOnce(world, agent, gateway)) ?? (await observe(world, agent, gateway))
}

async function observeOnce(world: ZkWorld, agent: ZkAgent, gateway: ZkGateway): Promise<Seen | undefined> {
  const send = async (body: string): Promise<Uint8Array> => {
    const headers = { 'content-type': 'application/comity+json' }
    return (await world.fetch(gateway.endpoint, { method: 'POST', headers, body, timeoutMs: 20_000 })).body
  }
  const demand = JSON.parse(new TextDecoder().decode((await world.fetch(gateway.endpoint)).body)) as never
  const taken = await agent.source.take({ audience: gateway.did, demand })
  if (taken === undefined) throw new Error('nothing was proven')
  const evidence: readonly ComplianceEvidence[] = taken.evidence
  const run = await createManualInitiator({
    did: taken.did,
    signer: taken.signer,
    peer: gateway.did,
    evidence: evidence as unknown as readonly JsonObject[],
    demand: { anyone: true },
    request: REQUEST,
  })
  await run.readOffer(await send(run.hello))
  let present: JsonObject = {}
  const body = await run.present({
    claims: (honest) => {
      present = honest
      return honest
    },
  })
  const answer = await run.readAnswer(await send(body))
  if (answer.msg !== 'accept') {
    expect(gateway.lastCode()).toMatch(/^COMITY_ZK_(?:ANCHORS_STALE|PROOF_INVALID)$/)
    return undefined
  }
  const { id } = answer.session as { id: string }
  const record = await gateway.gateway.sessions.get(id)
  const { clear } = JSON.parse(run.hello) as { clear: string }
  const hello = JSON.parse(Buffer.from(clear, 'base64url').toString()) as JsonObject
  const proof = parseJws(String(present.cnf_proof))
  const fields = [
    ...leavesOf(hello, 'hello'),
    ...leavesOf({ ...present, kid: taken.signer.kid, cnf_proof: { ...proof.claims, iat: 0 } }, 'present'),
    ...leavesOf(JSON.parse(JSON.stringify(record)) as JsonValue, 'session'),
    ...Object.entries(proofParts(evidence[0]?.value ?? '')).map(([name, part]): [string, string] => [
      `proof.${name}`,
      part,
    ]),
  ]
  return { gateway: gateway.did, fields }
}

/** The numbers of a proof by themselves: one that stays would be hidden in a text that does not. */
function proofParts(value: string): Record<string, string> {
  const bytes = Buffer.from(value, 'base64url').subarray(1)
  const count = bytes.length / 32
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => [at, bytes.subarray(at * 32, at * 32 + 32).toString('hex')]),
  )
}

/** The values that are in more than one run, but for those that are expected to be. */
function repeated(seen: readonly Seen[], ignored: RegExp = EXPECTED): string[] {
  const runs = new Map<string, Set<number>>()
  const paths = new Map<string, string>()
  for (const [index, { fields }] of seen.entries()) {
    for (const [path, value] of fields) {
      if (ignored.test(path) || /^present\.cnf_proof\.(?:iat|aud)$/.test(path)) continue
      // Small values say nothing, and repeat by themselves.
      if (value.length < 12) continue
      runs.set(value, (runs.get(value) ?? new Set()).add(index))
      paths.set(value, path)
    }
  }
  return [...runs].filter(([, at]) => at.size > 1).map(([value]) => paths.get(value) ?? '')
}

describe('pairwise sessions of one agent', () => {
  it(`have nothing in common, ${SESSIONS} of them at two gateways`, async () => {
    const world = await createZkWorld({ prover, auditor: true })
    try {
      const agent = await world.createAgent('invoices')
      const seen: Seen[] = []
      const next = Array.from({ length: SESSIONS }, (_, index) =>
        index % 2 === 0 ? world.globex : world.initech,
      )
      const work = async (): Promise<void> => {
        for (let gateway = next.shift(); gateway !== undefined; gateway = next.shift()) {
          seen.push(await observe(world, agent, gateway))
        }
      }
      await Promise.all([work(), work()])
      expect(seen).toHaveLength(SESSIONS)
      expect(repeated(seen)).toEqual([])
      const all = JSON.stringify(seen)
      expect(all).not.toContain(agent.did)
      expect(all).not.toContain(world.acme.slice(0, -1) + '/agents')
      // Positive control: what is known to repeat is found when it is not passed over.
      expect(repeated(seen, /^$/)).not.toEqual([])
    } finally {
      await world.close()
    }
  }, 3_600_000)

  it('have a pseudonym in common where one is asked for: at each gateway another', async () => {
    const world = await createZkWorld({ prover, domain: true })
    try {
      const agent = await world.createAgent('invoices')
      const seen: Seen[] = []
      for (const gateway of [world.globex, world.initech, world.globex, world.initech]) {
        seen.push(await observe(world, agent, gateway))
      }
      const pseudonyms = seen.map(
        ({ fields }) => new Map(fields).get('session.compliance.0.pseudonym') ?? 'missing',
      )
      expect(pseudonyms[0]).toBe(pseudonyms[2])
      expect(pseudonyms[1]).toBe(pseudonyms[3])
      expect(pseudonyms[0]).not.toBe(pseudonyms[1])
      expect(pseudonyms).not.toContain('missing')
      // The same number, in the proof and in the record, is all that repeats.
      expect(new Set(repeated(seen))).toEqual(new Set(['session.compliance.0.pseudonym', 'proof.8']))
    } finally {
      await world.close()
    }
  }, 600_000)
})
