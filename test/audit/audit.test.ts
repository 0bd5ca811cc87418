import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  AUDIT_KINDS,
  AUDIT_OUTCOMES,
  auditLeafHash,
  createAuditLog,
  traceSession,
  type AuditRecord,
} from '../../src/audit/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'

const agent = 'did:web:agents.acme.example:invoices'
const acme = 'did:web:acme.example'
const record: AuditRecord = {
  time: 1_800_000_000.5,
  kind: 'decision',
  actor: agent,
  accountable: [acme],
  session: 'session-1',
  action: 'invoices:read',
  outcome: 'allowed',
  details: { amount: 1, checked: true, note: '' },
}

/** RFC 6962's leaf hash, computed with other libraries. */
function leafHash(value: unknown): string {
  return createHash('sha256')
    .update(Buffer.from([0]))
    .update(canonicalize(value)!)
    .digest('base64url')
}

const text = fc.string({ minLength: 1, maxLength: 20 }).filter((value) => value !== '')
const recordArbitrary: fc.Arbitrary<AuditRecord> = fc.record(
  {
    time: fc.double({ noNaN: true, noDefaultInfinity: true }).map((time) => (Object.is(time, -0) ? 0 : time)),
    kind: fc.constantFrom(...AUDIT_KINDS),
    outcome: fc.constantFrom(...AUDIT_OUTCOMES),
    actor: text,
    accountable: fc.array(text, { maxLength: 3 }),
    peer: text,
    session: text,
    action: text,
    code: fc.constant('COMITY_REQUEST_NOT_GRANTED'),
    details: fc.dictionary(fc.constantFrom('a', 'b-c', 'd.e_1'), fc.oneof(text, fc.integer(), fc.boolean())),
  },
  { requiredKeys: ['time', 'kind', 'outcome'] },
)

describe('createAuditLog', () => {
  it('numbers records, and gives them back with their leaf hashes', async () => {
    const log = createAuditLog({ store: createMemoryStore() })
    const other = { ...record, outcome: 'refused', code: 'COMITY_REQUEST_NOT_GRANTED' } as const
    expect(await log.append(record)).toEqual({ sequence: 1, leafHash: leafHash(record) })
    expect(await log.append(other)).toEqual({ sequence: 2, leafHash: leafHash(other) })
    const entries = await log.read()
    expect(entries).toEqual([
      { sequence: 1, leafHash: leafHash(record), record },
      { sequence: 2, leafHash: leafHash(other), record: other },
    ])
    expect(Object.isFrozen(entries[0]) && Object.isFrozen(entries[0]!.record.details)).toBe(true)
    expect(await log.read({ after: 1 })).toHaveLength(1)
    expect(await log.read({ limit: 1 })).toHaveLength(1)
  })

  it('keeps any record as it is', async () => {
    const log = createAuditLog({ store: createMemoryStore() })
    await fc.assert(
      fc.asyncProperty(recordArbitrary, async (each) => {
        const { sequence, leafHash: hash } = await log.append(each)
        expect(hash).toBe(leafHash(each))
        expect(hash).toBe(auditLeafHash(each))
        expect(await log.read({ after: sequence - 1 })).toEqual([{ sequence, leafHash: hash, record: each }])
      }),
    )
  })

  it('keeps logs of different names apart', async () => {
    const store = createMemoryStore()
    await createAuditLog({ store, log: 'a' }).append(record)
    expect(await createAuditLog({ store, log: 'b' }).read()).toEqual([])
    expect(() => createAuditLog({ store, log: '' })).toThrow(TypeError)
    expect(() => createAuditLog({ store, log: 'ä' })).toThrow(TypeError)
  })

  it('takes undefined members as absent', async () => {
    const log = createAuditLog({ store: createMemoryStore() })
    const { leafHash: hash } = await log.append({ ...record, peer: undefined } as unknown as AuditRecord)
    expect(hash).toBe(leafHash(record))
  })

  const many = Array.from({ length: 65 }, (_, index) => `d${String(index)}`)
  it.each<[string, object]>([
    ['an unknown member', { claim: 'x' }],
    ['no time', { time: undefined }],
    ['a time without a value', { time: NaN }],
    ['an unknown kind', { kind: 'login' }],
    ['an unknown outcome', { outcome: 'constructor' }],
    ['an empty actor', { actor: '' }],
    ['an actor too long', { actor: 'x'.repeat(2049) }],
    ['a session that is no text', { session: 1 }],
    ['a lone surrogate', { action: '\ud800' }],
    ['too many accountable', { accountable: many }],
    ['accountable that is no list', { accountable: acme }],
    ['a code of another kind', { code: 'E_FAIL' }],
    ['details too many', { details: Object.fromEntries(many.map((name) => [name, 1])) }],
    ['details with an odd name', { details: { 'a b': 1 } }],
    ['details with a nested value', { details: { a: { b: 1 } } }],
    ['details with null', { details: { a: null } }],
    ['details that are a list', { details: ['a'] }],
    ['a detail too long', { details: { a: 'x'.repeat(2049) } }],
    ['a detail without a value', { details: { a: Infinity } }],
    ['details that would set a prototype', { details: JSON.parse('{"__proto__":1}') }],
  ])('refuses %s, and appends nothing', async (_, wrong) => {
    const store = createMemoryStore()
    const log = createAuditLog({ store })
    const broken = { ...record, ...wrong }
    await expect(log.append(broken)).rejects.toBeInstanceOf(TypeError)
    expect(() => auditLeafHash(broken)).toThrow(TypeError)
    expect(await store.read('audit:main')).toEqual([])
  })

  it('refuses a record that is none', async () => {
    const log = createAuditLog({ store: createMemoryStore() })
    for (const value of [null, 'x', [], new Date(0)]) {
      await expect(log.append(value as unknown as AuditRecord)).rejects.toBeInstanceOf(TypeError)
    }
  })

  it('reads nothing that it has not written', async () => {
    const written = canonicalize(record)!
    const ends = fc.constantFrom(0, written.length - 1)
    const at = fc.oneof(ends, { weight: 2, arbitrary: fc.nat({ max: written.length - 1 }) })
    const readBack = async (value: string) => {
      const store = createMemoryStore()
      await store.append('audit:main', value)
      return createAuditLog({ store }).read()
    }
    for (const value of ['', '{}', 'null', ` ${written}`, JSON.stringify(record, null, 1), '[1]']) {
      await expect(readBack(value)).rejects.toMatchObject({
        code: 'COMITY_AUDIT_RECORD_INVALID',
        details: { sequence: 1 },
      })
    }
    await fc.assert(
      fc.asyncProperty(
        at,
        fc.constantFrom('"', '{', '}', ',', ':', ' ', '\\', 'x', '0'),
        async (index, char) => {
          const changed = written.slice(0, index) + char + written.slice(index + 1)
          fc.pre(changed !== written)
          // A change inside of a value can make another record; then the hash tells.
          const outcome = await readBack(changed).catch((error: unknown) => error)
          if (outcome instanceof Error) expect(outcome).toBeInstanceOf(ComityError)
          else expect(outcome).not.toMatchObject([{ leafHash: leafHash(record) }])
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('traceSession', () => {
  const trace = async (records: readonly AuditRecord[], session = 'session-1') => {
    const log = createAuditLog({ store: createMemoryStore() })
    for (const each of records) await log.append(each)
    return traceSession(await log.read(), session)
  }
  const handshake: AuditRecord = {
    time: 1,
    kind: 'handshake',
    actor: agent,
    accountable: [acme],
    session: 'session-1',
    outcome: 'allowed',
  }
  const mallory = 'did:web:mallory.example'

  it('says who did what for whom', async () => {
    const auditor = 'did:web:auditor.example'
    const result = await trace([
      { time: 0, kind: 'handshake', actor: mallory, outcome: 'refused', code: 'COMITY_DEMAND_UNMET' },
      handshake,
      {
        time: 2,
        kind: 'session',
        actor: agent,
        accountable: [acme, auditor],
        session: 'session-1',
        outcome: 'opened',
      },
      {
        time: 3,
        kind: 'decision',
        actor: agent,
        session: 'session-1',
        action: 'invoices:read',
        outcome: 'allowed',
      },
      {
        time: 4,
        kind: 'decision',
        actor: mallory,
        session: 'session-2',
        action: 'invoices:read',
        outcome: 'allowed',
      },
      {
        time: 5,
        kind: 'decision',
        actor: agent,
        session: 'session-1',
        action: 'invoices:pay',
        outcome: 'refused',
        code: 'COMITY_REQUEST_NOT_GRANTED',
      },
      {
        time: 6,
        kind: 'session',
        actor: agent,
        session: 'session-1',
        outcome: 'ended',
        details: { reason: 'revoked' },
      },
    ])
    expect(result).toEqual({
      session: 'session-1',
      initiator: agent,
      accountable: [acme, auditor],
      decisions: { allowed: 1, refused: 1 },
      steps: [
        { sequence: 2, time: 1, kind: 'handshake', actor: agent, outcome: 'allowed' },
        { sequence: 3, time: 2, kind: 'session', actor: agent, outcome: 'opened' },
        { sequence: 4, time: 3, kind: 'decision', actor: agent, action: 'invoices:read', outcome: 'allowed' },
        {
          sequence: 6,
          time: 5,
          kind: 'decision',
          actor: agent,
          action: 'invoices:pay',
          outcome: 'refused',
          code: 'COMITY_REQUEST_NOT_GRANTED',
        },
        { sequence: 7, time: 6, kind: 'session', actor: agent, outcome: 'ended', reason: 'revoked' },
      ],
    })
    expect(Object.isFrozen(result) && Object.isFrozen(result?.steps)).toBe(true)
  })

  it('takes the initiator and the accountable from what was verified only', async () => {
    const result = await trace([
      {
        time: 0,
        kind: 'decision',
        actor: mallory,
        accountable: [mallory],
        session: 'session-1',
        outcome: 'refused',
      },
      handshake,
      {
        time: 2,
        kind: 'decision',
        actor: mallory,
        accountable: [mallory],
        session: 'session-1',
        outcome: 'refused',
      },
    ])
    expect(result).toMatchObject({ initiator: agent, accountable: [acme] })
    const unopened = await trace([
      { time: 0, kind: 'decision', actor: mallory, session: 'session-1', outcome: 'refused' },
    ])
    expect(unopened).toMatchObject({ accountable: [] })
    expect(unopened).not.toHaveProperty('initiator')
  })

  it('says nothing of a session that is not there', async () => {
    expect(await trace([handshake], 'session-9')).toBeUndefined()
  })
})
