import { encodeBase64url, encodeUtf8 } from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'
import { sha256 } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import { checkRollback, type SeenList } from './verify-list.ts'

const ATTEMPTS = 16
const SEEN = /^([1-9][0-9]{0,15}) ([A-Za-z0-9_-]{43})$/

/** Remembers the newest list that was seen of one owner. */
export interface ListMemory {
  /** The newest one; undefined where none was seen. */
  seen(): Promise<SeenList | undefined>
  /**
   * Remembers a list.
   *
   * @throws {VerificationError} `COMITY_TRUST_LIST_ROLLBACK` when a newer one is remembered, perhaps by another
   *   process meanwhile.
   */
  remember(list: SeenList): Promise<void>
}

/**
 * Remembers in this process, and with a store across restarts and for every process that shares it.
 *
 * @param url - Where the list is, by the verifier's own configuration; undefined for the list that the owner's DID
 *   document points to. That one may move, and its numbers go on.
 */
export function createListMemory(
  store: Store | undefined,
  owner: string,
  url: string | undefined,
): ListMemory {
  return store === undefined ? inProcess() : inStore(store, keyOf(owner, url ?? ''))
}

function inProcess(): ListMemory {
  let newest: SeenList | undefined
  return {
    seen: async () => newest,
    async remember({ sequence, digest }) {
      if (newest !== undefined) checkRollback({ sequence, digest }, newest)
      newest = { sequence, digest }
    },
  }
}

function inStore(store: Store, key: string): ListMemory {
  return {
    async seen() {
      return parseSeen(await store.get(key))
    },
    async remember(list) {
      const next = `${String(list.sequence)} ${list.digest}`
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const stored = await store.get(key)
        const newest = parseSeen(stored)
        if (newest !== undefined) checkRollback(list, newest)
        if (stored === next || (await store.compareAndSet(key, stored, next))) return
      }
      // Each attempt lost to somebody who remembered a list: one of those is newer by now, or soon will be.
      throw new VerificationError('COMITY_TRUST_LIST_ROLLBACK', 'newer trust lists are being seen')
    },
  }
}

/** Keys of a store are short; DIDs and URLs need not be. */
function keyOf(owner: string, url: string): string {
  return `trust/list/${encodeBase64url(sha256(encodeUtf8(`${owner} ${url}`)))}`
}

function parseSeen(text: string | undefined): SeenList | undefined {
  if (text === undefined) return undefined
  const [, sequence, digest] = SEEN.exec(text) ?? []
  if (sequence === undefined || digest === undefined || !Number.isSafeInteger(Number(sequence))) {
    throw new VerificationError('COMITY_STORE_CORRUPT', 'what was remembered of a trust list is damaged')
  }
  return { sequence: Number(sequence), digest }
}
