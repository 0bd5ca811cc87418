import { describe, expect, it } from 'vitest'
import type { IssuedCredential } from '../../src/issuer/index.ts'
import type { Store } from '../../src/store/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { createOrganization, type Organization } from './organization.ts'
import { AGENT, CLAIMS, createWorld, HOUR, type World } from './world.ts'

const WRITES = ['put', 'putIfAbsent', 'take', 'compareAndSet', 'decrement', 'append', 'publish'] as const
const why = { reason: 'compromised' }

class Crash extends Error {}

/** Ends at the n-th write: before the write takes effect, or after it and before anybody hears of it. */
function crashing(
  store: Store,
  number: number,
  when: 'before' | 'after',
): { store: Store; writes: () => number } {
  let writes = 0
  const wrap =
    (write: (...args: never[]) => Promise<unknown>) =>
    async (...args: never[]): Promise<unknown> => {
      writes++
      if (writes > number || (writes === number && when === 'before')) throw new Crash()
      const result = await write(...args)
      if (writes >= number) throw new Crash()
      return result
    }
  const wrapped = Object.fromEntries(WRITES.map((name) => [name, wrap(store[name])]))
  return { store: { ...store, ...wrapped }, writes: () => writes }
}

interface Scene {
  readonly world: World
  readonly issued: IssuedCredential
}

async function prepare(more?: (scene: Scene) => Promise<unknown>): Promise<Scene> {
  const world = await createWorld()
  const claims = CLAIMS.AgentPostureCredential
  const issued = await world.issuer.issue('AgentPostureCredential', {
    subject: AGENT,
    claims,
    lifetimeSeconds: HOUR,
  })
  const scene = { world, issued }
  await more?.(scene)
  return scene
}

interface Act {
  readonly name: string
  readonly before?: (scene: Scene) => Promise<unknown>
  readonly act: (organization: Organization, scene: Scene) => Promise<unknown>
  /** What is true once it is done, for good. */
  readonly isDone: (organization: Organization, scene: Scene) => Promise<boolean>
  /** The events that there are at least once it is done. */
  readonly told: number
  /** Its entries in the audit log. */
  readonly action: string
}

const ACTS: readonly Act[] = [
  {
    name: 'the revocation of a credential',
    act: async ({ issuer }, { issued }) => issuer.revoke({ credential: issued.id }, why),
    isDone: async ({ issuer }, { world, issued }) =>
      (await world.isSet(issued.statusEntries, 'revocation')) &&
      (await issuer.revoke({ credential: issued.id }, why)).length === 0,
    told: 1,
    action: 'revoke',
  },
  {
    name: 'the revocation of an agent',
    act: async ({ issuer }) => issuer.revoke({ agent: AGENT }, why),
    isDone: async ({ issuer }, { world, issued }) =>
      (await world.isSet(issued.statusEntries, 'revocation')) &&
      (await issuer.revoke({ agent: AGENT }, why)).length === 0 &&
      issuer.readmit(AGENT),
    told: 1,
    action: 'revoke',
  },
  {
    name: 'a suspension',
    act: async ({ issuer }, { issued }) => issuer.suspend(issued.id),
    isDone: async ({ issuer }, { world, issued }) =>
      (await world.isSet(issued.statusEntries, 'suspension')) && !(await issuer.suspend(issued.id)),
    told: 1,
    action: 'suspend',
  },
  {
    name: 'the end of a suspension',
    before: async ({ world, issued }) => world.issuer.suspend(issued.id),
    act: async ({ issuer }, { issued }) => issuer.reinstate(issued.id),
    isDone: async ({ issuer }, { world, issued }) =>
      !(await world.isSet(issued.statusEntries, 'suspension')) && !(await issuer.reinstate(issued.id)),
    told: 1,
    action: 'reinstate',
  },
]

async function actionsOf(world: World, action: string): Promise<number> {
  return (await world.audit.read()).filter(({ record }) => record.action === action).length
}

describe.each(ACTS)('$name', ({ before, act, isDone, told, action }) => {
  it.each(['before', 'after'] as const)(
    'comes to its end after a restart, if the process ends %s any of its writes',
    async (when) => {
      let crashes = 0
      for (let number = 1; ; number++) {
        const scene = await prepare(before)
        const { world } = scene
        const { store, writes } = crashing(world.store, number, when)
        const outcome = await act(
          await createOrganization(store, world.signer, { now: () => world.now() }),
          scene,
        ).catch((error: unknown) => error)
        const began = (await world.store.list('issuer/')).some(({ key }) => key.includes('/unfinished/'))
        if (!(outcome instanceof Crash)) {
          expect(writes()).toBeLessThan(number)
          expect(began).toBe(false)
          break
        }
        crashes++
        const restarted = await createOrganization(world.store, world.signer, { now: () => world.now() })
        const mended = await restarted.issuer.recover()
        expect(mended).toBe(began ? 1 : 0)
        expect((await world.store.list('issuer/')).filter(({ key }) => key.includes('/unfinished/'))).toEqual(
          [],
        )
        expect(await restarted.issuer.recover()).toBe(0)
        // Either it never began, and whoever asked for it was told so, or it is done.
        const isFirst = number === 1 && when === 'before'
        if (isFirst) await act(restarted, scene)
        expect((await world.told()).length).toBeGreaterThanOrEqual(told)
        expect(await actionsOf(world, action)).toBeGreaterThanOrEqual(1)
        expect(await isDone(restarted, scene)).toBe(true)
      }
      expect(crashes).toBeGreaterThanOrEqual(5)
    },
  )
})

describe('recover', () => {
  it('finds nothing to do after all went well', async () => {
    const { world, issued } = await prepare()
    await world.issuer.suspend(issued.id)
    await world.issuer.reinstate(issued.id)
    await world.issuer.revoke({ credential: issued.id }, why)
    await world.issuer.revoke({ agent: AGENT }, why)
    expect(await world.restart().recover()).toBe(0)
  })

  it('does not suspend again what was reinstated after a suspension that was interrupted', async () => {
    for (let number = 1; number <= 6; number++) {
      const { world, issued } = await prepare()
      const { store } = crashing(world.store, number, 'after')
      const { issuer } = await createOrganization(store, world.signer, { now: () => world.now() })
      await issuer.suspend(issued.id).catch(() => undefined)
      await world.issuer.reinstate(issued.id)
      await world.restart().recover()
      expect(await world.isSet(issued.statusEntries, 'suspension')).toBe(false)
    }
  })

  it('does not revoke again an agent that was readmitted', async () => {
    const { world } = await prepare()
    const store: Store = {
      ...world.store,
      // All of the revocation is done, but not struck out.
      compareAndSet: async (key, ...rest) => {
        if (key.includes('/unfinished/')) throw new Crash()
        return world.store.compareAndSet(key, ...rest)
      },
    }
    const { issuer } = await createOrganization(store, world.signer, { now: () => world.now() })
    await expect(issuer.revoke({ agent: AGENT }, why)).rejects.toThrow(Crash)
    expect(await world.issuer.readmit(AGENT)).toBe(true)
    expect(await world.restart().recover()).toBe(0)
    const claims = CLAIMS.AgentPostureCredential
    const options = { subject: AGENT, claims, lifetimeSeconds: HOUR }
    expect(
      await codeOfPromise(async () => world.issuer.issue('AgentPostureCredential', options)),
    ).toBeUndefined()
  })

  it('drops what was about a credential that is long over', async () => {
    const { world, issued } = await prepare()
    const { store } = crashing(world.store, 1, 'after')
    const { issuer } = await createOrganization(store, world.signer, { now: () => world.now() })
    await expect(issuer.revoke({ credential: issued.id }, why)).rejects.toThrow(Crash)
    world.pass(HOUR + 86_400)
    expect(await world.restart().recover()).toBe(1)
    expect(await world.restart().recover()).toBe(0)
  })
})

describe('an issuance that is interrupted', () => {
  it('leaves nothing that a later one runs into', async () => {
    for (const when of ['before', 'after'] as const) {
      for (let number = 1; ; number++) {
        const world = await createWorld()
        const { store } = crashing(world.store, number, when)
        const options = { subject: AGENT, claims: CLAIMS.AgentPostureCredential, lifetimeSeconds: HOUR }
        const first = await createOrganization(store, world.signer, { now: () => world.now() })
        const outcome = await first.issuer
          .issue('AgentPostureCredential', options)
          .catch((error: unknown) => error)
        const second = await createOrganization(world.store, world.signer, { now: () => world.now() })
        const issued = await second.issuer.issue('AgentPostureCredential', options)
        await second.issuer.revoke({ credential: issued.id }, why)
        expect(await world.isSet(issued.statusEntries, 'revocation')).toBe(true)
        if (!(outcome instanceof Crash)) break
      }
    }
  })
})
