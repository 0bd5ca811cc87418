import type { IssuerTrust, StatusPurpose, TokenStatusReference } from '../../../src/credentials/index.ts'
import {
  createDidDocument,
  createDidResolver,
  didWebUrl,
  statusListAggregationService,
  type DidResolver,
} from '../../../src/did/index.ts'
import { encodeUtf8 } from '../../../src/encoding/index.ts'
import { NetworkError } from '../../../src/errors/index.ts'
import { generateSigner, type Signer } from '../../../src/keys/index.ts'
import type { GuardedFetch, GuardedRequest, GuardedResponse } from '../../../src/net/index.ts'
import type { Timers } from '../../../src/runtime/index.ts'
import { createStatusPublisher, type StatusPublisher } from '../../../src/status/index.ts'
import { createMemoryStore } from '../../../src/store/index.ts'
import { createTestClock, type TestClock } from '../../../src/testing/index.ts'
import {
  babyJubJubJwk,
  createAnchorPublisher,
  createZkSigner,
  generateZkPrivateKey,
  type AnchorEpoch,
  type AnchorProblem,
  type AnchorPublisher,
  type AnchorPublisherOptions,
  type BabyJubJubJwk,
  type ZkSigner,
} from '../../../src/zk/index.ts'

/** The type that the lists of these tests are about. */
export const TYPE = 'AgentPostureCredential'

/** A start that is a multiple of 600. */
export const START = 1_893_499_200

/** A web in memory, asked page by page. */
export interface World {
  readonly clock: TestClock
  readonly resolver: DidResolver
  readonly fetch: GuardedFetch
  /** By URL: the body, or the status. */
  readonly pages: Map<string, () => Promise<string | number>>
  readonly requests: string[]
  /** How many requests were under way at once, at most. */
  readonly peak: { value: number }
}

export function createWorld(): World {
  const clock = createTestClock(START)
  const pages: World['pages'] = new Map()
  const requests: string[] = []
  const peak = { value: 0 }
  let underWay = 0
  const get = async (url: string, _request: GuardedRequest = {}): Promise<GuardedResponse> => {
    requests.push(url)
    underWay += 1
    peak.value = Math.max(peak.value, underWay)
    try {
      const page = await pages.get(url)?.()
      if (page === undefined) throw new NetworkError('COMITY_NET_UNREACHABLE', 'no such host')
      const [status, body] = typeof page === 'number' ? [page, ''] : [200, page]
      return { url, status, headers: new Headers(), body: encodeUtf8(body) }
    } finally {
      underWay -= 1
    }
  }
  const stream = async (): Promise<never> => {
    throw new TypeError('not in this test')
  }
  const fetch: GuardedFetch = Object.assign(get, { stream, close: () => undefined })
  return { clock, pages, requests, peak, fetch, resolver: createDidResolver({ fetch, clock }) }
}

/** A party with a DID document on the web. */
export interface Party {
  readonly did: string
  readonly signer: Signer
}

/** An issuer with a key on BabyJubJub and status lists. */
export interface AnchoredIssuer extends Party {
  readonly zkSigner: ZkSigner
  readonly lists: StatusPublisher
  /** Publishes the document again, with these keys on BabyJubJub, and with or without the service. */
  publish(more?: { readonly keys?: readonly BabyJubJubJwk[]; readonly service?: boolean }): void
}

export async function createVerifier({ pages }: World, host = 'globex.example'): Promise<Party> {
  const did = `did:web:${host}`
  const signer = await generateSigner({ alg: 'Ed25519', kid: `${did}#key-1` })
  const document = createDidDocument({
    did,
    keys: [{ fragment: '#key-1', jwk: signer.publicJwk, relationships: ['assertionMethod'] }],
  })
  pages.set(didWebUrl(did), async () => JSON.stringify(document))
  return { did, signer }
}

export async function createAnchoredIssuer(
  { pages, clock }: World,
  host = 'acme.example',
  { length = 131_072 }: { readonly length?: number } = {},
): Promise<AnchoredIssuer> {
  const did = `did:web:${host}`
  const url = `https://${host}/status`
  const signer = await generateSigner({ alg: 'Ed25519', kid: `${did}#key-1` })
  const zkSigner = createZkSigner({ kid: `${did}#zk-1`, privateKey: generateZkPrivateKey() })
  const store = createMemoryStore({ clock })
  const lists = createStatusPublisher({ store, signer, issuer: did, url, clock, length })
  const publish: AnchoredIssuer['publish'] = ({
    keys = [babyJubJubJwk(zkSigner.publicKey)],
    service = true,
  } = {}) => {
    const document = createDidDocument({
      did,
      keys: [
        { fragment: '#key-1', jwk: signer.publicJwk, relationships: ['assertionMethod'] },
        ...keys.map((jwk, index) => ({
          fragment: `#zk-${index + 1}`,
          type: 'JsonWebKey',
          material: { publicKeyJwk: { ...jwk } },
          relationships: ['assertionMethod' as const],
        })),
      ],
      services: service ? [statusListAggregationService({ url: lists.aggregationUrl })] : [],
    })
    pages.set(didWebUrl(did), async () => JSON.stringify(document))
  }
  publish()
  for (const path of ['aggregation', 'token/1', 'token/2', 'token/3']) {
    pages.set(`${url}/${path}`, async () => (await lists.credential(`${url}/${path}`)) ?? 404)
  }
  return { did, signer, zkSigner, lists, publish }
}

/** Timers that run by the clock of the test. */
export interface TestTimers extends Timers {
  /** Moves the clock on, and lets what is due happen in its order. */
  advance(seconds: number): Promise<void>
  /** How many wait. */
  readonly waiting: number
}

export function createTestTimers(clock: TestClock): TestTimers {
  const waiting = new Set<{ at: number; run: () => void }>()
  return {
    after(ms, run) {
      const timer = { at: clock.now() + ms / 1000, run }
      waiting.add(timer)
      return () => {
        waiting.delete(timer)
      }
    },
    every() {
      throw new TypeError('nothing here is to poll')
    },
    get waiting() {
      return waiting.size
    },
    async advance(seconds) {
      const end = clock.now() + seconds
      for (;;) {
        const [next] = [...waiting].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)
        if (next === undefined) break
        clock.set(Math.max(clock.now(), next.at))
        waiting.delete(next)
        next.run()
        await settle()
      }
      clock.set(end)
      await settle()
    },
  }
}

/** Lets what is under way in memory come to its end: decompressing takes turns of the event loop. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await new Promise((resolve) => setTimeout(resolve, 1))
}

/** Trusts everybody, but for these. */
export function trustAllBut(...refused: readonly string[]): IssuerTrust {
  return {
    judge: async ({ issuer }) => ({ accepted: !refused.includes(issuer), reason: 'by the test' }),
  }
}

/** A verifier's publisher, and what it has told. */
export interface Published {
  readonly publisher: AnchorPublisher
  readonly timers: TestTimers
  readonly problems: AnchorProblem[]
  readonly epochs: AnchorEpoch[]
  readonly verifier: Party
  codes(): readonly string[]
}

export async function publishAnchors(
  world: World,
  issuers: readonly { readonly did: string }[],
  more: Partial<AnchorPublisherOptions> = {},
): Promise<Published> {
  const verifier = await createVerifier(world)
  const timers = createTestTimers(world.clock)
  const problems: AnchorProblem[] = []
  const epochs: AnchorEpoch[] = []
  const publisher = createAnchorPublisher({
    did: verifier.did,
    signer: verifier.signer,
    resolver: world.resolver,
    fetch: world.fetch,
    trust: trustAllBut(),
    anchored: [{ type: TYPE, issuers: issuers.map(({ did }) => did) }],
    clock: world.clock,
    timers,
    onProblem: (problem) => problems.push(problem),
    ...more,
  })
  publisher.onEpoch((epoch) => epochs.push(epoch))
  return {
    publisher,
    timers,
    problems,
    epochs,
    verifier,
    codes: () => problems.map(({ error }) => error.code),
  }
}

/** Takes a place, and what sets it. */
export async function takePlace({ lists }: AnchoredIssuer): Promise<{
  readonly reference: TokenStatusReference
  set(value: boolean, purpose?: StatusPurpose): Promise<void>
}> {
  const reference = await lists.allocateToken()
  const set = (value: boolean, purpose: StatusPurpose = 'revocation'): Promise<void> =>
    lists.set(reference, value, purpose)
  return { reference, set }
}

/** A world with so many issuers, each with a status list. */
export async function createIssuers(count = 2): Promise<{
  readonly world: World
  readonly issuers: readonly AnchoredIssuer[]
  readonly first: AnchoredIssuer
  readonly second: AnchoredIssuer
}> {
  const world = createWorld()
  const issuers: AnchoredIssuer[] = []
  for (let number = 1; number <= count; number++) {
    const issuer = await createAnchoredIssuer(world, `issuer${number}.example`)
    await issuer.lists.allocateToken()
    issuers.push(issuer)
  }
  const [first, second] = issuers
  if (first === undefined || second === undefined) throw new TypeError('two issuers at least')
  return { world, issuers, first, second }
}
