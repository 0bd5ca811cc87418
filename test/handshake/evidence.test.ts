import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { issueCredential } from '../../src/credentials/index.ts'
import { parseDemand } from '../../src/demand/index.ts'
import { generateSigner } from '../../src/keys/index.ts'
import { createTrustRegistry } from '../../src/trust/index.ts'
import { answerTo, evidenceOf, flipCharacter, startedRun } from '../support/handshakes.ts'
import { attestations } from '../support/world-acme.ts'
import { createWorld, type AcmeAgent, type World } from '../support/world.ts'

let world: World
let invoices: AcmeAgent

beforeAll(async () => {
  world = await createWorld()
  invoices = await world.acme.createAgent('invoices')
})
afterAll(async () => world.close())

const REJECTED = { msg: 'reject', reason: 'evidence' }
const posture = (): string => invoices.credentials.AgentPostureCredential ?? ''
const withPosture = (value: string) => [
  ...evidenceOf(invoices).slice(0, 1),
  { query: 'posture', format: 'vc+jwt', value },
]

describe('evidence', () => {
  it('positive control: what Acme attests is accepted', async () => {
    expect(await answerTo(world, await startedRun(world, invoices))).toMatchObject({ msg: 'accept' })
  })

  it('about another agent is refused', async () => {
    const other = await world.acme.createAgent('other')
    const run = await startedRun(world, invoices, { evidence: evidenceOf(other) })
    expect(await answerTo(world, run)).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_CREDENTIAL_HOLDER')
  })

  it('with the id of a good credential and other bytes is refused, also when the good one was just seen', async () => {
    expect(await answerTo(world, await startedRun(world, invoices))).toMatchObject({ msg: 'accept' })
    const [header = '', payload = '', signature = ''] = posture().split('.')
    const document = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
      id: string
      credentialSubject: object
    }
    const forged = {
      ...document,
      credentialSubject: { ...document.credentialSubject, assessedAt: new Date().toISOString() },
    }
    const token = [header, Buffer.from(JSON.stringify(forged)).toString('base64url'), signature].join('.')
    const run = await startedRun(world, invoices, { evidence: withPosture(token) })
    expect(await answerTo(world, run)).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_SIGNATURE_INVALID')
  })

  it.each([0, 1, 2])('with one character changed in part %i is refused', async (part) => {
    const parts = posture().split('.')
    parts[part] = flipCharacter(parts[part] ?? '')
    const run = await startedRun(world, invoices, { evidence: withPosture(parts.join('.')) })
    expect(await answerTo(world, run)).toMatchObject(REJECTED)
  })

  it('of a format that is not known is refused', async () => {
    const evidence = [{ query: 'posture', format: 'ldp_vc', value: posture() }]
    const run = await startedRun(world, invoices, { evidence })
    expect(await answerTo(world, run)).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_HANDSHAKE_EVIDENCE')
  })

  it('of more than 32 pieces is refused before any is looked at', async () => {
    const evidence = Array.from({ length: 33 }, () => ({ format: 'vc+jwt', value: 'x' }))
    const run = await startedRun(world, invoices, { evidence })
    expect(await answerTo(world, run)).toMatchObject({ msg: 'reject', reason: 'malformed' })
    expect(world.globex.lastCode()).toBe('COMITY_HANDSHAKE_EVIDENCE')
  })

  it('that is missing leaves the demand unmet', async () => {
    const run = await startedRun(world, invoices, { evidence: [] })
    expect(await answerTo(world, run)).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_DEMAND_UNMET')
  })

  it('whose claims do not hold leaves the demand unmet', async () => {
    const open = await world.acme.createAgent('vulnerable', { openCriticalVulnerabilities: 2 })
    const run = await startedRun(world, open)
    expect(await answerTo(world, run)).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_DEMAND_UNMET')
  })

  it('of a posture that is too old is refused as stale, and the wire does not say so', async () => {
    const stale = await world.acme.createAgent('stale', { postureAge: 3 * 86_400 })
    const answer = await answerTo(world, await startedRun(world, stale))
    expect(answer).toMatchObject(REJECTED)
    expect(JSON.stringify(answer)).not.toContain('posture')
    expect(world.globex.lastCode()).toBe('COMITY_POSTURE_STALE')
  })

  it('that has expired is refused', async () => {
    const now = Math.floor(Date.now() / 1000)
    const token = await issueCredential({
      signer: world.acme.signer,
      issuer: world.acme.did,
      type: 'AgentPostureCredential',
      subject: invoices.did,
      claims: attestations(world.acme.did).AgentPostureCredential ?? {},
      validFrom: now - 7200,
      validUntil: now - 3600,
    })
    const run = await startedRun(world, invoices, { evidence: withPosture(token) })
    expect(await answerTo(world, run)).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_CREDENTIAL_EXPIRED')
  })
})

describe('issuers', () => {
  it('one that is not in the registry is refused', async () => {
    const stranger = await world.acme.createAgent('stranger', {
      relationships: ['authentication', 'assertionMethod'],
    })
    const now = Math.floor(Date.now() / 1000)
    const token = await issueCredential({
      signer: stranger.signer,
      issuer: stranger.did,
      type: 'AgentPostureCredential',
      subject: invoices.did,
      claims: attestations(world.acme.did).AgentPostureCredential ?? {},
      validFrom: now,
      validUntil: now + 3600,
    })
    const run = await startedRun(world, invoices, { evidence: withPosture(token) })
    expect(await answerTo(world, run)).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_ISSUER_NOT_TRUSTED')
  })

  it('whose name is put on a credential that it did not sign is not believed', async () => {
    const signer = await generateSigner({ alg: 'Ed25519', kid: world.acme.signer.kid })
    const now = Math.floor(Date.now() / 1000)
    const token = await issueCredential({
      signer,
      issuer: world.acme.did,
      type: 'AgentPostureCredential',
      subject: invoices.did,
      claims: attestations(world.acme.did).AgentPostureCredential ?? {},
      validFrom: now,
      validUntil: now + 3600,
    })
    const run = await startedRun(world, invoices, { evidence: withPosture(token) })
    expect(await answerTo(world, run)).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_SIGNATURE_INVALID')
  })

  it('an empty registry believes nobody', async () => {
    const empty = await createWorld({ trust: () => createTrustRegistry({ issuers: [] }) })
    try {
      const agent = await empty.acme.createAgent('invoices')
      expect(await answerTo(empty, await startedRun(empty, agent))).toMatchObject(REJECTED)
      expect(empty.globex.lastCode()).toBe('COMITY_ISSUER_NOT_TRUSTED')
    } finally {
      await empty.close()
    }
  })

  it('one that is believed for another type only is refused', async () => {
    const narrow = await createWorld({
      trust: (did) => createTrustRegistry({ issuers: [{ did, types: ['AgentCapabilityCredential'] }] }),
    })
    try {
      const agent = await narrow.acme.createAgent('invoices')
      expect(await answerTo(narrow, await startedRun(narrow, agent))).toMatchObject(REJECTED)
      expect(narrow.globex.lastCode()).toBe('COMITY_ISSUER_NOT_TRUSTED')
    } finally {
      await narrow.close()
    }
  })
})

describe('status', () => {
  const idOf = (token: string): string => {
    const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      id: string
    }
    return payload.id
  }

  it('revoked evidence is refused', async () => {
    const agent = await world.acme.createAgent('revoked')
    const told = world.globex.nextEvent()
    await world.acme.issuer.revoke(
      { credential: idOf(agent.credentials.AgentPostureCredential ?? '') },
      { reason: 'superseded' },
    )
    await told
    expect(await answerTo(world, await startedRun(world, agent))).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_STATUS_REVOKED')
  })

  it('suspended evidence is refused', async () => {
    const agent = await world.acme.createAgent('suspended')
    const id = idOf(agent.credentials.AgentPostureCredential ?? '')
    const told = world.globex.nextEvent()
    await world.acme.issuer.suspend(id)
    await told
    expect(await answerTo(world, await startedRun(world, agent))).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_STATUS_SUSPENDED')
  })

  it('evidence whose status cannot be looked up is refused', async () => {
    const other = await createWorld({
      intercept: (request) =>
        Promise.resolve(request.url.includes('/status/') ? new Response(null, { status: 503 }) : undefined),
    })
    try {
      const agent = await other.acme.createAgent('invoices')
      expect(await answerTo(other, await startedRun(other, agent))).toMatchObject(REJECTED)
      expect(other.globex.lastCode()).toBe('COMITY_STATUS_UNAVAILABLE')
    } finally {
      await other.close()
    }
  })
})

describe('what the gateway shows', () => {
  it('only what was asked for, and only when it has it', async () => {
    const run = await startedRun(world, invoices)
    const answer = await answerTo(world, run)
    expect((answer.evidence as { query?: string }[]).map(({ query }) => query)).toEqual(['provenance'])
    const wanting = await startedRun(world, invoices, {
      demand: parseDemand({
        credentials: [{ id: 'scope', format: 'vc+jwt', meta: { type_values: [['AgentScopeCredential']] } }],
      }) as never,
    })
    expect(await answerTo(world, wanting)).toMatchObject({ msg: 'reject', reason: 'no-agreement' })
  })
})
