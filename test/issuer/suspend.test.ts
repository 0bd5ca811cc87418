import { beforeEach, describe, expect, it } from 'vitest'
import type { IssuedCredential } from '../../src/issuer/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { AGENT, CLAIMS, createWorld, HOUR, type World } from './world.ts'

const why = { reason: 'compromised' }
const UNKNOWN = 'urn:uuid:00000000-0000-4000-8000-000000000000'

let world: World
beforeEach(async () => {
  world = await createWorld()
})

function issuePosture(): Promise<IssuedCredential> {
  const claims = CLAIMS.AgentPostureCredential
  return world.issuer.issue('AgentPostureCredential', { subject: AGENT, claims, lifetimeSeconds: HOUR })
}

async function actions(): Promise<unknown[]> {
  const entries = await world.audit.read()
  return entries.map(({ record }) => record).filter(({ kind }) => kind === 'revocation')
}

describe('suspend and reinstate', () => {
  it('set and clear the bit; the suspension is told', async () => {
    const { id, digest, statusEntries } = await issuePosture()
    expect(await world.issuer.suspend(id)).toBe(true)
    expect(await world.isSet(statusEntries, 'suspension')).toBe(true)
    expect(await world.isSet(statusEntries, 'revocation')).toBe(false)
    const told = [{ subject: AGENT, kind: 'credential-change', reason: 'suspended', digest }]
    expect(await world.told()).toEqual(told)

    expect(await world.restart().reinstate(id, { reason: 'audited' })).toBe(true)
    expect(await world.isSet(statusEntries, 'suspension')).toBe(false)
    expect(await world.told()).toEqual(told)
    expect(await actions()).toMatchObject([
      { action: 'suspend', outcome: 'suspended', details: { credential: id, reason: 'suspended' } },
      { action: 'reinstate', outcome: 'reinstated', details: { credential: id, reason: 'audited' } },
    ])
  })

  it('may be repeated, and the suspension is told once', async () => {
    const { id } = await issuePosture()
    expect(await world.issuer.reinstate(id)).toBe(false)
    await world.issuer.suspend(id)
    expect(await world.issuer.suspend(id)).toBe(false)
    expect(await world.told()).toHaveLength(1)
    await world.issuer.reinstate(id)
    expect(await world.issuer.reinstate(id)).toBe(false)
    expect(await actions()).toHaveLength(2)
  })

  it('leave a revocation as it is', async () => {
    const { id, statusEntries } = await issuePosture()
    await world.issuer.suspend(id)
    await world.issuer.revoke({ credential: id }, why)
    await world.issuer.reinstate(id)
    expect(await world.isSet(statusEntries, 'revocation')).toBe(true)
    expect(await world.isSet(statusEntries, 'suspension')).toBe(false)
  })

  it('end in a state that the record knows, however they cross', async () => {
    const { id, statusEntries } = await issuePosture()
    for (let round = 0; round < 10; round++) {
      await Promise.all([world.issuer.suspend(id), world.issuer.reinstate(id), world.issuer.suspend(id)])
      await world.issuer.suspend(id)
      expect(await world.isSet(statusEntries, 'suspension')).toBe(true)
      await world.issuer.reinstate(id)
      expect(await world.isSet(statusEntries, 'suspension')).toBe(false)
    }
  })

  it('refuse an unknown credential', async () => {
    expect(await codeOfPromise(() => world.issuer.suspend(UNKNOWN))).toBe('COMITY_ISSUER_CREDENTIAL_UNKNOWN')
    expect(await codeOfPromise(() => world.issuer.reinstate(UNKNOWN))).toBe(
      'COMITY_ISSUER_CREDENTIAL_UNKNOWN',
    )
  })

  it('work again when the lists do', async () => {
    const { id, statusEntries } = await issuePosture()
    await world.issuer.suspend(id)
    const failing = { ...world.statusLists, set: () => Promise.reject(new Error('the disk is full')) }
    await expect(world.restart({ statusLists: failing }).reinstate(id)).rejects.toThrow('the disk is full')
    expect(await world.isSet(statusEntries, 'suspension')).toBe(true)
    await world.issuer.reinstate(id)
    expect(await world.isSet(statusEntries, 'suspension')).toBe(false)
  })
})
