import { deflateSync, gzipSync } from 'node:zlib'
import type {
  StatusChecker,
  StatusEntry,
  StatusPurpose,
  StatusReference,
} from '../../src/credentials/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { signJws, type Signer } from '../../src/keys/index.ts'
import { createMemoryStore, type Store } from '../../src/store/index.ts'
import {
  createStatusChecker,
  createStatusPublisher,
  createStatusReader,
  type StatusPublisher,
  type StatusPublisherOptions,
  type StatusReader,
} from '../../src/status/index.ts'
import { NOW, createWorld, type TestWorld } from '../credentials/world.ts'

export const BASE = 'https://acme.example/status'

/** A clock that is set by hand. */
export interface TestClock {
  seconds: number
  now(): number
}

export function createClock(seconds: number = NOW): TestClock {
  return {
    seconds,
    now() {
      return this.seconds
    },
  }
}

export interface StatusWorld extends TestWorld {
  readonly store: Store
  readonly clock: TestClock
  readonly publisher: StatusPublisher
  readonly reader: StatusReader
  readonly checker: StatusChecker
  /** Takes a place for one purpose or several; the first is surely there. */
  readonly allocate: (purposes: StatusPurpose | StatusPurpose[]) => Promise<[StatusEntry, ...StatusEntry[]]>
  /** Puts all lists as they are now on the test's web. */
  readonly publish: (from?: StatusPublisher) => Promise<void>
  /** Asks the checker in the name of the issuer, at the clock's time. */
  readonly check: (entries: readonly StatusReference[]) => Promise<void>
}

/** An issuer with a publisher, a web to serve its lists, and a checker that fetches from there. */
export async function createStatusWorld(more: Partial<StatusPublisherOptions> = {}): Promise<StatusWorld> {
  const world = await createWorld()
  const { web, issuer, resolver } = world
  const clock = createClock()
  const store = createMemoryStore({ clock })
  const publisher = createStatusPublisher({
    store,
    signer: issuer.signer,
    issuer: issuer.did,
    url: BASE,
    clock,
    ...more,
  })
  const checker = createStatusChecker({ fetch: web.fetch, resolver, clock })
  const reader = createStatusReader({ fetch: web.fetch, resolver, clock })
  const allocate: StatusWorld['allocate'] = async (purposes) => {
    const [first, ...others] = await publisher.allocate(purposes)
    if (first === undefined) throw new TypeError('nothing was allocated')
    return [first, ...others]
  }
  const publish: StatusWorld['publish'] = async (from = publisher) => {
    for (const purpose of ['revocation', 'suspension', 'token']) {
      for (let number = 1; ; number++) {
        const url = `${BASE}/${purpose}/${number}`
        const token = await from.credential(url)
        if (token === undefined) break
        web.pages.set(url, token)
      }
    }
  }
  const check: StatusWorld['check'] = async (entries) =>
    checker.check({ entries, issuer: issuer.did, now: clock.now() })
  return { ...world, store, clock, publisher, reader, checker, allocate, publish, check }
}

/** Where the publisher's first list of revocations is. */
export const URL_1 = `${BASE}/revocation/1`

/** A place in that list. */
export const ENTRY: StatusEntry = {
  type: 'BitstringStatusListEntry',
  statusPurpose: 'revocation',
  statusListIndex: '7',
  statusListCredential: URL_1,
}

/** Compresses and encodes bits. */
export function encode(bytes: Uint8Array): string {
  return `u${gzipSync(bytes).toString('base64url')}`
}

/** A list with nothing set that is good at NOW, with other members. */
export function listDocument(issuer: string, more: JsonObject = {}, subject: JsonObject = {}): JsonObject {
  return {
    '@context': ['https://www.w3.org/ns/credentials/v2'],
    id: URL_1,
    type: ['VerifiableCredential', 'BitstringStatusListCredential'],
    issuer,
    validFrom: '2026-11-24T00:00:00Z',
    validUntil: '2026-11-24T01:00:00Z',
    credentialSubject: {
      id: `${URL_1}#list`,
      type: 'BitstringStatusList',
      statusPurpose: 'revocation',
      encodedList: encode(new Uint8Array(16_384)),
      ...subject,
    },
    ...more,
  }
}

/** Where the publisher's first Token Status List is. */
export const TOKEN_URL_1 = `${BASE}/token/1`

/** The claims of a Token Status List of two bits with these statuses that is good at NOW, with other members. */
export function tokenClaims(statuses: readonly number[], more: JsonObject = {}): JsonObject {
  const bytes = new Uint8Array(Math.ceil(statuses.length / 4))
  statuses.forEach((status, index) => {
    bytes[index >> 2] = (bytes[index >> 2] ?? 0) | (status << (2 * (index % 4)))
  })
  return {
    sub: TOKEN_URL_1,
    iat: NOW,
    exp: NOW + 3600,
    ttl: 60,
    status_list: { bits: 2, lst: deflateSync(bytes).toString('base64url') },
    ...more,
  }
}

/** Puts such a list on the test's web, signed by the issuer or another. */
export async function publishTokenList(
  { web, issuer }: Pick<TestWorld, 'web' | 'issuer'>,
  statuses: readonly number[],
  {
    more = {},
    signer = issuer.signer,
    typ = 'statuslist+jwt',
  }: { more?: JsonObject; signer?: Signer; typ?: string } = {},
): Promise<void> {
  const token = await signJws({ header: { typ }, payload: tokenClaims(statuses, more), signer })
  web.pages.set(TOKEN_URL_1, token)
}

/** What another publisher of the same lists is made with. */
export function publisherOptions({ store, issuer, clock }: StatusWorld): StatusPublisherOptions {
  return { store, signer: issuer.signer, issuer: issuer.did, url: BASE, clock }
}
