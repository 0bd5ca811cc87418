import { encodeBase64url, encodeUtf8, parseJsonObject, type JsonObject } from '../../encoding/index.ts'
import { ComityError, PolicyError, VerificationError } from '../../errors/index.ts'
import { sha256 } from '../../runtime/index.ts'
import { MAX_PAGE, MAX_VALUE_LENGTH, type Store } from '../../store/index.ts'

/** Where the agent's own records are, beside those of the wallet. */
export const PREFIX = 'wallet/veramo/'

/** Records of one kind, each under a name that may be any text. */
export interface Records {
  get(name: string): Promise<string | undefined>
  put(name: string, value: string): Promise<void>
  putIfAbsent(name: string, value: string): Promise<boolean>
  remove(name: string): Promise<boolean>
  all(): Promise<readonly string[]>
}

/** Opens the records of one kind in a store. */
export function openRecords(store: Store, kind: string): Records {
  const prefix = `${PREFIX}${kind}/`
  const keyOf = (name: string): string => `${prefix}${encodeBase64url(sha256(encodeUtf8(name)))}`
  return {
    get: async (name) => store.get(keyOf(name)),
    put: async (name, value) => store.put(keyOf(name), value),
    putIfAbsent: async (name, value) => store.putIfAbsent(keyOf(name), value),
    remove: async (name) => (await store.take(keyOf(name))) !== undefined,
    all: async () => {
      const values: string[] = []
      for (let after: string | undefined; ;) {
        const page = await store.list(prefix, { limit: MAX_PAGE, ...(after !== undefined && { after }) })
        values.push(...page.map(({ value }) => value))
        after = page.at(-1)?.key
        if (page.length < MAX_PAGE) return values
      }
    },
  }
}

/**
 * Parses a record that the agent wrote.
 *
 * @throws {VerificationError} `COMITY_WALLET_RECORD_INVALID` when it is no JSON object.
 */
export function parseRecord(text: string): JsonObject {
  try {
    return parseJsonObject(text, { maxBytes: 3 * MAX_VALUE_LENGTH, maxDepth: 64 })
  } catch (cause) {
    if (cause instanceof ComityError) throw invalidRecord(cause)
    throw cause
  }
}

/** The failure of a record that is not as the agent wrote it. */
export function invalidRecord(cause?: unknown): VerificationError {
  return new VerificationError(
    'COMITY_WALLET_RECORD_INVALID',
    'a record of the agent is not as it was written',
    {
      cause,
    },
  )
}

/** The failure of a name that nothing is known by. */
export function unknown(what: string): PolicyError {
  return new PolicyError('COMITY_WALLET_KEY_UNKNOWN', `the agent has no such ${what}`)
}

/** Whether a Veramo store, ours or another's, has said that something is not there. Others say it in words only. */
export function isNotFound(error: unknown): boolean {
  if (error instanceof ComityError) return error.code === 'COMITY_WALLET_KEY_UNKNOWN'
  return error instanceof Error && /not[ _]found/i.test(error.message)
}
