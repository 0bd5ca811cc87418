import { createLruMap } from '../../runtime/index.ts'
import { logFault } from './fault.ts'
import { bytesOf, type VerifiedWebvhLog } from './log.ts'

/**
 * Keeps verified logs, so that they are gone on from and not verified again, and remembers how far each DID had come.
 *
 * What a DID had come to is remembered for longer than its log, as it is small.
 */
export interface WebvhCache {
  /** Gives the log that was verified last, where it is still kept. */
  get(did: string): VerifiedWebvhLog | undefined
  /**
   * Keeps a log.
   *
   * @throws {VerificationError} `COMITY_DID_LOG_ROLLBACK` when it does not hold the last version that was seen of the
   *   DID: its host serves an older log, or another history.
   */
  keep(log: VerifiedWebvhLog): void
}

/** The bounds of a cache. */
export interface WebvhCacheOptions {
  /** Bytes of logs kept, at most 1 GiB. Defaults to 32 MiB. */
  readonly maxBytes?: number
  /** DIDs whose last version is remembered, 1 to 1 000 000. Defaults to 16 384. */
  readonly maxRemembered?: number
}

interface Head {
  readonly number: number
  readonly versionId: string
}

const GIB = 1 << 30
/** What a log takes beside its bytes, for each version: its name, its times and where it stands. */
const BYTES_PER_VERSION = 256

function readBound(name: string, value: number, most: number): number {
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw new TypeError(`options.${name} must be an integer from 1 to ${String(most)}`)
  return value
}

function sizeOf(log: VerifiedWebvhLog): number {
  return bytesOf(log).length + log.versions.length * BYTES_PER_VERSION
}

/**
 * Makes a cache of logs. When it is full, what was used the longest ago goes.
 *
 * @throws {TypeError} A bound is out of range.
 */
export function createWebvhCache(options: WebvhCacheOptions = {}): WebvhCache {
  const maxBytes = readBound('maxBytes', options.maxBytes ?? 32 << 20, GIB)
  const maxRemembered = readBound('maxRemembered', options.maxRemembered ?? 16_384, 1_000_000)
  const logs = createLruMap<VerifiedWebvhLog>({ maxWeight: maxBytes, weigh: sizeOf })
  const heads = createLruMap<Head>({ maxEntries: maxRemembered })

  return Object.freeze({
    get: (did: string) => logs.get(did),
    keep(log: VerifiedWebvhLog) {
      const { did, versions } = log
      const head = heads.peek(did)
      if (head !== undefined && versions[head.number - 1]?.versionId !== head.versionId)
        throw logFault('COMITY_DID_LOG_ROLLBACK', 'the log does not hold the last version seen of the DID', {
          entry: head.number,
        })
      const last = versions.at(-1)
      if (last !== undefined) heads.set(did, { number: last.versionNumber, versionId: last.versionId })
      logs.set(did, log)
    },
  })
}
