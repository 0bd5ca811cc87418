import { isDid } from '../did/index.ts'
import { isJsonObject, parseJsonObject, type JsonObject } from '../encoding/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'
import { formatTrustBundle, parseTrustBundle, type TrustBundle } from '../spiffe/index.ts'
import { MAX_PAGE, MAX_VALUE_LENGTH, type Store } from '../store/index.ts'
import type { Belief } from './belief.ts'
import { taken } from './belief.ts'
import { readTrustDomainClaim, type TrustDomainClaim } from './claim.ts'
import { checkRollback } from './rollback.ts'

/** What is remembered of a trust domain. */
export interface TrustDomainRecord {
  /** The DID that holds it. */
  readonly organization: string
  /** What its document claims. */
  readonly claim: TrustDomainClaim
  /** Why that is believed. */
  readonly belief: Belief
  /** When it was last found to be so, in seconds since the epoch. */
  readonly confirmedAt: number
  /** The newest bundle. */
  readonly bundle: TrustBundle
}

/** Remembers who holds which trust domain, and its newest bundle. */
export interface TrustDomainRecords {
  /**
   * Everything that is remembered.
   *
   * @throws {VerificationError} `COMITY_STORE_CORRUPT`.
   */
  load(): Promise<readonly TrustDomainRecord[]>
  /**
   * Remembers a trust domain's holder, claim and bundle.
   *
   * @throws {PolicyError} `COMITY_TRUST_DOMAIN_TAKEN` when another DID holds it, perhaps by another process.
   * @throws {VerificationError} `COMITY_BUNDLE_ROLLBACK` when a newer bundle is remembered.
   */
  keep(record: TrustDomainRecord): Promise<void>
  /** Whether the trust domain is remembered, and with this holder. */
  has(record: Pick<TrustDomainRecord, 'organization' | 'claim'>): Promise<boolean>
  /** Forgets a trust domain. */
  forget(name: string): Promise<void>
}

const PREFIX = 'federation/trust-domain/'
const ATTEMPTS = 8
/** What a record has besides the bundle is far below this. */
const LIMITS = { maxBytes: 2 * MAX_VALUE_LENGTH, maxDepth: 20 } as const

/** Remembers in a store, across restarts and for every process that shares it; without one, nothing. */
export function createRecords(store: Store | undefined): TrustDomainRecords {
  if (store === undefined) return NOTHING
  return {
    load: () => load(store),
    async keep(record) {
      const { trustDomain } = record.claim
      const next = write(record)
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const stored = await store.get(PREFIX + trustDomain.name)
        if (stored !== undefined) {
          const current = read(stored)
          if (current.organization !== record.organization) throw taken(trustDomain, 'another-did')
          checkRollback(record.bundle, current.bundle)
        }
        if (await store.compareAndSet(PREFIX + trustDomain.name, stored, next)) return
      }
      throw new VerificationError('COMITY_BUNDLE_ROLLBACK', 'newer bundles are being remembered')
    },
    async has({ organization, claim }) {
      const stored = await store.get(PREFIX + claim.trustDomain.name)
      return stored !== undefined && read(stored).organization === organization
    },
    async forget(name) {
      await store.take(PREFIX + name)
    },
  }
}

const NOTHING: TrustDomainRecords = {
  load: async () => [],
  keep: async () => undefined,
  has: async () => true,
  forget: async () => undefined,
}

async function load(store: Store): Promise<readonly TrustDomainRecord[]> {
  const records: TrustDomainRecord[] = []
  let after: string | undefined
  do {
    const page = await store.list(PREFIX, { limit: MAX_PAGE, ...(after !== undefined && { after }) })
    records.push(...page.map(({ value }) => read(value)))
    after = page.length === MAX_PAGE ? page.at(-1)?.key : undefined
  } while (after !== undefined)
  return records
}

function write({ organization, claim, belief, confirmedAt, bundle }: TrustDomainRecord): string {
  const { source } = claim
  return JSON.stringify({ organization, source, belief, confirmedAt, bundle: formatTrustBundle(bundle) })
}

function read(text: string): TrustDomainRecord {
  try {
    const { organization, source, belief, confirmedAt, bundle } = parseJsonObject(text, LIMITS)
    const claim = readTrustDomainClaim(source)
    if (!isDid(organization) || typeof confirmedAt !== 'number' || typeof bundle !== 'string') throw corrupt()
    return {
      organization,
      claim,
      belief: readBelief(isJsonObject(belief) ? belief : {}),
      confirmedAt,
      bundle: parseTrustBundle(claim.trustDomain, bundle),
    }
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw corrupt(cause)
  }
}

function readBelief({ because, issuer, until, token }: JsonObject): Belief {
  if (because === 'pinned' || because === 'domain-name') return { because }
  const isWhole = typeof issuer === 'string' && typeof until === 'number' && typeof token === 'string'
  if (because !== 'attested' || !isWhole) throw corrupt()
  return { because, issuer, until, token }
}

function corrupt(cause?: unknown): VerificationError {
  return new VerificationError('COMITY_STORE_CORRUPT', 'what was remembered of a trust domain is damaged', {
    ...(cause === undefined ? {} : { cause }),
  })
}
