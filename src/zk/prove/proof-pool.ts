import { zkQueriesOf } from '../../demand/index.ts'
import { canonicalizeJson, type JsonValue } from '../../encoding/index.ts'
import { didKeyFromJwk } from '../../did/index.ts'
import { NetworkError } from '../../errors/index.ts'
import { generateSigner, withKid, type Signer } from '../../keys/index.ts'
import { createLruMap, type LruMap } from '../../runtime/index.ts'
import { answerDemand, type AnswerContext, type ProofEvidence, type ProofQuestion } from './answer-demand.ts'
import { createPoolItem, until, type PoolItem } from './pool-item.ts'

/** A fresh DID that nobody has seen, and proofs that hold for its key alone. */
export interface PairwiseProofs {
  /** A `did:key`. */
  readonly did: string
  /** Its key. */
  readonly signer: Signer
  /** The proofs. */
  readonly evidence: readonly ProofEvidence[]
}

/** A pairwise identity. */
export interface PairwiseKey {
  /** The DID. */
  readonly did: string
  /** Its key. */
  readonly signer: Signer
}

/** How a pool keeps what it makes. */
export interface PoolBounds {
  /** Makes an identity that was never shown to anybody. Defaults to a `did:key` of Ed25519. */
  readonly createKey?: () => Promise<PairwiseKey>
  /** How many answers to one demand are kept ready, 0 to 64. Defaults to 2. */
  readonly size?: number
  /** How many demands answers are kept ready for, 1 to 1024; the one used longest ago goes first. Defaults to 32. */
  readonly maxDemands?: number
  /** Is told what went wrong while proofs were made ahead. Defaults to nobody: who takes one is told then. */
  readonly onError?: (error: unknown) => void
}

/** How a pool of proofs is made. */
export interface ProofPoolOptions extends AnswerContext, PoolBounds {}

/** Answers a demand with proofs for a key. */
export type AnswerFunction = (
  question: ProofQuestion & { readonly signer: Signer },
) => Promise<readonly ProofEvidence[]>

/** Compliance proofs made ahead. It fits where a handshake asks for a source of compliance evidence. */
export interface ProofPool extends AsyncDisposable {
  /**
   * Gives an identity for one run, with proofs for its key. No two calls give the same. Afterwards others are made in the
   * background.
   *
   * @returns Undefined where nothing of the demand can be proven.
   * @throws {ComityError} The codes of `proveCompliance` and of the anchor source, but for those that say that a
   *   credential does not satisfy a query.
   * @throws {NetworkError} `COMITY_ZK_PROVER_CLOSED`.
   */
  take(question: ProofQuestion): Promise<PairwiseProofs | undefined>
  /**
   * Makes proofs for a key of one's own: nothing is kept of them. What cannot be proven is left out.
   *
   * @throws {ComityError} As {@link ProofPool.take}.
   */
  answer(question: ProofQuestion & { readonly signer: Signer }): Promise<readonly ProofEvidence[]>
  /**
   * Makes proofs ahead.
   *
   * @returns When they are there.
   * @throws {ComityError} As {@link ProofPool.take}.
   */
  prepare(question: ProofQuestion): Promise<void>
  /** Ends what is being made, and forgets all. The prover stays open. */
  close(): Promise<void>
}

type Item = PoolItem<PairwiseProofs | undefined>

/** The answers to one demand of one verifier. */
interface Shelf {
  readonly name: string
  readonly audience: string
  readonly epoch: number
  readonly question: ProofQuestion
  items: Item[]
}

/**
 * Makes a pool of proofs.
 *
 * An answer is for one verifier and one demand to the letter, and so for one epoch: when the verifier asks with a newer
 * epoch, answers for older ones are dropped. In the background one answer is made at a time, so that whoever takes one
 * waits for at most one other.
 *
 * @param options - See {@link ProofPoolOptions}.
 * @throws {TypeError} When an option is out of range.
 */
export function createProofPool(options: ProofPoolOptions): ProofPool {
  return createPoolOver(async (question) => await answerDemand(question, options), options)
}

/** Makes a pool of what a function answers; see {@link createProofPool}. */
export function createPoolOver(answer: AnswerFunction, options: PoolBounds): ProofPool {
  const { size = 2, maxDemands = 32 } = options
  checkRange('size', size, 0, 64)
  checkRange('maxDemands', maxDemands, 1, 1024)
  const shelves = createLruMap<Shelf>({ maxEntries: maxDemands })
  const pool: State = {
    answer,
    options,
    size,
    shelves,
    closed: new AbortController(),
    background: Promise.resolve(),
  }
  const close = async (): Promise<void> => {
    pool.closed.abort(closedError())
    for (const name of [...shelves.keys()]) shelves.delete(name)
    await pool.background
  }
  return {
    take: async (question) => await take(pool, question),
    async answer(question) {
      assertOpen(pool.closed.signal)
      return await answer({ ...question, signal: endsWith(pool, question.signal) })
    },
    async prepare(question) {
      assertOpen(pool.closed.signal)
      if (zkQueriesOf(question.demand).length === 0) return
      const shelf = shelfFor(shelves, question)
      fill(pool, shelf)
      for (const item of [...shelf.items]) await until(item.make(), question.signal)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** What a pool is made of. */
interface State {
  readonly answer: AnswerFunction
  readonly options: PoolBounds
  readonly size: number
  readonly shelves: LruMap<Shelf>
  readonly closed: AbortController
  /** Resolves when nothing is being made ahead. */
  background: Promise<void>
}

async function take(pool: State, question: ProofQuestion): Promise<PairwiseProofs | undefined> {
  const { closed, shelves } = pool
  assertOpen(closed.signal)
  if (zkQueriesOf(question.demand).length === 0) return undefined
  const shelf = shelfFor(shelves, question)
  const item = shelf.items.shift() ?? createItem(pool, shelf)
  const { signal } = question
  const wasBegun = item.begun
  try {
    const taken = await until(item.make(signal), signal)
    if (taken !== undefined) fill(pool, shelf)
    return taken
  } catch (error) {
    // Begun for the pool and not for this call: somebody else can have it.
    if (signal?.aborted === true && wasBegun) shelf.items.unshift(item)
    throw closed.signal.aborted ? closedError() : error
  }
}

/** Makes what is missing of a shelf: in the background, one after the other. */
function fill(pool: State, shelf: Shelf): void {
  const { size, shelves, closed, options } = pool
  while (shelf.items.length < size && !closed.signal.aborted) {
    const item = createItem(pool, shelf)
    shelf.items.push(item)
    pool.background = pool.background.then(async () => {
      const isWanted = shelves.peek(shelf.name) === shelf && shelf.items.includes(item)
      if (closed.signal.aborted || !isWanted) return
      await item.make().catch((error: unknown) => {
        shelf.items = shelf.items.filter((other) => other !== item)
        if (!closed.signal.aborted) options.onError?.(error)
      })
    })
  }
}

function createItem(pool: State, { question }: Shelf): Item {
  const { createKey = createPairwiseKey } = pool.options
  return createPoolItem(async (signal) => {
    const { did, signer } = await createKey()
    const asked = { ...question, signer, signal: endsWith(pool, signal) }
    const evidence = await pool.answer(asked)
    if (evidence.length === 0) return undefined
    return Object.freeze({ did, signer, evidence: Object.freeze(evidence) })
  })
}

/** A signal that is also given when the pool is closed. */
function endsWith({ closed }: State, signal: AbortSignal | undefined): AbortSignal {
  return signal === undefined ? closed.signal : AbortSignal.any([closed.signal, signal])
}

/** Finds the shelf of a question, and drops those that a newer epoch of the same verifier has outdated. */
function shelfFor(shelves: LruMap<Shelf>, question: ProofQuestion): Shelf {
  const { audience, demand } = question
  const name = canonicalizeJson([audience, demand as unknown as JsonValue])
  const known = shelves.get(name)
  if (known !== undefined) return known
  const epoch = Math.max(...zkQueriesOf(demand).map(({ meta }) => meta.epoch))
  for (const key of [...shelves.keys()]) {
    const shelf = shelves.peek(key)
    if (shelf?.audience !== audience || shelf.epoch >= epoch) continue
    shelf.items = []
    shelves.delete(key)
  }
  const shelf: Shelf = { name, audience, epoch, question: { audience, demand }, items: [] }
  shelves.set(name, shelf)
  return shelf
}

async function createPairwiseKey(): Promise<PairwiseKey> {
  const key = await generateSigner({ alg: 'Ed25519' })
  const did = didKeyFromJwk(key.publicJwk)
  return { did, signer: withKid(key, `${did}#${did.slice('did:key:'.length)}`) }
}

function assertOpen(signal: AbortSignal): void {
  if (signal.aborted) throw closedError()
}

function closedError(): NetworkError {
  return new NetworkError('COMITY_ZK_PROVER_CLOSED', 'the pool of proofs is closed')
}

function checkRange(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new TypeError(`options.${name} must be ${String(least)} to ${String(most)}`)
}
