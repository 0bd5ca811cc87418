import {
  CREDENTIALS_CONTEXT,
  formatDateTimeStamp,
  type StatusEntry,
  type StatusPurpose,
} from '../credentials/index.ts'
import { parseDidUrl } from '../did/index.ts'
import { signJws, type Signer } from '../keys/index.ts'
import { systemClock, type Clock } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import { encodeStatusList } from './codec.ts'
import { indexKey, listAddress, parseListAddress, parseListBase, type ListAddress } from './list-address.ts'
import { createListRepository, type SignList } from './list-repository.ts'
import { randomIndex } from './random-index.ts'
import { MIN_LIST_LENGTH, createStatusList } from './status-list.ts'

const DEFAULT_TTL_MS = 60_000
const MAX_TTL_MS = 300_000
const DEFAULT_VALIDITY_SECONDS = 3600
const MIN_VALIDITY_SECONDS = 300
const MAX_VALIDITY_SECONDS = 604_800

/** How often a taken index is drawn before the list counts as full. At 90 % taken, 1 draw in 847 would all miss. */
const DRAWS = 64

/** What a {@link StatusPublisher} is made with. */
export interface StatusPublisherOptions {
  /** Keeps the lists and the indices that are taken. Several publishers may share it, in several processes. */
  readonly store: Store
  /** A key of the issuer's; its `kid` is a DID URL under `issuer`, listed in `assertionMethod`. */
  readonly signer: Signer
  /** The DID of the issuer, of the lists and of the credentials. */
  readonly issuer: string
  /** The https URL under which the lists are served: `URL/revocation/1`, `URL/suspension/1` and so on. */
  readonly url: string
  /** Defaults to the system's clock. */
  readonly clock?: Clock
  /** How long verifiers may use a list again without asking, in milliseconds, 0 to 300000. Defaults to 60000. */
  readonly ttlMs?: number
  /**
   * How long a list is valid, in seconds, 300 to 604800. Defaults to 3600. It bounds for how long somebody who serves
   * old lists can hide a revocation. A list is signed again when it is asked for after half of that.
   */
  readonly validitySeconds?: number
  /** How many entries a new list has: a multiple of 8 from 131072 to 67108864. Defaults to 131072. */
  readonly length?: number
}

/** Publishes the status of the credentials of one issuer. */
export interface StatusPublisher {
  /**
   * Takes a place in a list, at random, for each purpose. No place is given twice, also not to another process.
   *
   * @param purposes - One or more purposes; each counts once.
   * @returns The entries for `credentialStatus`, in the order of the purposes. Their bits are clear.
   */
  allocate(purposes: StatusPurpose | readonly StatusPurpose[]): Promise<readonly StatusEntry[]>
  /**
   * Sets or clears the bit of an entry, signs the list and stores it. When it returns, the new list is what
   * {@link StatusPublisher.credential} gives, here and in other processes.
   *
   * @throws {TypeError} When the entry is not from this publisher, or a revocation is to be taken back.
   */
  set(entry: StatusEntry, value: boolean): Promise<void>
  /**
   * The list to serve at a URL, as `application/vc+jwt`.
   *
   * @returns A compact JWS; undefined where there is no such list.
   */
  credential(url: string): Promise<string | undefined>
}

/**
 * Makes a publisher of Bitstring status lists.
 *
 * @param options - See {@link StatusPublisherOptions}.
 * @throws {TypeError} When an option is out of range.
 * @see {@link https://www.w3.org/TR/vc-bitstring-status-list/#generate-algorithm | Bitstring Status List 1.0 §3.1}
 */
export function createStatusPublisher(options: StatusPublisherOptions): StatusPublisher {
  const { store, issuer, clock = systemClock, length = MIN_LIST_LENGTH } = options
  const { ttlMs = DEFAULT_TTL_MS, validitySeconds = DEFAULT_VALIDITY_SECONDS } = options
  const base = parseListBase(options.url)
  checkOptions({ ...options, ttlMs, validitySeconds })
  createStatusList({ length })
  const lists = createListRepository(
    store,
    createListSigner(options.signer, issuer, { clock, ttlMs, validitySeconds }),
  )
  const nextNumber = new Map<StatusPurpose, number>()

  const allocateOne = async (purpose: StatusPurpose): Promise<StatusEntry> => {
    for (;;) {
      const number = nextNumber.get(purpose) ?? 1
      const address = listAddress(base, purpose, number)
      const { list } = await lists.loadOrCreate(address, () => createStatusList({ length }))
      const index = await takeIndex(store, address, list.length)
      if (index !== undefined) return createEntry(address, index)
      nextNumber.set(purpose, number + 1)
    }
  }

  return Object.freeze({
    async allocate(purposes: StatusPurpose | readonly StatusPurpose[]): Promise<readonly StatusEntry[]> {
      const distinct = [...new Set(typeof purposes === 'string' ? [purposes] : purposes)]
      if (distinct.length === 0) throw new TypeError('purposes must not be empty')
      const unknown = distinct.some((purpose: string) => purpose !== 'revocation' && purpose !== 'suspension')
      if (unknown) throw new TypeError('purposes must be revocation or suspension')
      return Promise.all(distinct.map(allocateOne))
    },
    async set(entry: StatusEntry, value: boolean): Promise<void> {
      if (typeof value !== 'boolean') throw new TypeError('value must be a boolean')
      if (!value && entry.statusPurpose === 'revocation') throw new TypeError('a revocation is for good')
      const { address, index } = await findOwn(store, base, entry)
      const updated = await lists.update(address, (list) => list.set(index, value))
      if (updated === undefined) throw new TypeError('options.store lost a status list')
    },
    async credential(url: string): Promise<string | undefined> {
      const address = parseListAddress(base, url)
      if (address === undefined) return undefined
      const stored = await lists.load(address)
      const isDue = (signedAt: number): boolean => clock.now() >= signedAt + validitySeconds / 2
      if (stored === undefined || !isDue(stored.signedAt)) return stored?.token
      return (await lists.update(address, (_list, current) => isDue(current.signedAt)))?.token
    },
  })
}

/** Draws places until one is free; undefined where the list is as good as full. */
async function takeIndex(store: Store, address: ListAddress, length: number): Promise<number | undefined> {
  for (let draw = 0; draw < DRAWS; draw++) {
    const index = randomIndex(length)
    if (await store.putIfAbsent(indexKey(address, index), '1')) return index
  }
  return undefined
}

function createEntry({ url, purpose }: ListAddress, index: number): StatusEntry {
  return Object.freeze({
    id: `${url}#${index}`,
    type: 'BitstringStatusListEntry',
    statusPurpose: purpose,
    statusListIndex: String(index),
    statusListCredential: url,
  })
}

/** @throws {TypeError} When the entry was not allocated by this publisher: somebody else's bit must not be set. */
async function findOwn(
  store: Store,
  base: string,
  entry: StatusEntry,
): Promise<{ readonly address: ListAddress; readonly index: number }> {
  const address = parseListAddress(base, entry.statusListCredential)
  const index = Number(entry.statusListIndex)
  if (address?.purpose === entry.statusPurpose && String(index) === entry.statusListIndex) {
    if ((await store.get(indexKey(address, index))) !== undefined) return { address, index }
  }
  throw new TypeError('entry must be one that this publisher allocated')
}

function createListSigner(
  signer: Signer,
  issuer: string,
  {
    clock,
    ttlMs,
    validitySeconds,
  }: { readonly clock: Clock; readonly ttlMs: number; readonly validitySeconds: number },
): SignList {
  return async ({ url, purpose }, list) => {
    const signedAt = Math.floor(clock.now())
    const payload = {
      '@context': [CREDENTIALS_CONTEXT],
      id: url,
      type: ['VerifiableCredential', 'BitstringStatusListCredential'],
      issuer,
      validFrom: formatDateTimeStamp(signedAt),
      validUntil: formatDateTimeStamp(signedAt + validitySeconds),
      credentialSubject: {
        id: `${url}#list`,
        type: 'BitstringStatusList',
        statusPurpose: purpose,
        encodedList: await encodeStatusList(list),
        ttl: ttlMs,
      },
    }
    return { token: await signJws({ header: { typ: 'vc+jwt', cty: 'vc' }, payload, signer }), signedAt }
  }
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
