import { parseJsonObject, type JsonObject } from '../encoding/index.ts'
import { ComityError } from '../errors/index.ts'
import type { Store } from '../store/index.ts'
import { digestOf } from './digest.ts'

/** What an issuer remembers of a credential so that an opened escrow leads to it: nothing of what it says. */
export interface IssuedTrace {
  /** The id of the credential. */
  readonly id: string
  /** The name of its type. */
  readonly type: string
  /** The DID that it is about. */
  readonly subject: string
  /** Its `credentialDigest`, as events name it. */
  readonly digest: string
  /** The digest of its form for proofs. */
  readonly complianceDigest: string
  /** Seconds since the Unix epoch. */
  readonly validUntil: number
}

/** The traces of one issuer, by the digest of the form for proofs. */
export interface IssuedTraces {
  add(trace: IssuedTrace): Promise<void>
  find(complianceDigest: string): Promise<IssuedTrace | undefined>
}

const DAY = 86_400

/** How long an issuer can say whose an opened escrow is, in seconds from the end of the credential, unless it says. */
export const DEFAULT_TRACE_SECONDS: number = 366 * DAY

/** The most that it may be, in seconds: ten years. */
export const MAX_TRACE_SECONDS: number = 3660 * DAY

const TEXTS = ['id', 'type', 'subject', 'digest', 'complianceDigest'] as const

/**
 * Makes the traces of an issuer on a store. They are apart from the records of what can be taken back, which end a day after
 * their credentials do: a question may come when a posture of an hour is long over.
 */
export function createIssuedTraces(store: Store, issuer: string, keepSeconds: number): IssuedTraces {
  const keyOf = (digest: string): string => `issuer/${digestOf(issuer)}/trace/${digest}`
  return {
    add: async (trace) => {
      const expiresAt = trace.validUntil + keepSeconds
      await store.put(keyOf(trace.complianceDigest), JSON.stringify(trace), { expiresAt })
    },
    find: async (digest) => {
      const text = await store.get(keyOf(digest))
      return text === undefined ? undefined : decode(text)
    },
  }
}

/** @throws {TypeError} The store holds something else than what was put there. */
function decode(text: string): IssuedTrace {
  const { validUntil, ...texts } = parse(text)
  if (typeof validUntil !== 'number') throw broken()
  const [id, type, subject, digest, complianceDigest] = TEXTS.map((name) => {
    const value = texts[name]
    if (typeof value !== 'string') throw broken()
    return value
  }) as [string, string, string, string, string]
  return { id, type, subject, digest, complianceDigest, validUntil }
}

function parse(text: string): JsonObject {
  try {
    return parseJsonObject(text)
  } catch (error) {
    if (error instanceof ComityError) throw broken()
    throw error
  }
}

function broken(): TypeError {
  return new TypeError('options.store holds a trace of a credential that is broken')
}
