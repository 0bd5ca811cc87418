import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  credentialDigest,
  parseSdJwtCredential,
  presentSdJwtCredential,
  vctOf,
} from '../../src/credentials/index.ts'
import { parseDemand } from '../../src/demand/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { bindingOf, type Occasion } from '../../src/handshake/binding.ts'
import { chooseDisclosure, presentEvidence } from '../../src/handshake/disclosure.ts'
import { createTrustRegistry } from '../../src/trust/index.ts'
import { answerTo, startedRun } from '../support/handshakes.ts'
import { attestations } from '../support/world-acme.ts'
import { createWorld, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

const TYPE = 'AgentPostureCredential'
const CAPABILITY = 'AgentCapabilityCredential'
const QUERY = {
  id: 'posture',
  format: 'dc+sd-jwt',
  meta: { vct_values: [vctOf(TYPE)] },
  claims: [{ path: ['region'] }],
  predicates: [{ path: ['openCriticalVulnerabilities'], op: 'range', min: 0, max: 0 }],
}

const DEMAND = parseDemand({
  credentials: [QUERY, { id: 'capability', format: 'vc+jwt', meta: { type_values: [[CAPABILITY]] } }],
  posture: { maxAge: 86_400 },
})
const ALWAYS_SHOWN = ['cnf', 'exp', 'iss', 'nbf', 'status', 'sub', 'vct']

let world: World
let agent: AcmeAgent
let other: AcmeAgent
let token: string
let othersToken: string

beforeAll(async () => {
  world = await createWorld({
    demand: DEMAND,
    trust: (acme) => createTrustRegistry({ issuers: [{ did: acme, types: [TYPE, CAPABILITY] }] }),
  })
  agent = await world.acme.createAgent('sd-jwt')
  other = await world.acme.createAgent('other')
  token = await issue(agent)
  othersToken = await issue(other)
  await agent.wallet.addCredential(token, { release: 'public' })
})
afterAll(async () => {
  await world.close()
})

async function issue({ did, signer }: AcmeAgent): Promise<string> {
  const { token: issued } = await world.acme.issuer.issue(TYPE, {
    subject: did,
    claims: attestations(world.acme.did)[TYPE] ?? {},
    lifetimeSeconds: 3600,
    format: 'dc+sd-jwt',
    holderKey: signer.publicJwk,
  })
  return issued
}

/** The posture as it is given, beside the other credential that is asked for. */
function evidenceWith(value: string, format = 'dc+sd-jwt'): JsonObject[] {
  const capability = agent.credentials[CAPABILITY] ?? ''
  return [
    { query: 'posture', format, value },
    { query: 'capability', format: 'vc+jwt', value: capability },
  ]
}

const ASKED = [['region'], ['openCriticalVulnerabilities'], ['assessedAt']]

/** Starts a run by hand, and shows the credential as the occasion, changed, would have it. */
async function show(
  changes: Partial<Occasion> = {},
  what: { token?: string; disclose?: readonly (readonly string[])[]; holder?: AcmeAgent } = {},
): Promise<unknown> {
  const run = await startedRun(world, agent, { evidence: [] })
  const { hash } = run.run()
  const occasion: Occasion = {
    version: 'comity/1-draft',
    hash,
    presenter: agent.did,
    role: 'initiator',
    verifier: world.globex.did,
    ...changes,
  }
  const value = await presentSdJwtCredential(what.token ?? token, {
    disclose: what.disclose ?? ASKED,
    holder: (what.holder ?? agent).signer,
    ...bindingOf(occasion),
    now: Date.now() / 1000,
  })
  const evidence = evidenceWith(value)
  return answerTo(world, run, { claims: (honest) => ({ ...honest, evidence }) })
}

const REJECTED = { msg: 'reject', reason: 'evidence' }

describe('an SD-JWT VC in a handshake', () => {
  it('answers the demand', async () => {
    await agent.agent.connect(world.globex.did, { request: REQUEST, demand: { anyone: true } })
    const [record] = await world.globex.gateway.sessions.find({ agent: agent.did })
    const tokens = [token, agent.credentials[CAPABILITY] ?? '']
    const digests = tokens.map((each) => credentialDigest(each.split('~')[0] ?? ''))
    expect(record?.credentials.map(({ digest }) => digest).sort()).toEqual(digests.sort())
  })

  it('leaves the names of the claims that were seen in the session, and no values', async () => {
    await agent.agent.connect(world.globex.did, { request: REQUEST, demand: { anyone: true } })
    const [record] = await world.globex.gateway.sessions.find({ agent: agent.did })
    const names = new Map(record?.credentials.map(({ type, claimNames }) => [type, claimNames]))
    expect([...names.keys()].sort()).toEqual([CAPABILITY, TYPE].sort())
    expect(names.get(TYPE)?.toSorted()).toEqual([...ALWAYS_SHOWN, ...ASKED.flat()].sort())
    expect(names.get(CAPABILITY)).toBeUndefined()
  })

  it('shown twice with different claims, is in the session with all that was seen', async () => {
    const run = await startedRun(world, other, { evidence: [] })
    const { hash } = run.run()
    const occasion: Occasion = {
      version: 'comity/1-draft',
      hash,
      presenter: other.did,
      role: 'initiator',
      verifier: world.globex.did,
    }
    const present = (disclose: readonly (readonly string[])[]): Promise<string> =>
      presentSdJwtCredential(othersToken, {
        disclose,
        holder: other.signer,
        ...bindingOf(occasion),
        now: Date.now() / 1000,
      })
    const evidence = [
      { format: 'dc+sd-jwt', value: await present([['sandbox']]) },
      { query: 'posture', format: 'dc+sd-jwt', value: await present(ASKED) },
      { query: 'posture', format: 'dc+sd-jwt', value: await present(ASKED) },
      { query: 'capability', format: 'vc+jwt', value: other.credentials[CAPABILITY] ?? '' },
    ]
    const answer = await answerTo(world, run, { claims: (honest) => ({ ...honest, evidence }) })
    expect(answer).toMatchObject({ msg: 'accept' })
    const [record] = await world.globex.gateway.sessions.find({ agent: other.did })
    const seen = (record?.credentials ?? []).flatMap(({ claimNames }) => (claimNames ? [claimNames] : []))
    expect(seen).toHaveLength(2)
    expect([...new Set(seen.flat())].sort()).toEqual([...ALWAYS_SHOWN, ...ASKED.flat(), 'sandbox'].sort())
  })

  it('is cut down to the claims that the demand names', async () => {
    const now = Date.now() / 1000
    const { evidence } = chooseDisclosure(DEMAND, await agent.wallet.credentials(agent.did), now)
    const chosen = evidence.filter(({ query }) => query === 'posture')
    const keyBinding = { nonce: 'n', audience: 'a' }
    const [shown] = await presentEvidence(chosen, { signer: agent.signer, keyBinding, now })
    const { document } = parseSdJwtCredential(shown?.value ?? '')
    expect(Object.keys(document).sort()).toEqual([...ALWAYS_SHOWN, ...ASKED.flat()].sort())
  })

  it('positive control: by hand it is accepted as well', async () => {
    expect(await show()).toMatchObject({ msg: 'accept' })
  })

  it.each<[string, () => Partial<Occasion>, string]>([
    ['another run', () => ({ hash: new Uint8Array(32) }), 'COMITY_KEY_BINDING_NONCE'],
    ['another DID', () => ({ presenter: other.did }), 'COMITY_KEY_BINDING_NONCE'],
    ['the other part', () => ({ role: 'responder' }), 'COMITY_KEY_BINDING_NONCE'],
    ['another version', () => ({ version: 'comity/2' }), 'COMITY_KEY_BINDING_NONCE'],
    ['another verifier', () => ({ verifier: world.acme.did }), 'COMITY_AUDIENCE_MISMATCH'],
  ])('that was bound to %s is refused', async (_name, changes, code) => {
    expect(await show(changes())).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe(code)
  })

  it('of another agent is refused, whoever signs the key binding', async () => {
    expect(await show({}, { token: othersToken, holder: other })).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_CREDENTIAL_HOLDER')
  })

  it('that keeps back what the demand judges is refused', async () => {
    expect(await show({}, { disclose: [['region'], ['assessedAt']] })).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_DEMAND_UNMET')
  })

  it('that keeps back when it was assessed does not count as a fresh posture', async () => {
    expect(await show({}, { disclose: ASKED.slice(0, 2) })).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_POSTURE_STALE')
  })

  it('as a whole, without key binding, is refused', async () => {
    const run = await startedRun(world, agent, { evidence: [] })
    const evidence = evidenceWith(token)
    const answer = await answerTo(world, run, { claims: (honest) => ({ ...honest, evidence }) })
    expect(answer).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_KEY_BINDING_MISSING')
  })

  it('that is passed off as a vc+jwt is refused', async () => {
    const run = await startedRun(world, agent, { evidence: [] })
    const evidence = evidenceWith(token, 'vc+jwt')
    const answer = await answerTo(world, run, { claims: (honest) => ({ ...honest, evidence }) })
    expect(answer).toMatchObject(REJECTED)
  })
})
