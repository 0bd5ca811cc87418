import { describe, expect, it, vi } from 'vitest'
import type { AuditRecord } from '../../src/audit/index.ts'
import {
  createSessionRegistry,
  type NewSession,
  type SessionEnd,
  type SessionRegistry,
} from '../../src/session/index.ts'
import { createMemoryStore, type Store } from '../../src/store/index.ts'
import { ACME, AGENT, newSession, NOW, stoppedClock, type StoppedClock } from './support.ts'

function setUp(): { clock: StoppedClock; store: Store; registry: SessionRegistry } {
  const clock = stoppedClock()
  const store = createMemoryStore({ clock })
  return { clock, store, registry: createSessionRegistry({ store, clock }) }
}

describe('open', () => {
  it('keeps what it was given, frozen', async () => {
    const { registry } = setUp()
    const session = newSession('jkt', { postureAssessedAt: NOW - 60, maxPostureAge: 3600 })
    const record = await registry.open(session)
    expect(record).toEqual({ ...session, openedAt: NOW, state: 'active' })
    expect(await registry.get(session.id)).toEqual(record)
    expect(() => {
      ;(record.granted[0]?.actions as string[]).push('write')
    }).toThrow(TypeError)
  })

  it('is not touched by what happens to its argument later', async () => {
    const { registry } = setUp()
    const organizations = [ACME]
    const { id } = await registry.open(newSession('jkt', { organizations }))
    organizations.push('did:web:evil.example')
    expect((await registry.get(id))?.organizations).toEqual([ACME])
  })

  it('refuses what has expired, and an id a second time', async () => {
    const { registry } = setUp()
    await expect(registry.open(newSession('jkt', { expiresAt: NOW }))).rejects.toHaveProperty(
      'code',
      'COMITY_SESSION_ENDED',
    )
    const session = newSession('jkt')
    await registry.open(session)
    await expect(registry.open(session)).rejects.toBeInstanceOf(TypeError)
    await registry.end(session.id, 'revoked')
    await expect(registry.open(session)).rejects.toBeInstanceOf(TypeError)
  })

  it.each<[string, Partial<Record<keyof NewSession, unknown>>]>([
    ['id', { id: 'a/b' }],
    ['agent', { agent: 'invoices' }],
    ['organizations', { organizations: ['did:web:a/b'] }],
    ['organizations, too many', { organizations: Array.from({ length: 65 }, () => ACME) }],
    ['jkt', { jkt: '' }],
    ['granted', { granted: ['all'] }],
    ['expiresAt', { expiresAt: Infinity }],
    ['maxPostureAge', { maxPostureAge: -1 }],
    ['credentials', { credentials: [{ issuer: ACME }] }],
  ])('refuses a session with a wrong member: %s', async (_name, change) => {
    await expect(
      setUp().registry.open({ ...newSession('jkt'), ...change } as NewSession),
    ).rejects.toBeInstanceOf(TypeError)
  })
})

describe('get', () => {
  it('says that a session has expired, and later nothing', async () => {
    const { clock, registry } = setUp()
    const { id } = await registry.open(newSession('jkt', { expiresAt: NOW + 100 }))
    clock.time = NOW + 99.9
    expect((await registry.get(id))?.state).toBe('active')
    clock.time = NOW + 100
    expect(await registry.get(id)).toMatchObject({
      state: 'ended',
      endedReason: 'expired',
      endedAt: NOW + 100,
    })
    clock.time = NOW + 1000
    expect(await registry.get(id)).toBeUndefined()
  })

  it('answers any id, and does not believe a record that cannot be read', async () => {
    const { store, registry } = setUp()
    for (const id of ['', 'x', '../x', 'ü', 'a'.repeat(2000)]) expect(await registry.get(id)).toBeUndefined()
    await store.put('session/broken', '{"state":"active"}')
    expect(await registry.get('broken')).toBeUndefined()
    expect(await registry.end('broken', 'revoked')).toBe(false)
  })
})

describe('end', () => {
  it('ends once, of many at once, and for good', async () => {
    const { registry } = setUp()
    const { id } = await registry.open(newSession('jkt'))
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => registry.end(id, 'revoked')))
    expect(outcomes.filter(Boolean)).toHaveLength(1)
    expect(await registry.end(id, 'other')).toBe(false)
    expect(await registry.get(id)).toMatchObject({ state: 'ended', endedReason: 'revoked', endedAt: NOW })
  })

  it('is told that another instance was faster, also between reading and writing', async () => {
    const { clock, store, registry } = setUp()
    const { id } = await registry.open(newSession('jkt'))
    const slow: Store = {
      ...store,
      get: async (key) => {
        const text = await store.get(key)
        await registry.end(id, 'first')
        return text
      },
    }
    expect(await createSessionRegistry({ store: slow, clock }).end(id, 'second')).toBe(false)
    expect(await registry.get(id)).toMatchObject({ endedReason: 'first' })
  })

  it('is announced once to every instance', async () => {
    const { clock, store, registry } = setUp()
    const heard: SessionEnd[][] = [[], []]
    const elsewhere = createSessionRegistry({ store, clock })
    const cancel = await registry.onEnded((end) => heard[0]?.push(end))
    await elsewhere.onEnded((end) => heard[1]?.push(end))
    const { id } = await registry.open(newSession('jkt'))
    await Promise.all([registry.end(id, 'revoked'), elsewhere.end(id, 'revoked')])
    const end = { id, agent: AGENT, reason: 'revoked' }
    await vi.waitFor(() => {
      expect(heard).toEqual([[end], [end]])
    })
    cancel()
    await registry.end((await registry.open(newSession('jkt'))).id, 'revoked')
    await vi.waitFor(() => {
      expect(heard[1]).toHaveLength(2)
    })
    expect(heard[0]).toHaveLength(1)
  })

  it('takes codes as reasons, no prose', async () => {
    const { registry } = setUp()
    const { id } = await registry.open(newSession('jkt'))
    for (const reason of ['', 'Because of Bob', 'a'.repeat(65)]) {
      await expect(registry.end(id, reason)).rejects.toBeInstanceOf(TypeError)
      await expect(registry.endWhere({ agent: AGENT }, reason)).rejects.toBeInstanceOf(TypeError)
    }
  })
})

describe('endWhere', () => {
  const OTHER = 'did:web:other.example'

  it('ends those that match all that is asked, and no others', async () => {
    const { registry } = setUp()
    const own = await registry.open(newSession('jkt'))
    const shared = await registry.open(newSession('jkt', { organizations: [OTHER, ACME] }))
    const foreign = await registry.open(newSession('jkt', { organizations: [OTHER] }))
    const other = await registry.open(newSession('jkt', { agent: `${AGENT}2` }))
    const digest = own.credentials[0]?.digest ?? ''
    const states = async (): Promise<string[]> =>
      await Promise.all(
        [own, shared, foreign, other].map(async ({ id }) => (await registry.get(id))?.state ?? 'gone'),
      )

    expect(await registry.endWhere({ credentialDigest: digest, organization: OTHER }, 'revoked')).toEqual([])
    expect(await registry.endWhere({ credentialDigest: digest }, 'revoked')).toEqual([own.id])
    expect(await states()).toEqual(['ended', 'active', 'active', 'active'])
    expect(await registry.endWhere({ agent: AGENT, organization: ACME }, 'revoked')).toEqual([shared.id])
    expect(await states()).toEqual(['ended', 'ended', 'active', 'active'])
    expect(await registry.endWhere({ organization: ACME }, 'revoked')).toEqual([other.id])
    expect(await registry.endWhere({ agent: AGENT }, 'revoked')).toEqual([foreign.id])
    expect(await registry.endWhere({ agent: AGENT }, 'revoked')).toEqual([])
  })

  it('does not take the beginning of a DID for the DID', async () => {
    const { registry } = setUp()
    const { id } = await registry.open(newSession('jkt', { agent: 'did:web:acme.example:ab' }))
    expect(await registry.endWhere({ agent: 'did:web:acme.example:a' }, 'revoked')).toEqual([])
    expect((await registry.get(id))?.state).toBe('active')
  })

  it('finds more sessions than one page of the store has, also of DIDs too long for a key', async () => {
    const { registry } = setUp()
    const agent = `did:web:acme.example:${'a'.repeat(1500)}`
    for (let index = 0; index < 250; index++) await registry.open(newSession('jkt', { agent }))
    expect(await registry.endWhere({ agent }, 'revoked')).toHaveLength(250)
  })

  it('refuses to end everything by mistake', async () => {
    const { registry } = setUp()
    await expect(registry.endWhere({}, 'revoked')).rejects.toBeInstanceOf(TypeError)
    await expect(registry.endWhere({ agent: '' }, 'revoked')).rejects.toBeInstanceOf(TypeError)
  })

  it('reaches a session whose evidence was checked before, and that opens after', async () => {
    const { clock, registry } = setUp()
    const evidenceCheckedAt = NOW
    clock.time = NOW + 1
    await registry.endWhere({ agent: AGENT, organization: ACME }, 'revoked')
    clock.time = NOW + 2
    const late = newSession('jkt', { evidenceCheckedAt })
    await expect(registry.open(late)).rejects.toHaveProperty('code', 'COMITY_SESSION_ENDED')
    expect((await registry.get(late.id))?.state).toBe('ended')
    // What it was not about opens, and so does what was checked since.
    for (const change of [
      { evidenceCheckedAt, agent: `${AGENT}2` },
      { evidenceCheckedAt, organizations: [OTHER] },
      { evidenceCheckedAt: NOW + 1.5 },
    ]) {
      expect(await registry.open(newSession('jkt', change))).toMatchObject({ state: 'active' })
    }
  })

  it('reaches a session that opens after the lists were read', async () => {
    const { clock, store, registry } = setUp()
    const late = newSession('jkt')
    const outcomes: unknown[] = []
    const slow: Store = {
      ...store,
      list: async (prefix, options) => {
        const page = await store.list(prefix, options)
        if (outcomes.length > 0 || !prefix.startsWith('session-by-')) return page
        outcomes.push(
          await registry.open(late).then(
            () => 'opened',
            () => 'refused',
          ),
        )
        return page
      },
    }
    const ending = createSessionRegistry({ store: slow, clock })
    expect(await ending.endWhere({ agent: AGENT }, 'revoked')).toEqual([])
    expect(outcomes).toEqual(['refused'])
    expect((await registry.get(late.id))?.state).toBe('ended')
  })

  it('leaves no session behind, however opening and ending interleave', async () => {
    for (let delay = 0; delay < 24; delay++) {
      const { registry } = setUp()
      const session = newSession('jkt', { evidenceCheckedAt: NOW - 1 })
      const opening = registry.open(session).then(
        () => 'opened',
        () => 'refused',
      )
      for (let turn = 0; turn < delay; turn++) await Promise.resolve()
      await Promise.all([opening, registry.endWhere({ agent: AGENT }, 'revoked')])
      expect((await registry.get(session.id))?.state).not.toBe('active')
    }
  })
})

describe('find', () => {
  it('gives the active sessions', async () => {
    const { clock, registry } = setUp()
    const [first, second] = [await registry.open(newSession('jkt')), await registry.open(newSession('jkt'))]
    await registry.open(newSession('jkt', { expiresAt: NOW + 1 }))
    clock.time = NOW + 2
    expect((await registry.find({ agent: AGENT })).map(({ id }) => id).sort()).toEqual(
      [first.id, second.id].sort(),
    )
    await registry.end(first.id, 'revoked')
    expect(await registry.find({ agent: AGENT, organization: ACME })).toEqual([second])
    expect(await registry.find({ agent: `${AGENT}2` })).toEqual([])
  })
})

describe('audit', () => {
  it('records who opened and what ended it', async () => {
    const clock = stoppedClock()
    const records: AuditRecord[] = []
    const audit = {
      append: (record: AuditRecord) => {
        records.push(record)
        return Promise.resolve({ sequence: records.length, leafHash: '' })
      },
      read: () => Promise.resolve([]),
    }
    const registry = createSessionRegistry({ store: createMemoryStore({ clock }), clock, audit })
    const { id } = await registry.open(newSession('jkt'))
    await registry.end(id, 'revoked')
    expect(records).toMatchObject([
      { kind: 'session', actor: AGENT, accountable: [ACME], session: id, outcome: 'opened', time: NOW },
      { kind: 'session', actor: AGENT, session: id, outcome: 'ended', details: { reason: 'revoked' } },
    ])
  })
})
