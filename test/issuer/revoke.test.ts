import { beforeEach, describe, expect, it } from 'vitest'
import type { IssuedCredential, Issuer } from '../../src/issuer/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { AGENT, CLAIMS, createWorld, DAY, HOUR, NOW, ORGANIZATION, OTHER_AGENT, type World } from './world.ts'

const why = { reason: 'compromised' }
const UNKNOWN = 'urn:uuid:00000000-0000-4000-8000-000000000000'

let world: World
beforeEach(async () => {
  world = await createWorld()
})

function issuePosture(issuer: Issuer = world.issuer, subject = AGENT): Promise<IssuedCredential> {
  const claims = CLAIMS.AgentPostureCredential
  return issuer.issue('AgentPostureCredential', { subject, claims, lifetimeSeconds: HOUR })
}

function issueCapability(subject = AGENT): Promise<IssuedCredential> {
  const claims = CLAIMS.AgentCapabilityCredential
  return world.issuer.issue('AgentCapabilityCredential', { subject, claims, lifetimeSeconds: DAY })
}

async function actions(): Promise<unknown[]> {
  const entries = await world.audit.read()
  return entries.map(({ record }) => record).filter(({ kind }) => kind === 'revocation')
}

describe('revoke of a credential', () => {
  it('sets its bit, tells the peers and writes the audit record', async () => {
    const [one, other] = [await issuePosture(), await issueCapability()]
    expect(await world.issuer.revoke({ credential: one.id }, why)).toEqual([one.id])
    expect(await world.isSet(one.statusEntries, 'revocation')).toBe(true)
    expect(await world.isSet(one.statusEntries, 'suspension')).toBe(false)
    expect(await world.isSet(other.statusEntries, 'revocation')).toBe(false)
    expect(await world.told()).toEqual([
      { subject: AGENT, kind: 'credential-change', reason: 'compromised', digest: one.digest },
    ])
    expect(await actions()).toMatchObject([
      {
        time: NOW,
        kind: 'revocation',
        actor: ORGANIZATION,
        peer: AGENT,
        action: 'revoke',
        outcome: 'revoked',
        details: { credential: one.id, digest: one.digest, reason: 'compromised' },
      },
    ])
  })

  it('may be repeated, and is told once', async () => {
    const { id } = await issuePosture()
    await world.issuer.revoke({ credential: id }, why)
    expect(await world.issuer.revoke({ credential: id }, why)).toEqual([])
    expect(await world.told()).toHaveLength(1)
    expect(await actions()).toHaveLength(1)
  })

  it('works after a restart, and from another process', async () => {
    const { id, statusEntries } = await issuePosture()
    expect(await world.restart().revoke({ credential: id }, why)).toEqual([id])
    expect(await world.isSet(statusEntries, 'revocation')).toBe(true)
  })

  it('leaves the agent its other credentials, and new ones', async () => {
    const { id } = await issuePosture()
    await world.issuer.revoke({ credential: id }, why)
    await expect(issuePosture()).resolves.toBeDefined()
  })

  it.each([UNKNOWN, '', 'urn:uuid:x', 'x'.repeat(5000), '../credential', 'ö', AGENT])(
    'refuses the id %s',
    async (id) => {
      await issuePosture()
      const revoke = (): Promise<unknown> => world.issuer.revoke({ credential: id }, why)
      expect(await codeOfPromise(revoke)).toBe('COMITY_ISSUER_CREDENTIAL_UNKNOWN')
      expect(await world.told()).toEqual([])
    },
  )

  it('knows only its own', async () => {
    const { id } = await issuePosture()
    const did = `${ORGANIZATION}:branch`
    const branch = world.restart({ did, events: undefined } as never)
    const revoke = (): Promise<unknown> => branch.revoke({ credential: id }, why)
    expect(await codeOfPromise(revoke)).toBe('COMITY_ISSUER_CREDENTIAL_UNKNOWN')
  })

  it('forgets what is over since a day', async () => {
    const { id } = await issuePosture()
    const later = await issuePosture()
    world.pass(HOUR + DAY - 1)
    expect(await world.issuer.revoke({ credential: id }, why)).toEqual([id])
    world.pass(1)
    const revoke = (): Promise<unknown> => world.issuer.revoke({ credential: later.id }, why)
    expect(await codeOfPromise(revoke)).toBe('COMITY_ISSUER_CREDENTIAL_UNKNOWN')
    expect(await world.store.list('issuer/')).toEqual([])
  })
})

describe('revoke of an agent', () => {
  it('takes back every credential that it was issued, with one event', async () => {
    const theirs = [await issuePosture(), await issueCapability(), await issuePosture()]
    const other = await issuePosture(world.issuer, OTHER_AGENT)
    const revoked = await world.issuer.revoke({ agent: AGENT }, why)
    expect([...revoked].sort()).toEqual(theirs.map(({ id }) => id).sort())
    for (const { statusEntries } of theirs) expect(await world.isSet(statusEntries, 'revocation')).toBe(true)
    expect(await world.isSet(other.statusEntries, 'revocation')).toBe(false)
    expect(await world.told()).toEqual([{ subject: AGENT, kind: 'session-revoked', reason: 'compromised' }])
    expect(await actions()).toMatchObject([
      {
        peer: AGENT,
        action: 'revoke',
        outcome: 'revoked',
        details: { credentials: 3, reason: 'compromised' },
      },
    ])
  })

  it('finds more credentials than a page of the store has', async () => {
    for (let n = 0; n < 101; n++) await issuePosture()
    expect(await world.issuer.revoke({ agent: AGENT }, why)).toHaveLength(101)
  })

  it('may be repeated, and is told once', async () => {
    await issuePosture()
    await world.issuer.revoke({ agent: AGENT }, why)
    expect(await world.issuer.revoke({ agent: AGENT }, why)).toEqual([])
    expect(await world.restart().revoke({ agent: AGENT }, why)).toEqual([])
    expect(await world.told()).toHaveLength(1)
    expect(await actions()).toHaveLength(1)
  })

  it('does not take again what was revoked before', async () => {
    const { id } = await issuePosture()
    const later = await issueCapability()
    await world.issuer.revoke({ credential: id }, why)
    expect(await world.issuer.revoke({ agent: AGENT }, why)).toEqual([later.id])
  })

  it('is told also for an agent that has no credential', async () => {
    expect(await world.issuer.revoke({ agent: AGENT }, why)).toEqual([])
    expect(await world.told()).toHaveLength(1)
  })

  it('gives the agent nothing more, until it is readmitted', async () => {
    const { statusEntries } = await issuePosture()
    await world.issuer.revoke({ agent: AGENT }, why)
    expect(await codeOfPromise(() => issuePosture())).toBe('COMITY_ISSUER_AGENT_REVOKED')
    expect(await codeOfPromise(() => issuePosture(world.restart()))).toBe('COMITY_ISSUER_AGENT_REVOKED')
    await expect(issuePosture(world.issuer, OTHER_AGENT)).resolves.toBeDefined()

    expect(await world.issuer.readmit(AGENT)).toBe(true)
    expect(await world.issuer.readmit(AGENT)).toBe(false)
    const fresh = await issuePosture()
    expect(await world.isSet(statusEntries, 'revocation')).toBe(true)
    expect(await world.issuer.revoke({ agent: AGENT }, why)).toEqual([fresh.id])
    expect(await world.told()).toHaveLength(2)
  })

  it('leaves no credential behind that is issued at the same time', async () => {
    for (let round = 0; round < 20; round++) {
      const agent = `${AGENT}:${String(round)}`
      const issuing = Array.from({ length: 5 }, () =>
        issuePosture(world.issuer, agent).catch(() => undefined),
      )
      await new Promise((resolve) => setTimeout(resolve, round % 4))
      await world.issuer.revoke({ agent }, why)
      for (const issued of await Promise.all(issuing)) {
        if (issued !== undefined) expect(await world.isSet(issued.statusEntries, 'revocation')).toBe(true)
      }
    }
  })

  it('ends sessions also when the lists cannot be changed, and does the rest when repeated', async () => {
    const { id, statusEntries } = await issuePosture()
    const failing = { ...world.statusLists, set: () => Promise.reject(new Error('the disk is full')) }
    const broken = world.restart({ statusLists: failing })
    await expect(broken.revoke({ agent: AGENT }, why)).rejects.toThrow('the disk is full')
    expect(await world.told()).toHaveLength(1)
    expect(await codeOfPromise(() => issuePosture())).toBe('COMITY_ISSUER_AGENT_REVOKED')
    expect(await codeOfPromise(() => world.issuer.readmit(AGENT))).toBe('COMITY_ISSUER_AGENT_REVOKED')

    expect(await world.issuer.revoke({ agent: AGENT }, why)).toEqual([id])
    expect(await world.isSet(statusEntries, 'revocation')).toBe(true)
  })

  it('of a credential, and its suspension, are told also when the lists cannot be changed', async () => {
    const { id } = await issuePosture()
    const failing = { ...world.statusLists, set: () => Promise.reject(new Error('the disk is full')) }
    const broken = world.restart({ statusLists: failing })
    await expect(broken.suspend(id)).rejects.toThrow('the disk is full')
    expect(await world.told()).toHaveLength(1)
    await expect(broken.revoke({ credential: id }, why)).rejects.toThrow('the disk is full')
    expect(await world.told()).toHaveLength(2)
    expect(await world.issuer.revoke({ credential: id }, why)).toEqual([id])
  })

  it.each(['agent', 'credential'])('of %s is told when repeated, if telling failed', async (kind) => {
    const { id } = await issuePosture()
    const target = kind === 'agent' ? { agent: AGENT } : { credential: id }
    const failing = { ...world.events, publish: () => Promise.reject(new Error('the disk is full')) }
    await expect(world.restart({ events: failing }).revoke(target, why)).rejects.toThrow('the disk is full')
    expect(await world.told()).toEqual([])
    expect(await world.issuer.revoke(target, why)).toEqual([id])
    expect(await world.told()).toHaveLength(1)
  })
})

describe('revoke', () => {
  it.each([{}, { credential: UNKNOWN, agent: AGENT }, { did: AGENT }])(
    'refuses the target %j',
    async (target) => {
      await expect(world.issuer.revoke(target as never, why)).rejects.toThrow(TypeError)
    },
  )

  it('refuses an agent that is no DID', async () => {
    expect(await codeOfPromise(() => world.issuer.revoke({ agent: 'acme' }, why))).toBe('COMITY_DID_INVALID')
  })

  it.each([undefined, '', 'Stolen by Mallory', 'x'.repeat(65), 7])(
    'refuses the reason %s',
    async (reason) => {
      const { id, statusEntries } = await issuePosture()
      const change = { reason } as { reason: string }
      await expect(world.issuer.revoke({ credential: id }, change)).rejects.toThrow(TypeError)
      await expect(world.issuer.revoke({ agent: AGENT }, change)).rejects.toThrow(TypeError)
      await expect(world.issuer.suspend(id, change)).rejects.toThrow(TypeError)
      await expect(world.issuer.reinstate(id, change)).rejects.toThrow(TypeError)
      await expect(world.issuer.readmit(AGENT, change)).rejects.toThrow(TypeError)
      expect(await world.isSet(statusEntries, 'revocation')).toBe(false)
      expect(await world.told()).toEqual([])
    },
  )
})
