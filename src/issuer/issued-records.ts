import { parseStatusReference, type StatusReference } from '../credentials/index.ts'
import { parseJsonObject, type JsonValue } from '../encoding/index.ts'
import type { Store } from '../store/index.ts'
import { digestOf } from './digest.ts'

/** What an issuer remembers of a credential: enough to take it back, and nothing of what it says. */
export interface IssuedRecord {
  readonly id: string
  readonly type: string
  readonly subject: string
  readonly digest: string
  /** Seconds since the Unix epoch. */
  readonly validUntil: number
  readonly statusEntries: readonly StatusReference[]
  /** All of it is done: the bit set, the event published. */
  readonly revoked: boolean
  readonly suspended: boolean
}

/** How far the revocation of an agent has come: all of it is done, or some is still to do. */
export type AgentRevocation = 'pending' | 'done'

/** The records of one issuer. */
export interface IssuedRecords {
  /** Adds a record of a credential that nobody has yet. */
  add(record: IssuedRecord): Promise<void>
  find(id: string): Promise<IssuedRecord | undefined>
  /** All records about a subject, also of credentials that were revoked. */
  ofSubject(subject: string): Promise<readonly IssuedRecord[]>
  /** Changes the flags of a record. */
  mark(id: string, flags: Partial<Pick<IssuedRecord, 'revoked' | 'suspended'>>): Promise<void>
  agentRevocation(agent: string): Promise<AgentRevocation | undefined>
  setAgentRevocation(agent: string, state: AgentRevocation): Promise<void>
  /** Returns whether there was one. */
  clearAgentRevocation(agent: string): Promise<boolean>
}

/** Records outlive their credentials by a day: clocks differ, and "revoke what has just expired" is no mistake. */
const KEEP_SECONDS = 86_400

const ID = /^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Makes the records of an issuer on a store. DIDs are hashed where they are part of a key: they can be longer than
 * a key may be, and one must not be the prefix of another.
 */
export function createIssuedRecords(store: Store, issuer: string): IssuedRecords {
  const prefix = `issuer/${digestOf(issuer)}`
  const recordKey = (id: string): string => `${prefix}/credential/${id}`
  const subjectPrefix = (subject: string): string => `${prefix}/subject/${digestOf(subject)}/`
  const agentKey = (agent: string): string => `${prefix}/revoked-agent/${digestOf(agent)}`

  const find = async (id: string): Promise<IssuedRecord | undefined> => {
    const text = ID.test(id) ? await store.get(recordKey(id)) : undefined
    return text === undefined ? undefined : decodeRecord(text)
  }

  return {
    find,
    async add(record) {
      const expiry = { expiresAt: record.validUntil + KEEP_SECONDS }
      // The index first: an entry that leads nowhere is harmless, a record that nobody finds is not.
      await store.put(subjectPrefix(record.subject) + record.id, record.id, expiry)
      await store.put(recordKey(record.id), JSON.stringify(record), expiry)
    },
    async ofSubject(subject) {
      const records: IssuedRecord[] = []
      let page = await store.list(subjectPrefix(subject))
      for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
        const found = await Promise.all(page.map(({ value: id }) => find(id)))
        records.push(...found.filter((record) => record !== undefined))
        page = await store.list(subjectPrefix(subject), { after: last.key })
      }
      return records
    },
    async mark(id, flags) {
      for (;;) {
        const text = await store.get(recordKey(id))
        if (text === undefined) return
        const record = { ...decodeRecord(text), ...flags }
        const expiry = { expiresAt: record.validUntil + KEEP_SECONDS }
        if (await store.compareAndSet(recordKey(id), text, JSON.stringify(record), expiry)) return
      }
    },
    async agentRevocation(agent) {
      const text = await store.get(agentKey(agent))
      return text === undefined ? undefined : text === 'done' ? 'done' : 'pending'
    },
    setAgentRevocation: (agent, state) => store.put(agentKey(agent), state),
    clearAgentRevocation: async (agent) => (await store.take(agentKey(agent))) !== undefined,
  }
}

/** @throws {TypeError} The store holds something else than what was put there. */
function decodeRecord(text: string): IssuedRecord {
  const { validUntil, statusEntries, revoked, suspended, ...texts } = parseJsonObject(text)
  if (typeof validUntil !== 'number' || typeof revoked !== 'boolean' || typeof suspended !== 'boolean') {
    throw broken()
  }
  return {
    id: textOf(texts['id']),
    type: textOf(texts['type']),
    subject: textOf(texts['subject']),
    digest: textOf(texts['digest']),
    validUntil,
    statusEntries: decodeEntries(statusEntries),
    revoked,
    suspended,
  }
}

function textOf(value: JsonValue | undefined): string {
  if (typeof value !== 'string') throw broken()
  return value
}

function decodeEntries(value: JsonValue | undefined): readonly StatusReference[] {
  if (!Array.isArray(value)) throw broken()
  return value.map((item: JsonValue) => {
    const reference = parseStatusReference(item)
    if (reference === undefined) throw broken()
    return reference
  })
}

function broken(): TypeError {
  return new TypeError('options.store holds a record of a credential that is broken')
}
