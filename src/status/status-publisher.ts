import type {
  StatusEntry,
  StatusPurpose,
  StatusReference,
  TokenStatusReference,
} from '../credentials/index.ts'
import { parseDidUrl } from '../did/index.ts'
import type { Signer } from '../keys/index.ts'
import { systemClock, type Clock } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import { STATUS_LIST_AGGREGATION_MEDIA_TYPE, formatStatusListAggregation } from './aggregation.ts'
import {
  aggregationUrl,
  listAddress,
  parseListAddress,
  parseListBase,
  type ListAddress,
  type PublishedKind,
} from './list-address.ts'
import { LIST_KINDS } from './list-kinds.ts'
import { createListRepository, type ListRepository } from './list-repository.ts'
import { createPlaces, type Places } from './places.ts'
import { createListSigner, statusesPerByte } from './published-list.ts'
import { applyChanges, checkPurpose, planChanges, sortByList } from './status-changes.ts'
import { MIN_LIST_LENGTH, createStatusList } from './status-list.ts'
import { createTokenStatusList } from './token-list.ts'

const DEFAULT_TTL_MS = 60_000
const MAX_TTL_MS = 300_000
const DEFAULT_VALIDITY_SECONDS = 3600
const MIN_VALIDITY_SECONDS = 300
const MAX_VALIDITY_SECONDS = 604_800

/** What a {@link StatusPublisher} is made with. */
export interface StatusPublisherOptions {
  /** Keeps the lists and which of their places are left. Several publishers may share it, in several processes. */
  readonly store: Store
  /** A key of the issuer's; its `kid` is a DID URL under `issuer`, listed in `assertionMethod`. */
  readonly signer: Signer
  /** The DID of the issuer, of the lists and of the credentials. */
  readonly issuer: string
  /** The https URL under which the lists are: `URL/revocation/1`, `URL/suspension/1`, `URL/token/1` and so on. */
  readonly url: string
  /** Defaults to the system's clock. */
  readonly clock?: Clock
  /**
   * How long verifiers may use a list again without asking, in milliseconds, 0 to 300000. Defaults to 60000. A Token
   * Status List says it in whole seconds, and at least one.
   */
  readonly ttlMs?: number
  /**
   * How long a list is valid, in seconds, 300 to 604800. Defaults to 3600. It bounds for how long somebody who serves
   * old lists can hide a revocation. A list is signed again when it is asked for after half of that.
   */
  readonly validitySeconds?: number
  /**
   * How many credentials a new list is for: a multiple of 8 from 131072 to 33554432. Defaults to 131072. A list whose
   * places are all given out is followed by the next.
   */
  readonly length?: number
}

/** Publishes the status of the credentials of one issuer. */
export interface StatusPublisher {
  /**
   * Takes a place in a Bitstring list, at random, for each purpose. No place is given twice, also not to another
   * process.
   *
   * @param purposes - One or more purposes; each counts once.
   * @returns The entries for `credentialStatus`, in the order of the purposes. Their bits are clear.
   */
  allocate(purposes: StatusPurpose | readonly StatusPurpose[]): Promise<readonly StatusEntry[]>
  /**
   * Takes a place in a Token Status List, at random, for revocation and suspension together. No place is given twice,
   * also not to another process.
   *
   * @returns What goes into the claim `status` as `status_list`, with its `type`. The status is valid.
   */
  allocateToken(): Promise<TokenStatusReference>
  /**
   * Sets or clears revocation or suspension at the places of one or more credentials, signs each list concerned once,
   * and stores it. When it returns, the new lists are what {@link StatusPublisher.credential} gives, here and in other
   * processes. When it throws, each list has all of its changes or none; calling it again does the rest.
   *
   * @param references - Places that this publisher gave. In a Token Status List a revocation stays one, whatever
   *   becomes of the suspension.
   * @param value - Whether the credential is revoked, or suspended, from now on.
   * @param purpose - Which of the two; entries for the other are left as they are. It defaults to the purpose of each
   *   entry, and must be given where a reference is to a Token Status List.
   * @throws {TypeError} When a reference is not from this publisher, or a revocation is to be taken back.
   */
  set(
    references: StatusReference | readonly StatusReference[],
    value: boolean,
    purpose?: StatusPurpose,
  ): Promise<void>
  /**
   * What to serve at a URL, as the media type that {@link StatusPublisher.mediaType} says.
   *
   * @returns A compact JWS; at {@link StatusPublisher.aggregationUrl}, JSON; undefined where there is no such list.
   */
  credential(url: string): Promise<string | undefined>
  /**
   * `application/vc+jwt`, `application/statuslist+jwt` or, at {@link StatusPublisher.aggregationUrl}, `application/json`;
   * undefined where a list at this URL would not be ours.
   */
  mediaType(url: string): string | undefined
  /**
   * Where all Token Status Lists are named: `URL/aggregation`. The issuer's DID document should point there, with
   * `statusListAggregationService`.
   */
  readonly aggregationUrl: string
}

/**
 * Makes a publisher of status lists: Bitstring lists for credentials that have entries, Token Status Lists for JWTs
 * that have a claim `status`.
 *
 * @param options - See {@link StatusPublisherOptions}.
 * @throws {TypeError} When an option is out of range.
 * @see {@link https://www.w3.org/TR/vc-bitstring-status-list/#generate-algorithm | Bitstring Status List 1.0 §3.1}
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-5.1 | Token Status List §5.1}
 */
export function createStatusPublisher(options: StatusPublisherOptions): StatusPublisher {
  const { store, signer, issuer, clock = systemClock, length = MIN_LIST_LENGTH } = options
  const { ttlMs = DEFAULT_TTL_MS, validitySeconds = DEFAULT_VALIDITY_SECONDS } = options
  const base = parseListBase(options.url)
  const aggregation = aggregationUrl(base)
  checkOptions({ ...options, ttlMs, validitySeconds })
  createStatusList({ length })
  createTokenStatusList({ length })
  const places = createPlaces(store)
  const lists = createListRepository(
    store,
    createListSigner({ signer, issuer, clock, ttlMs, validitySeconds }),
  )
  const allocateIn = createAllocator({ base, places, lists, length })

  return Object.freeze<StatusPublisher>({
    async allocate(purposes) {
      const distinct = [...new Set(typeof purposes === 'string' ? [purposes] : purposes)]
      if (distinct.length === 0) throw new TypeError('purposes must not be empty')
      distinct.forEach(checkPurpose)
      return Promise.all(distinct.map(async (purpose) => createEntry(purpose, await allocateIn(purpose))))
    },
    async allocateToken() {
      const { address, index } = await allocateIn('token')
      return Object.freeze({ type: 'TokenStatusList', uri: address.url, idx: index })
    },
    async set(references, value, purpose) {
      const wanted = planChanges(references, value, purpose)
      for (const list of await sortByList(wanted, { base, places })) {
        const updated = await lists.update(list.address, (bytes) => applyChanges(bytes, list))
        if (updated === undefined) throw new TypeError('options.store lost a status list')
      }
    },
    async credential(url) {
      if (url === aggregation) return formatStatusListAggregation(await tokenLists(base, lists))
      const address = parseListAddress(base, url)
      if (address === undefined) return undefined
      const stored = await lists.load(address)
      const isDue = (signedAt: number): boolean => clock.now() >= signedAt + validitySeconds / 2
      if (stored === undefined || !isDue(stored.signedAt)) return stored?.token
      return (await lists.update(address, (_bytes, current) => isDue(current.signedAt)))?.token
    },
    mediaType(url) {
      if (url === aggregation) return STATUS_LIST_AGGREGATION_MEDIA_TYPE
      const kind = parseListAddress(base, url)?.kind
      if (kind === undefined) return undefined
      return LIST_KINDS[kind === 'token' ? 'TokenStatusList' : 'BitstringStatusListEntry'].mediaType
    },
    aggregationUrl: aggregation,
  })
}

/** The URLs of the Token Status Lists that exist: they are numbered from 1, without a gap. */
async function tokenLists(base: string, lists: ListRepository): Promise<readonly string[]> {
  const urls: string[] = []
  for (;;) {
    const address = listAddress(base, 'token', urls.length + 1)
    if (!(await lists.has(address))) return urls
    urls.push(address.url)
  }
}

interface Place {
  readonly address: ListAddress
  readonly index: number
}

function createAllocator({
  base,
  places,
  lists,
  length,
}: {
  readonly base: string
  readonly places: Places
  readonly lists: ListRepository
  readonly length: number
}): (kind: PublishedKind) => Promise<Place> {
  const current = new Map<PublishedKind, ListAddress>()

  /** Sees to it that a list is there before the first of its places is given out: also after a crash half-way. */
  const open = async (address: ListAddress): Promise<void> => {
    const exists = (await lists.load(address)) !== undefined
    // A list that does not know which of its places are taken is as good as full.
    if (exists && (await places.length(address)) === undefined) return
    const statuses = await places.open(address, length)
    await lists.create(address, statuses / statusesPerByte(address))
  }

  return async (kind) => {
    for (;;) {
      const address = current.get(kind) ?? listAddress(base, kind, 1)
      if (!current.has(kind)) await open(address)
      const index = await places.take(address)
      if (index !== undefined) {
        if (!current.has(kind)) current.set(kind, address)
        return { address, index }
      }
      const next = listAddress(base, kind, address.number + 1)
      await open(next)
      // Others that ran into the same end may be further by now.
      if ((current.get(kind)?.number ?? 0) < next.number) current.set(kind, next)
    }
  }
}

function createEntry(purpose: StatusPurpose, { address: { url }, index }: Place): StatusEntry {
  return Object.freeze({
    id: `${url}#${index}`,
    type: 'BitstringStatusListEntry',
    statusPurpose: purpose,
    statusListIndex: String(index),
    statusListCredential: url,
  })
}

function checkOptions({
  signer,
  issuer,
  ttlMs,
  validitySeconds,
}: StatusPublisherOptions & { readonly ttlMs: number; readonly validitySeconds: number }): void {
  if (parseDidUrl(signer.kid).did !== issuer) {
    throw new TypeError('options.signer.kid must be a DID URL under options.issuer')
  }
  if (!Number.isSafeInteger(ttlMs) || ttlMs < 0 || ttlMs > MAX_TTL_MS) {
    throw new TypeError(`options.ttlMs must be 0 to ${MAX_TTL_MS}`)
  }
  if (!(validitySeconds >= MIN_VALIDITY_SECONDS && validitySeconds <= MAX_VALIDITY_SECONDS)) {
    throw new TypeError(`options.validitySeconds must be ${MIN_VALIDITY_SECONDS} to ${MAX_VALIDITY_SECONDS}`)
  }
}
