import { describe, expect, it } from 'vitest'
import { createSessionRegistry, type SessionEvidence } from '../../src/session/index.ts'
import { createMemoryStore, type Store } from '../../src/store/index.ts'
import { ACME, newSession, NOW, setScene, stoppedClock } from './support.ts'

const OTHER = 'did:web:other.example'
const POSTURE = { issuer: ACME, type: 'AgentPostureCredential', digest: 'fresh', statusRefs: [] }

function evidence(change: Partial<SessionEvidence> = {}): SessionEvidence {
  return {
    postureAssessedAt: NOW,
    credentials: [POSTURE],
    expiresAt: NOW + 900,
    leasedBy: [],
    evidenceCheckedAt: NOW,
    ...change,
  }
}

const session = { postureAssessedAt: NOW - 600, maxPostureAge: 300, leasedBy: [ACME] }

describe('newer evidence', () => {
  it('takes the place of the old, and widens nothing', async () => {
    const capability = { issuer: ACME, type: 'AgentCapabilityCredential', digest: 'can', statusRefs: [] }
    const old = { ...POSTURE, digest: 'old' }
    const scene = await setScene({ ...session, credentials: [capability, old] })
    const { id, granted, jkt } = scene.session
    const later = { ...POSTURE, issuer: OTHER }
    const next = await scene.registry.refresh(id, evidence({ credentials: [later], leasedBy: [OTHER] }))
    expect(next).toMatchObject({ id, granted, jkt, postureAssessedAt: NOW, expiresAt: NOW + 900 })
    expect(next.credentials).toEqual([capability, later])
    expect(next).toMatchObject({ organizations: [ACME, OTHER], leasedBy: [ACME, OTHER] })
    expect(await scene.registry.get(id)).toEqual(next)
  })

  it('never moves the end later', async () => {
    const scene = await setScene({ ...session, expiresAt: NOW + 100 })
    const next = await scene.registry.refresh(scene.session.id, evidence({ expiresAt: NOW + 86_400 }))
    expect(next.expiresAt).toBe(NOW + 100)
  })

  it('that is not newer changes nothing', async () => {
    const scene = await setScene({ ...session, postureAssessedAt: NOW + 1 })
    expect(await scene.registry.refresh(scene.session.id, evidence())).toEqual(scene.session)
  })

  it('ends the session when it is revoked, and what it replaced does so no more', async () => {
    const scene = await setScene({ ...session, credentials: [{ ...POSTURE, digest: 'old' }] })
    const { id } = scene.session
    await scene.registry.refresh(id, evidence())
    expect(await scene.registry.endWhere({ credentialDigest: 'old' }, 'revoked')).toEqual([])
    expect(await scene.registry.endWhere({ credentialDigest: 'fresh' }, 'revoked')).toEqual([id])
  })

  it('revives nothing', async () => {
    const scene = await setScene(session)
    await scene.registry.end(scene.session.id, 'revoked')
    const refresh = scene.registry.refresh(scene.session.id, evidence())
    await expect(refresh).rejects.toHaveProperty('code', 'COMITY_SESSION_ENDED')
    expect(await scene.registry.get(scene.session.id)).toHaveProperty('endedReason', 'revoked')
    await expect(scene.registry.refresh('nobody', evidence())).rejects.toHaveProperty(
      'code',
      'COMITY_SESSION_UNKNOWN',
    )
  })

  it('that was taken back since it was checked does not count', async () => {
    const scene = await setScene(session)
    scene.clock.time = NOW + 5
    await scene.registry.endWhere({ credentialDigest: 'fresh' }, 'revoked')
    scene.clock.time = NOW + 10
    const refresh = scene.registry.refresh(scene.session.id, evidence())
    await expect(refresh).rejects.toHaveProperty('code', 'COMITY_POSTURE_STALE')
    expect(await scene.registry.get(scene.session.id)).toEqual(scene.session)
  })

  it('is too much above 32 credentials', async () => {
    const scene = await setScene(session)
    const credentials = Array.from({ length: 33 }, (_, index) => ({
      ...POSTURE,
      digest: `d${String(index)}`,
    }))
    await expect(scene.registry.refresh(scene.session.id, evidence({ credentials }))).rejects.toHaveProperty(
      'code',
      'COMITY_HANDSHAKE_EVIDENCE',
    )
  })
})

describe('an end and a refresh at once', () => {
  /** A store in which something happens just before a record is changed for the first time. */
  function interrupted(store: Store, meanwhile: () => Promise<unknown>): Store {
    let isDone = false
    return {
      ...store,
      compareAndSet: async (...change) => {
        if (!isDone) {
          isDone = true
          await meanwhile()
        }
        return await store.compareAndSet(...change)
      },
    }
  }

  async function race(first: 'end' | 'refresh'): Promise<{ outcomes: unknown[]; state: string | undefined }> {
    const clock = stoppedClock()
    const store = createMemoryStore({ clock })
    const plain = createSessionRegistry({ store, clock })
    const { id } = await plain.open(newSession('key', session))
    const outcomes: unknown[] = []
    const acts = {
      end: (registry: typeof plain) => registry.end(id, 'revoked'),
      refresh: (registry: typeof plain) => registry.refresh(id, evidence()),
    }
    const other = first === 'end' ? 'refresh' : 'end'
    const slow = createSessionRegistry({
      store: interrupted(store, async () => outcomes.push(await acts[other](plain))),
      clock,
    })
    outcomes.push(await acts[first](slow).catch((error: unknown) => error))
    return { outcomes, state: (await plain.get(id))?.state }
  }

  it.each(['end', 'refresh'] as const)('leave it ended, whichever began first: %s', async (first) => {
    const { state, outcomes } = await race(first)
    expect(state).toBe('ended')
    expect(outcomes).toHaveLength(2)
    expect(outcomes).toContain(true)
  })
})

describe('the sessions that need a stream', () => {
  const leased = async ({ registry }: Awaited<ReturnType<typeof setScene>>): Promise<unknown[]> => {
    const found: unknown[] = []
    for await (const { id, leasedBy } of registry.leasedSessions()) found.push({ id, leasedBy })
    return found
  }

  it('are the active ones that are leased', async () => {
    const scene = await setScene({ leasedBy: [OTHER], organizations: [ACME, OTHER] })
    expect(await leased(scene)).toEqual([{ id: scene.session.id, leasedBy: [OTHER] }])
    await scene.registry.end(scene.session.id, 'revoked')
    expect(await leased(scene)).toEqual([])
    expect(await leased(await setScene({ leasedBy: [] }))).toEqual([])
  })
})
